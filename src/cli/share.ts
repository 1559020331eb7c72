/** A run that other processes play: this one hands out episodes, keeps what comes back, and alone writes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Trajectory } from '../core/index.ts'
import type { DiskJournal, Run } from '../data/index.ts'
import { bullmqExecutor, type Executor, sqliteLeases, startCoordinator } from '../serve/index.ts'
import { type Flag, type Flags, UsageError } from './args.ts'

export const shareFlags = {
  executor: {
    type: 'text',
    help: 'who plays: this process unless given; sqlite, or bullmq://<host>:<port> of a Redis',
  },
  workers: { type: 'count', help: 'processes to start here that play; more can be started with ludus work' },
  listen: {
    type: 'text',
    help: 'where workers find this process, 127.0.0.1 and a free port unless given; <host>:<port>',
  },
} as const satisfies Record<string, Flag>

/** What lies in the run's folder while it is shared: workers on this machine read it, and nobody else can. */
const contact = z.object({ url: z.string(), host: z.string(), port: z.number(), token: z.string() })
const CONTACT = 'coordinator.json'

export function contactOf(path: string): z.infer<typeof contact> {
  const file = join(path, CONTACT)
  if (!existsSync(file)) throw new UsageError(`the run in '${path}' is not shared: begin it with --executor`)
  return contact.parse(JSON.parse(readFileSync(file, 'utf8')))
}

/** Throws UsageError on an executor that there is not. */
export async function openExecutor(
  name: string,
  run: Pick<Run, 'id' | 'path'>,
  concurrency: number,
): Promise<Executor> {
  checkExecutor(name)
  if (name === 'sqlite') return sqliteLeases(join(run.path, 'leases.sqlite'))
  const password = process.env['LUDUS_REDIS_PASSWORD']
  const url = name.replace(/^bullmq/, 'redis')
  return bullmqExecutor({ url, run: run.id, concurrency, ...(password && { password }) })
}

/** Throws UsageError on an executor that there is not, and on a password in its name: that would be written down. */
export function checkExecutor(name: string): void {
  const url = name.startsWith('bullmq://') && URL.canParse(name) ? new URL(name) : undefined
  if (url?.password) throw new UsageError('the password of a Redis is given as LUDUS_REDIS_PASSWORD, not in --executor')
  if (name === 'sqlite' || url?.host) return
  throw new UsageError(`there is no executor '${name.split(':')[0]}': there are sqlite and bullmq://<host>:<port>`)
}

export interface Sharing {
  readonly flags: Flags<typeof shareFlags> & Readonly<Record<string, unknown>>
  readonly journal: DiskJournal
  /** Ids that are to be played. */
  readonly ids: readonly string[]
  readonly signal: AbortSignal
  /** Awaited before a trajectory is acknowledged. */
  onTrajectory(trajectory: Trajectory): Promise<void>
  note(line: string): void
}

/** Looks again whether something got lost, after so long without a trajectory. */
const SILENT_MS = 5000

/** Resolves when every episode is kept, or the signal aborts. */
export async function share(folder: Run, { flags, journal, ids, signal, onTrajectory, note }: Sharing): Promise<void> {
  const open = new Set(ids)
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  let last = performance.now()
  const keeping = new Map<string, Promise<void>>()
  const keep = async (trajectory: Trajectory): Promise<void> => {
    if (!open.has(trajectory.id)) return
    // Two that both played it are told the same, and the first one counts.
    const kept = keeping.get(trajectory.id) ?? onTrajectory(trajectory)
    keeping.set(trajectory.id, kept)
    await kept.finally(() => keeping.delete(trajectory.id))
    open.delete(trajectory.id)
    last = performance.now()
    if (open.size === 0) end()
  }
  const known = existsSync(join(folder.path, CONTACT)) ? contactOf(folder.path) : undefined
  const [host, port] = addressOf(flags.listen, known)
  const token = known?.token ?? randomBytes(24).toString('base64url')
  const { env } = folder.manifest
  const about = { run: folder.id, env, settings: { ...flags } }
  const finished = (id: string): boolean => !open.has(id)
  await using coordinator = await startCoordinator({ host, port, token, about, journal, finished, onTrajectory: keep })
  const { port: taken } = new URL(coordinator.url)
  const where = { url: coordinator.url, host, port: Number(taken), token }
  writeFileSync(join(folder.path, CONTACT), JSON.stringify(where), { mode: 0o600 })
  await using executor = await openExecutor(`${flags.executor}`, folder, 1)
  await executor.submit(ids)
  note(`${ids.length} episodes are waiting; workers on this machine: ludus work ${folder.path}`)
  const hands = Array.from({ length: flags.workers ?? 0 }, () => hired(folder.path, signal))
  const watch = setInterval(() => {
    if (performance.now() - last < SILENT_MS) return
    last = performance.now()
    if (coordinator.workers === 0) note(`nobody is playing: ludus work ${folder.path}`)
    executor.submit([...open]).catch(() => {})
  }, SILENT_MS)
  if (open.size === 0) end()
  const stop = (): void => end()
  signal.addEventListener('abort', stop)
  try {
    if (!signal.aborted) await over
    await coordinator.dismiss()
  } finally {
    clearInterval(watch)
    signal.removeEventListener('abort', stop)
    for (const hand of hands) hand.dismiss()
  }
}

function addressOf(listen: string | undefined, known: z.infer<typeof contact> | undefined): [string, number] {
  if (listen === undefined) return known ? [known.host, known.port] : ['127.0.0.1', 0]
  const [, host, port] = /^(.+):(\d+)$/.exec(listen) ?? []
  if (host === undefined || Number(port) > 65_535) throw new UsageError(`--listen takes <host>:<port>, not '${listen}'`)
  return [host.replace(/^\[|\]$/g, ''), Number(port)]
}

/** A worker in a process of its own, started again where it dies. */
function hired(path: string, signal: AbortSignal): { dismiss(): void } {
  let child: ChildProcess | undefined
  let dismissed = false
  const start = (): void => {
    if (dismissed || signal.aborted) return
    child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', 'work', path], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child.once('exit', (code) => {
      if (code !== 0) setTimeout(start, 1000)
    })
  }
  start()
  return {
    dismiss() {
      dismissed = true
      child?.kill('SIGTERM')
    },
  }
}
