/**
 * The interpreter of JavaScript and of the shell that `unsafe-local` starts under Node: reads requests from its third
 * descriptor, one JSON object a line, and answers in kind. Its standard output and error are files: see interpreter.py.
 */
import { spawnSync } from 'node:child_process'
import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { inspect } from 'node:util'
import { runInThisContext } from 'node:vm'

interface Request {
  readonly id: number
  readonly language: string
  readonly code: string
  readonly cap: number
}

// An interrupt ends what runs, and never the interpreter.
process.on('SIGINT', () => {})
let cells = 0
let shellEnv: NodeJS.ProcessEnv = process.env
const channel = new Socket({ fd: 3 })
Object.assign(globalThis, { require: createRequire(join(process.cwd(), 'cell.js')) })

for await (const line of createInterface({ input: channel })) {
  const { id, language, code, cap } = JSON.parse(line) as Request
  if (code !== '') cells++
  const exitCode = language === 'shell' ? shell(code) : await javascript(code)
  const [out, err] = [take(1, cap), take(2, cap)]
  channel.write(
    `${JSON.stringify({ id, stdout: out.text, stderr: err.text, exitCode, truncated: out.cut || err.cut })}\n`,
  )
}
process.exit(0)

/** A script in the one global scope; what it promises is awaited. */
async function javascript(code: string): Promise<number> {
  try {
    const value: unknown = runInThisContext(code, { filename: `<cell ${cells}>`, breakOnSigint: true })
    if (value instanceof Promise) await interruptible(value)
    return 0
  } catch (error) {
    writeSync(2, `${error instanceof Error ? stackOf(error) : inspect(error)}\n`)
    return 1
  }
}

/** Without our own frames. */
function stackOf(error: Error): string {
  const lines = `${error.stack}`.split('\n')
  return lines.filter((line) => !line.includes(import.meta.url) && !/\(node:|at node:/.test(line)).join('\n')
}

function interruptible(work: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('interrupted'))
    process.once('SIGINT', stop)
    work.then(resolve, reject).finally(() => process.off('SIGINT', stop))
  })
}

/** Folder and exported variables persist; the rest of a shell's state does not. */
function shell(code: string): number {
  const { status, signal, output } = spawnSync('sh', ['-c', `trap 'env -0 >&3' EXIT; ${code}`], {
    stdio: ['ignore', 1, 2, 'pipe'],
    env: shellEnv,
    cwd: shellEnv['PWD'] ?? process.cwd(),
    encoding: 'utf8',
  })
  const pairs = `${output?.[3] ?? ''}`.split('\0').filter((pair) => pair !== '')
  const found = Object.fromEntries(pairs.map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]))
  if (found['PWD']) shellEnv = found
  return status ?? (signal ? 130 : 127)
}

/** What was written since the last time, at most `cap` bytes of it. */
function take(fd: number, cap: number): { text: string; cut: boolean } {
  const { size } = fstatSync(fd)
  const piece = (start: number, length: number): string => {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(fd, bytes, 0, length, start)).toString()
  }
  const half = Math.max(cap - 64, 0) >> 1
  const cut = size > cap
  const text = cut
    ? `${piece(0, half)}\n[... ${size - 2 * half} bytes cut ...]\n${piece(size - half, half)}`
    : piece(0, size)
  ftruncateSync(fd, 0)
  return { text, cut }
}
