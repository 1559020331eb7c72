/**
 * A run that is killed at any instant and resumed asks nothing again that was answered, loses no trajectory, doubles
 * none, and ends with the records of a run that nobody killed. Small here; `LUDUS_CRASH=2000x20` episodes and kills in
 * `npm run conformance`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { random, seedOf, type Trajectory } from '../src/core/index.ts'
import { openRun } from '../src/data/index.ts'
import { startOpenAiServer } from './openai-server.ts'

const [EPISODES = 60, KILLS = 4] = (process.env['LUDUS_CRASH'] ?? '').split('x').flatMap((n) => Number(n) || [])
const folder = mkdtempSync(join(tmpdir(), 'ludus-crash-'))
const server = await startOpenAiServer({
  shape: 'plain',
  async reply({ seed }) {
    await new Promise((resolve) => setTimeout(resolve, 5 + (Number(seed) % 20)))
    return `${Number(seed) % 7}`
  },
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const main = join(import.meta.dirname, '../src/cli/main.ts')
const world = join(import.meta.dirname, 'ten-turns.ts')
const play = (runs: string): string[] => [
  ...['run', world, '-m', `openai:any@${server.baseUrl}`, '-n', `${EPISODES}`, '-c', '16'],
  ...['--runs', join(folder, runs), '--json'],
]

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
}

async function ended(child: ChildProcess): Promise<number | null> {
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0 && code !== null) throw new Error(errors)
  return code
}

/** The seed that a call was asked with names it: no two calls of a run have the same. */
const seedAt = (task: string, call: number): number => seedOf(seedOf(seedOf(0, 'ten-turns@1', task), 0), call) % 2 ** 31

/** What is on disk of an unfinished run: the seeds of the calls that were answered. */
function answered(path: string): Set<number> {
  const seeds = new Set<number>()
  if (!existsSync(path)) return seeds
  for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    const { e, n } = JSON.parse(line.slice(9))
    seeds.add(seedAt(e.split('/')[0], Number(n)))
  }
  return seeds
}

const records = (path: string): Trajectory[] => {
  const run = openRun(path, folder)
  const bare = [...run.store.trajectories()].map((t) =>
    JSON.parse(JSON.stringify(t, (key, value) => (key === 'timeMs' ? undefined : value))),
  )
  void run[Symbol.asyncDispose]()
  return bare.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const requests = (): number => server.requests.length

/** The whole process group, as soon as that holds. */
async function killed(child: ChildProcess, holds: () => boolean): Promise<void> {
  const dead = new Promise<void>((resolve) => child.once('close', () => resolve()))
  while (!holds() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2))
  process.kill(-child.pid!, 'SIGKILL')
  await dead
}

describe('kill -9', () => {
  it('costs nothing that was answered, and nothing that was played', { timeout: 600_000 }, async () => {
    await ended(start(play('whole')))
    const whole = records(join(folder, 'whole', 'run-ten-turns-1'))
    expect(whole.length).toBe(EPISODES)

    const path = join(folder, 'killed', 'run-ten-turns-1')
    const rng = random(5)
    const first = requests()
    const known = new Set<number>()
    let [args, repeated] = [play('killed'), 0]
    for (let kill = 0; kill <= KILLS; kill++) {
      const before = requests()
      const child = start(args)
      if (kill < KILLS) {
        const target = first + Math.floor(((kill + rng.next()) / KILLS) * EPISODES * 10)
        await killed(child, () => requests() >= target)
      } else await ended(child)
      repeated += server.requests.slice(before).filter(({ body }) => known.has(Number(body['seed']))).length
      for (const seed of answered(join(path, 'journal'))) known.add(seed)
      args = ['resume', path, '--json']
    }
    expect(known.size).toBeGreaterThan(KILLS)
    expect(repeated).toBe(0)
    expect(records(path)).toEqual(whole)
    expect(existsSync(join(path, 'journal'))).toBe(false)
  })
})
