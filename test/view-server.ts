/** `ludus view` as a user starts it, for tests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '../src/cli/main.ts')

export interface ViewServer extends AsyncDisposable {
  /** Ends in a slash. */
  readonly url: string
  readonly pid: number
}

/** Rejects with what it said where it did not start. */
export async function startView(runs: string, ...args: string[]): Promise<ViewServer> {
  const child = spawn(process.execPath, [main, 'view', ...args, '--runs', runs, '--port', '0', '--no-open', '--json'])
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const ended = once(child, 'close')
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => `${text}`),
    ended.then(() => Promise.reject(new Error(`ludus view ended: ${said}`))),
  ])
  const { url } = JSON.parse(line)
  return {
    url: url.replace(/#.*/, ''),
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
