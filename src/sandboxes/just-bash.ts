/**
 * `shell`: just-bash, bash and the usual commands written in JavaScript over files in memory. What keeps code inside is
 * that interpreter having nothing to reach with, and that is no wall: it declares 'none'. Behind it stands a process
 * without our environment that Node lets read nothing but its own program, write nothing and start nothing.
 */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SandboxSpec } from '../core/index.ts'
import { type Carrier, guests, limitsOf } from './guest.ts'
import type { SandboxKind } from './provider.ts'

export const justBash: SandboxKind = {
  missing: async () => undefined,
  start: () => guests({ about: { isolation: 'none', interpreter: `just-bash ${version()}`, libraries: {} }, start }),
}

const home = (): string => {
  const file = fileURLToPath(import.meta.resolve('just-bash'))
  return file.slice(0, file.lastIndexOf('just-bash') + 'just-bash'.length)
}
const version = (): string => JSON.parse(readFileSync(`${home()}/package.json`, 'utf8')).version

const own = import.meta.url.endsWith('.ts') ? './just-bash-guest.ts' : './just-bash-guest.js'
const program = fileURLToPath(new URL(own, import.meta.url))

/** How the process is started: it may read this folder and the packages beside just-bash, and nothing else. */
export function guarded(memoryMb: number): { execArgv: readonly string[]; env: NodeJS.ProcessEnv } {
  const readable = [dirname(program), dirname(home())].map((folder) => `--allow-fs-read=${folder}/*`)
  return { execArgv: ['--permission', ...readable, `--max-old-space-size=${memoryMb}`, '--no-warnings'], env: {} }
}

function start(spec: SandboxSpec): Carrier {
  const { memoryMb, diskMb } = limitsOf(spec)
  const { execArgv, env } = guarded(memoryMb)
  const child = fork(program, [`${memoryMb}`, `${diskMb}`], {
    ...{ execArgv: [...execArgv], env, cwd: tmpdir(), serialization: 'advanced' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const gone = new Promise<string>((resolve) => {
    child.on('error', ({ message }) => resolve(message))
    child.on('exit', (code, by) => resolve(by ? `it was ended by ${by}` : `it exited with ${code}`))
  })
  // A message that finds nobody is no news: `gone` tells.
  const ignore = (): void => {}
  return {
    send: (message) => void child.send(message, ignore),
    listen(onMessage, onEnd) {
      child.on('message', onMessage)
      void gone.then(onEnd)
    },
    // No interrupt: it keeps its deadlines itself, and what has to stop earlier is ended.
    async end() {
      child.kill('SIGKILL')
      await gone
    },
  }
}
