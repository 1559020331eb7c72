/**
 * `javascript`: QuickJS in WebAssembly. The code has no host functions but console and a virtual folder; its memory
 * cannot grow past the limit; each sandbox has a thread, so a loop without end holds up nobody and can be ended.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { SandboxSpec } from '../core/index.ts'
import { type Carrier, guests, limitsOf } from './guest.ts'
import type { SandboxKind } from './provider.ts'
import type { QuickjsSetup } from './quickjs-guest.ts'

export const quickjs: SandboxKind = {
  missing: async () => undefined,
  start: () =>
    guests({
      about: { isolation: 'wasm', interpreter: `QuickJS (quickjs-emscripten ${version()})`, libraries: {} },
      start,
    }),
}

function version(): string {
  const file = createRequire(import.meta.url).resolve('quickjs-emscripten/package.json')
  return JSON.parse(readFileSync(file, 'utf8')).version
}

function start(spec: SandboxSpec): Carrier {
  const { memoryMb, diskMb, outputBytes } = limitsOf(spec)
  const interrupt = new Int32Array(new SharedArrayBuffer(4))
  const file = import.meta.url.endsWith('.ts') ? './quickjs-guest.ts' : './quickjs-guest.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { memoryMb, diskMb, outputBytes, interrupt } satisfies QuickjsSetup,
    ...{ env: {}, argv: [], stdin: false, stdout: true, stderr: true },
    // Of the thread's own objects, that is: copies of what passes through. The code's memory is the wasm memory.
    resourceLimits: { maxOldGenerationSizeMb: 64 + diskMb * 2 },
  })
  worker.unref()
  return {
    send: (message) => worker.postMessage(message),
    listen(onMessage, onEnd) {
      worker.on('message', onMessage)
      worker.on('error', ({ message }) => onEnd(`the interpreter broke: ${message}`))
      worker.on('exit', () => onEnd('it ended itself'))
    },
    interrupt: () => void Atomics.store(interrupt, 0, 1),
    end: () => worker.terminate(),
  }
}
