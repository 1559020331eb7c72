/** Starts the mock server in a process of its own, and ends it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { request } from 'undici'

export interface MockOptions {
  readonly latencyMs?: number
  readonly turns?: number
  /** See the mock's flags. */
  readonly faults?: string
  readonly count?: boolean
}

export interface Mock extends AsyncDisposable {
  /** Ends in `/v1`. */
  readonly baseUrl: string
  /** Requests so far; `different` where the mock counts them. */
  counted(): Promise<{ readonly requests: number; readonly different: number }>
}

export async function startMock({
  latencyMs = 0,
  turns = 0,
  faults = '',
  count = false,
}: MockOptions = {}): Promise<Mock> {
  const flags = [
    '--latency',
    `${latencyMs}`,
    '--turns',
    `${turns}`,
    '--faults',
    faults,
    '--with-stdin',
    ...(count ? ['--count'] : []),
  ]
  const mock = spawn(process.execPath, [join(import.meta.dirname, 'mock.ts'), ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(mock, 'exit')
  const [said] = await Promise.race([
    once(mock.stdout.setEncoding('utf8'), 'data'),
    ended.then(() => Promise.reject(new Error('the mock server did not start'))),
  ])
  const baseUrl = `${said}`.trim()
  return {
    baseUrl,
    counted: async () => (await request(`${baseUrl}/count`)).body.json() as ReturnType<Mock['counted']>,
    async [Symbol.asyncDispose]() {
      mock.stdin.end()
      await ended
    },
  }
}
