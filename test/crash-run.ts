/** For tests that kill runs: a server, the processes, and what is on disk and was asked. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { seedOf, type Trajectory } from '../src/core/index.ts'
import { openRun } from '../src/data/index.ts'
import { startOpenAiServer } from './openai-server.ts'

export const folder = mkdtempSync(join(tmpdir(), 'ludus-crash-'))
export const server = await startOpenAiServer({
  shape: 'plain',
  async reply({ seed }) {
    await new Promise((resolve) => setTimeout(resolve, 5 + (Number(seed) % 20)))
    return `${Number(seed) % 7}`
  },
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const main = join(import.meta.dirname, '../src/cli/main.ts')
const world = join(import.meta.dirname, 'ten-turns.ts')

/** The arguments that begin a run of so many episodes under this folder. */
export const play = (runs: string, episodes: number): string[] => [
  ...['run', world, '-m', `openai:any@${server.baseUrl}`, '-n', `${episodes}`, '-c', '16'],
  ...['--runs', join(folder, runs), '--json'],
]
export const runIn = (runs: string): string => join(folder, runs, 'run-ten-turns-1')

export function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Rejects where it fails. */
export async function ended(child: ChildProcess): Promise<void> {
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`exit ${code}: ${errors}`)
}

/** The whole process group, as soon as that holds. */
export async function killed(child: ChildProcess, holds: () => boolean): Promise<void> {
  const dead = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await until(() => holds() || child.exitCode !== null)
  process.kill(-child.pid!, 'SIGKILL')
  await dead
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}

export const requests = (): number => server.requests.length

/** How many requests since then were for calls that are known. */
export const askedAgain = (known: ReadonlySet<number>, since: number): number =>
  server.requests.slice(since).filter(({ body }) => known.has(Number(body['seed']))).length

/** The seed that a call was asked with names it: no two calls of a run have the same. */
const seedAt = (task: string, call: number): number => seedOf(seedOf(seedOf(0, 'ten-turns@1', task), 0), call) % 2 ** 31

/** What is on disk of an unfinished run: the seeds of the calls that were answered. */
export function answered(path: string): Set<number> {
  const seeds = new Set<number>()
  if (!existsSync(join(path, 'journal'))) return seeds
  for (const line of readFileSync(join(path, 'journal'), 'utf8').split('\n').slice(0, -1)) {
    const { e, n } = JSON.parse(line.slice(9))
    seeds.add(seedAt(e.split('/')[0], Number(n)))
  }
  return seeds
}

/** All trajectories, without times. */
export async function records(path: string): Promise<Trajectory[]> {
  await using run = openRun(path, folder)
  const bare = [...run.store.trajectories()].map((t) =>
    JSON.parse(JSON.stringify(t, (key, value) => (key === 'timeMs' ? undefined : value))),
  )
  return bare.sort((a, b) => (a.id < b.id ? -1 : 1))
}
