/**
 * A live run can be spoken to: `ludus ctl`, and whoever else is the same user on the same machine, by a socket that
 * takes one line of JSON and answers with one. Pausing lets what is in flight play on and begins nothing new.
 */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Semaphore } from '../core/index.ts'
import type { Run } from '../data/index.ts'
import type { Access, Spent } from './access.ts'

export const order = z.discriminatedUnion('do', [
  z.object({ do: z.literal('status') }),
  z.object({ do: z.literal('pause') }),
  z.object({ do: z.literal('resume') }),
  z.object({ do: z.literal('cancel') }),
  z.object({ do: z.literal('concurrency'), to: z.int().min(1) }),
  z.object({ do: z.literal('budget'), to: z.number().positive() }),
])
export type Order = z.infer<typeof order>

export interface Status {
  readonly state: 'running' | 'paused' | 'cancelling'
  readonly done: number
  readonly total: number
  /** Of what is done. */
  readonly unit: 'episodes' | 'environment steps'
  /** Episodes, and how many there may be at a time. */
  readonly inFlight: number
  readonly concurrency: number
  readonly seconds: number
  readonly budgets: readonly Spent[]
}

/** How far a run has got. */
export interface Counted {
  readonly done: number
  readonly total: number
  readonly unit: Status['unit']
  seconds(): number
}

/** A path for the socket that is short enough for every system, and the same for everybody who means this run. */
const socketOf = (path: string): string =>
  join(tmpdir(), `ludus-${createHash('sha1').update(resolve(path)).digest('hex').slice(0, 16)}.sock`)

export interface Places extends Pick<Semaphore, 'places' | 'held' | 'resize'> {
  /** With fewer, but for none, somebody would wait for ever; 1 unless given. */
  readonly least?: number
}

interface Levers {
  /** Where episodes find their place. */
  readonly places: Places
  readonly halt: AbortController
  /** Ends the run, whoever halted it. */
  readonly signal: AbortSignal
  readonly counted: Counted
  /** What is paid for; absent where nothing is. */
  readonly access?: Access
}

/** Listens until it is disposed of. A run that nobody can speak to still runs. */
export async function controlled(
  run: Run,
  { places, halt, signal, counted, access }: Levers,
): Promise<AsyncDisposable> {
  let wanted = places.places
  const status = (): Status => ({
    state: signal.aborted ? 'cancelling' : places.places === 0 ? 'paused' : 'running',
    ...{ done: counted.done, total: counted.total, unit: counted.unit, inFlight: places.held, concurrency: wanted },
    ...{ seconds: counted.seconds(), budgets: access?.spent() ?? [] },
  })
  // What is paused has to be let go on to come to its end.
  signal.addEventListener('abort', () => places.resize(wanted), { once: true })
  const obey = (given: Order): Status => {
    if (given.do === 'pause' && !signal.aborted) places.resize(0)
    if (given.do === 'resume') places.resize(wanted)
    if (given.do === 'concurrency') {
      const { least = 1 } = places
      if (given.to < least) throw new Error(`${least} seeds are trained at once: the concurrency is at least that`)
      if (places.places > 0) places.resize(given.to)
      wanted = given.to
      access?.resize(wanted)
    }
    if (given.do === 'budget') {
      if (!access) throw new Error('this run spends no money: it has no budget to change')
      access.recap(given.to)
    }
    if (given.do === 'cancel') halt.abort()
    return status()
  }
  const path = socketOf(run.path)
  await rm(path, { force: true })
  const server = createServer((socket) => {
    socket.on('error', () => {})
    lineOf(socket, 4096)
      .then((line) => {
        const { success, data, error } = order.safeParse(JSON.parse(line))
        return success ? obey(data) : { error: `${error.issues[0]?.message}` }
      })
      .catch((error) => ({ error: `${(error as Error).message}` }))
      .then((answer) => socket.end(`${JSON.stringify(answer)}\n`))
  })
  const mask = process.umask(0o077)
  const listening = await new Promise<boolean>((done) => {
    server.once('error', () => done(false)).listen(path, () => done(true))
  }).finally(() => process.umask(mask))
  if (!listening)
    process.stderr.write('this run cannot be controlled: no socket can be made in the folder for temporary files\n')
  return {
    async [Symbol.asyncDispose]() {
      if (!listening) return
      await new Promise((done) => server.close(done))
      await rm(path, { force: true })
    },
  }
}

/** Tells a live run what to do, and what it said. Rejects with a sentence where none is listening. */
export async function command(run: string, given: Order): Promise<Status> {
  const socket = connect(socketOf(run))
  socket.setTimeout(5000, () => socket.destroy(new Error('the run did not answer within 5 s')))
  try {
    await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail))
    socket.write(`${JSON.stringify(given)}\n`)
    const answer = JSON.parse(await lineOf(socket, 65_536))
    if ('error' in answer) throw new Error(answer.error)
    return answer
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ECONNREFUSED') throw new Error(`no process is working on the run in '${run}'`)
    throw error
  } finally {
    socket.destroy()
  }
}

/** The first line that comes. The socket stays open: the other side waits for an answer. */
function lineOf(socket: Socket, most: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
      else if (text.length > most) reject(new Error(`a line has at most ${most} characters`))
    })
    socket.once('error', reject).once('close', () => reject(new Error('the other side hung up')))
  })
}
