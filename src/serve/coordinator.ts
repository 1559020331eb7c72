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
import type { Trajectory } from '../core/index.ts'
import { type DiskJournal, decodeTrajectory } from '../data/index.ts'

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
  /** When each was last heard of. */
  const seen = new Map<string, number>()
  const recent = (): string[] =>
    [...seen].filter(([, at]) => performance.now() - at < 5 * POLL_MS).map(([name]) => name)
  const told = new Set<string>()
  let over = false
  const about = (worker: string): string => {
    seen.set(worker, performance.now())
    if (over) told.add(worker)
    return JSON.stringify({ ...options.about, over })
  }
  const server = createServer((request, response) => {
    answer(request, response, { ...options, told: about }).catch((error) => {
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
      return recent().length
    },
    async dismiss() {
      over = true
      for (let waited = 0; waited < 5 * POLL_MS && recent().some((name) => !told.has(name)); waited += 50)
        await pause(50)
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
  told(worker: string): string
}

async function answer(request: IncomingMessage, response: ServerResponse, options: Answering): Promise<void> {
  if (!isToken(request.headers.authorization, options.token))
    throw new Refusal(401, 'the token is not that of this run')
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://coordinator')
  const wanted = `${request.method} ${pathname}`
  if (wanted === 'GET /run') return end(response, 200, options.told(searchParams.get('worker') ?? ''))
  if (wanted === 'GET /answers') {
    const episode = searchParams.get('episode') ?? ''
    return end(response, 200, JSON.stringify(options.finished(episode) ? null : options.journal.answersOf(episode)))
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
