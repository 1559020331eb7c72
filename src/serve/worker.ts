/** A worker's side of the wire: the coordinator as a journal and a store. What it cannot reach, it asks for again. */
import { randomUUID } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { Answer, Journal, JournalCall, Trajectory } from '../core/index.ts'
import { encodeTrajectory, entryOf, Remembered } from '../data/index.ts'

const compress = promisify(zstdCompress)
const [FIRST_MS, LONGEST_MS, ASK_MS] = [50, 1000, 30_000]

export interface CoordinatorClient extends Journal, Disposable {
  /** What the run is. */
  about(): Promise<unknown>
  /** Says that this worker lives, and what it plays; whether the run is over. */
  poll(): Promise<boolean>
  /** Before an episode is played: 'yours', and then what is known of it is learned; or why it is not to be played. */
  claim(episode: string): Promise<'yours' | 'held' | 'finished'>
  keep(trajectory: Trajectory): Promise<void>
}

/** Whatever is asked is asked again, until the coordinator answers or the signal aborts: it may have been started anew. */
export function coordinatorAt(url: string, token: string, signal: AbortSignal): CoordinatorClient {
  const remembered = new Remembered()
  const agent = new Agent({ keepAlive: true })
  const worker = randomUUID()
  const playing = new Set<string>()
  const once = (method: string, path: string, body?: Buffer | string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` }
      const asked = httpRequest(new URL(path, url), { method, agent, headers, timeout: ASK_MS, signal }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject)
      })
      asked.on('timeout', () => asked.destroy(new Error('no answer in time'))).on('error', reject)
      asked.end(body)
    })
  const ask = async (method: string, path: string, body?: Buffer | string): Promise<string> => {
    for (let waitMs = FIRST_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_MS)) {
      signal.throwIfAborted()
      const answer = await once(method, path, body).catch(() => undefined)
      if (answer && answer.status < 300) return answer.text
      if (answer && answer.status < 500) throw new Error(`the coordinator at ${url} says: ${answer.text}`)
      await pause(waitMs, undefined, { signal })
    }
  }
  return {
    about: async () => JSON.parse(await ask('GET', '/run')),
    async poll() {
      return JSON.parse(await ask('POST', '/polls', JSON.stringify({ worker, holding: [...playing] }))).over
    },
    async claim(episode) {
      const { state, answers = [] } = JSON.parse(await ask('POST', '/claims', JSON.stringify({ worker, episode })))
      for (const entry of answers) remembered.put(entry)
      if (state === 'yours') playing.add(episode)
      return state
    },
    recall: (call: JournalCall) => remembered.find(call),
    async record(call: JournalCall, answer: Answer) {
      await ask('POST', '/answers', entryOf(call, answer))
    },
    async keep(trajectory) {
      await ask('POST', '/trajectories', await compress(encodeTrajectory(trajectory)))
      remembered.forget(trajectory.id)
      playing.delete(trajectory.id)
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}
