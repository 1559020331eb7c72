/**
 * The one process that writes a run, for workers elsewhere: they bring answers before anybody acts on them, and
 * trajectories when they end; they ask what is to be played, and what is known of an episode that somebody began.
 */
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { z } from 'zod'
import type { Trajectory } from '../core/index.ts'
import { type DiskJournal, decodeTrajectory } from '../data/index.ts'
import { DEAD_MS } from './executor.ts'

const decompress = promisify(zstdDecompress)
/** Of a body that is sent. */
const MOST_BYTES = 256 * 2 ** 20

export interface CoordinatorOptions {
  readonly host: string
  readonly port: number
  /** Whoever knows it may work. */
  readonly token: string
  /** What a worker has to know: JSON. */
  readonly about: Readonly<Record<string, unknown>>
  readonly journal: Pick<DiskJournal, 'append' | 'answersOf'>
  /** Whether an episode's trajectory is kept already. */
  finished(episode: string): boolean
  /** Awaited before the worker is told that its trajectory is kept. */
  onTrajectory(trajectory: Trajectory): Promise<void>
}

export interface Coordinator extends AsyncDisposable {
  readonly url: string
  /** Workers heard of within the last seconds. */
  readonly workers: number
  /** Tells every worker that there is nothing more to do; resolves when all have heard it, or some seconds later. */
  dismiss(): Promise<void>
}

/** What workers ask again and again, so often. */
export const POLL_MS = 1000

/** Rejects with a sentence where the port is taken. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { host, port } = options
  const workers = new Workers()
  let over = false
  const server = createServer((request, response) => {
    answer(request, response, { ...options, workers, isOver: () => over }).catch((error) => {
      end(response, error instanceof Refusal ? error.status : 500, `${(error as Error).message}`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      reject(
        new Error(
          error.code === 'EADDRINUSE' ? `port ${port} of ${host} is taken: name another with --listen` : error.message,
        ),
      )
    server.once('error', fail).listen(port, host, () => resolve())
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    get workers() {
      return workers.alive().length
    },
    async dismiss() {
      over = true
      const heard = (): boolean => workers.alive().every((name) => workers.told.has(name))
      for (let waited = 0; waited < 5 * POLL_MS && !heard(); waited += 50) await pause(50)
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

interface Answering extends CoordinatorOptions {
  readonly workers: Workers
  isOver(): boolean
}

const poll = z.object({ worker: z.string(), holding: z.array(z.string()) })
const claim = z.object({ worker: z.string(), episode: z.string() })

/** Who is alive, and plays what: whatever the leases say, no two that live play the same episode. */
class Workers {
  readonly #seenMs = new Map<string, number>()
  readonly #players = new Map<string, string>()
  /** Those that know that the run is over. */
  readonly told = new Set<string>()

  alive(): string[] {
    return [...this.#seenMs].filter(([, at]) => performance.now() - at < DEAD_MS).map(([name]) => name)
  }

  seen(worker: string, holding: readonly string[]): void {
    this.#seenMs.set(worker, performance.now())
    for (const episode of holding) this.#players.set(episode, worker)
  }

  /** False where somebody who lives has it. */
  claim(worker: string, episode: string): boolean {
    const player = this.#players.get(episode)
    if (player !== undefined && player !== worker && this.alive().includes(player)) return false
    this.seen(worker, [episode])
    return true
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, options: Answering): Promise<void> {
  if (!isToken(request.headers.authorization, options.token))
    throw new Refusal(401, 'the token is not that of this run')
  const { pathname } = new URL(request.url ?? '/', 'http://coordinator')
  const wanted = `${request.method} ${pathname}`
  const { about, workers, journal, finished, isOver } = options
  const read = async <T>(schema: z.ZodType<T>): Promise<T> => {
    const text = (await bodyOf(request)).toString('utf8')
    try {
      return schema.parse(JSON.parse(text))
    } catch (error) {
      throw new Refusal(400, `that is no ${wanted}: ${(error as Error).message}`)
    }
  }
  if (wanted === 'GET /run') return end(response, 200, JSON.stringify(about))
  if (wanted === 'POST /polls') {
    const { worker, holding } = await read(poll)
    workers.seen(worker, holding)
    if (isOver()) workers.told.add(worker)
    return end(response, 200, JSON.stringify({ over: isOver() }))
  }
  if (wanted === 'POST /claims') {
    const { worker, episode } = await read(claim)
    if (finished(episode)) return end(response, 200, JSON.stringify({ state: 'finished' }))
    if (!workers.claim(worker, episode)) return end(response, 200, JSON.stringify({ state: 'held' }))
    return end(response, 200, JSON.stringify({ state: 'yours', answers: journal.answersOf(episode) }))
  }
  if (wanted === 'POST /answers') {
    await options.journal.append((await bodyOf(request)).toString('utf8'))
    return end(response, 204)
  }
  if (wanted === 'POST /trajectories') {
    await options.onTrajectory(decodeTrajectory((await decompress(await bodyOf(request))).toString('utf8')))
    return end(response, 204)
  }
  throw new Refusal(404, `there is no '${wanted}' here`)
}

function isToken(given: string | undefined, token: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(`Bearer ${token}`)]
  return one.length === other.length && timingSafeEqual(one, other)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length > MOST_BYTES) throw new Refusal(413, `a body has at most ${MOST_BYTES} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function end(response: ServerResponse, status: number, text = ''): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(text)
}
