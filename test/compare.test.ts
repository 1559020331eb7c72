/** Runs compared through the dashboard's server: task by task, paged, filtered and sorted there. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Compared, ComparedTasks } from '../src/serve/view/wire.ts'
import { startView, type ViewServer } from './view-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-compare-'))
const main = join(import.meta.dirname, '../src/cli/main.ts')
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [main, 'run', ...args, '--runs', folder, '--json'], { stdio: 'pipe' }).toString()
let server: ViewServer

beforeAll(async () => {
  run('maze', '-m', 'oracle', '-n', '12')
  run('maze', '-m', 'noisy-oracle:0.7', '-n', '16', '-k', '2')
  server = await startView(folder)
}, 120_000)
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const ask = async <T>(path: string, query: Readonly<Record<string, string>>): Promise<T> =>
  (await (await fetch(`${server.url}api/${path}?${new URLSearchParams(query)}`)).json()) as T
const both = { runs: 'run-maze-1,run-maze-2', metric: 'return' }
const tasks = (query: Readonly<Record<string, string>>): Promise<ComparedTasks> =>
  ask('compared-tasks', { ...both, limit: '1000', ...query })

it('counts every task once: won, alike, lost, or in one run alone', async () => {
  const { pairs, runs } = await ask<Compared>('compare', both)
  const [pair] = pairs
  expect(runs.map(({ id }) => id)).toEqual(['run-maze-1', 'run-maze-2'])
  expect(pair).toMatchObject({ run: 'run-maze-2', onlyHere: 4, onlyThere: 0, wins: 0 })
  expect(pair!.ties + pair!.losses).toBe(12)
  const counts = async (only: string): Promise<number> => (await tasks({ only })).total
  expect(await Promise.all(['0', '1', 'ties', 'alone'].map(counts))).toEqual([pair!.losses, 0, pair!.ties, 4])
})

it('sorts by difference, disagreement and name, what cannot be compared last, and pages', async () => {
  const all = await tasks({ sort: '1' })
  const differences = all.tasks.map(({ means: [a, b] }) => (a === null ? null : b! - a!))
  expect(differences.slice(12)).toEqual([null, null, null, null])
  expect(differences.slice(0, 12)).toEqual(differences.slice(0, 12).toSorted((a, b) => a! - b!))
  const disagreeing = await tasks({ sort: 'disagreement', descending: 'true' })
  expect(disagreeing.tasks[0]?.task).toBe(all.tasks[0]?.task)
  const named = await tasks({ sort: 'task' })
  const reversed = await tasks({ sort: 'task', descending: 'true' })
  expect(reversed.tasks).toEqual(named.tasks.toReversed())
  const page = await tasks({ sort: 'task', offset: '5', limit: '3' })
  expect(page).toEqual({ total: 16, offset: 5, tasks: named.tasks.slice(5, 8) })
})

it('refuses what cannot be compared with a sentence', async () => {
  expect(await ask('compare', { runs: 'run-maze-1' })).toMatchObject({ error: expect.stringContaining('from 2 to 8') })
  expect(await ask('compared-tasks', { runs: 'run-maze-1,no-such' })).toMatchObject({
    error: expect.stringContaining("no run 'no-such'"),
  })
})
