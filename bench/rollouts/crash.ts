/** W4: `kill -9` in the middle of a run of ten-turn episodes, and `ludus resume`, by the command line alone. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRun } from '../../src/data/index.ts'
import { type Mock, startMock } from './mock-process.ts'

const root = join(import.meta.dirname, '../..')
const TURNS = 10

export interface CrashFigures {
  readonly episodes: number
  readonly kills: number
  /** From the start of `ludus resume` to its first request, the slowest of all. */
  readonly firstCallMs: number
  /** Requests that were made again, those left out that a kill found unanswered or unread. */
  readonly repeated: number
  readonly lost: number
  /** Episodes whose record is not that of a run that nobody killed. */
  readonly different: number
  /** All lives together, over the time of a run that nobody killed. */
  readonly slowdown: number
}

export async function measureCrash(episodes: number, kills: number, concurrency = 64): Promise<CrashFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-bench-'))
  try {
    const calls = episodes * (TURNS + 1)
    await using mock = await startMock({ turns: TURNS, count: true })
    const world = join(import.meta.dirname, 'world.ts')
    const run = (runs: string): ChildProcess =>
      ludus(
        folder,
        'run',
        world,
        '--model',
        `openai:mock@${mock.baseUrl}`,
        '-n',
        `${episodes}`,
        '-c',
        `${concurrency}`,
        '--runs',
        runs,
      )
    const whole = await timed(() => ended(run('whole')))
    const before = await mock.counted()
    const lives: number[] = []
    let life = run('cut')
    let firstCallMs = 0
    let started = performance.now()
    for (let kill = 1; kill <= kills; kill++) {
      await until(mock, before.requests + Math.floor((calls * kill) / (kills + 1)))
      process.kill(-life.pid!, 'SIGKILL')
      await once(life, 'exit')
      lives.push(performance.now() - started)
      const { requests } = await mock.counted()
      started = performance.now()
      life = ludus(folder, 'resume', runIn(folder, 'cut'), '--runs', 'cut')
      await until(mock, requests + 1)
      firstCallMs = Math.max(firstCallMs, performance.now() - started)
    }
    await ended(life)
    lives.push(performance.now() - started)
    const after = await mock.counted()
    const [wanted, got] = [await records(folder, 'whole'), await records(folder, 'cut')]
    return {
      ...{ episodes, kills, firstCallMs },
      // The same requests twice over, and those that were on their way at a kill.
      repeated: Math.max(0, after.requests - before.requests - calls - kills * concurrency),
      lost: episodes - got.size,
      different: [...wanted].filter(([id, record]) => got.get(id) !== record).length,
      slowdown: lives.reduce((sum, life) => sum + life, 0) / whole,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** In a process group of its own, so that all of it can be killed. */
const ludus = (cwd: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, [join(root, 'bin/ludus.mjs'), ...args], { cwd, detached: true, stdio: 'ignore' })

async function ended(child: ChildProcess): Promise<void> {
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  if (code !== 0) throw new Error(`ludus ended with ${code}`)
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function until(mock: Mock, requests: number): Promise<void> {
  while ((await mock.counted()).requests < requests) await sleep(5)
}

/** The only run in this folder. */
const runIn = (folder: string, runs: string): string => join(folder, runs, readdirSync(join(folder, runs))[0]!)

/** What each episode's record says, times left out. */
async function records(folder: string, runs: string): Promise<Map<string, string>> {
  await using run = openRun(runIn(folder, runs), runs)
  const plain = (key: string, value: unknown): unknown => (key === 'timeMs' || key === 'attempts' ? undefined : value)
  return new Map([...run.store.trajectories()].map((trajectory) => [trajectory.id, JSON.stringify(trajectory, plain)]))
}
