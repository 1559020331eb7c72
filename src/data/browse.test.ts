import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { played } from '../../test/trajectories.ts'
import { type Outcome, random, type Trajectory } from '../core/index.ts'
import { openBrowser } from './browse.ts'
import { pairedTasks } from './paired.ts'
import { playedOf, summarise } from './statistics.ts'
import { openStore, type Store } from './store.ts'

const root = mkdtempSync(join(tmpdir(), 'ludus-browse-'))
afterAll(() => rmSync(root, { recursive: true }))
const sample = await played()
const folder = (): string => mkdtempSync(join(root, 'run-'))
const storeIn = (path: string): Store => openStore(join(path, 'trajectories.sqlite'))
const all = { offset: 0, limit: 1000 }

/** An attempt with so much success, or one that ended without a score. */
function attempt(
  [batch, task, number]: [string, string, number],
  ended: number | Outcome,
  change: Partial<Trajectory> = {},
): Trajectory {
  const outcome: Outcome = typeof ended === 'number' ? { kind: 'scored', return: 2 * ended } : ended
  const rewards: Trajectory['rewards'] =
    typeof ended === 'number' ? { success: { value: ended, weight: 2 }, neat: { value: ended / 2, weight: 0 } } : {}
  const id = [batch, task, `${number}`].filter(Boolean).join('/')
  return { ...sample, id, batch, task, attempt: number, outcome, rewards, costUsd: 0.5, timeMs: number + 1, ...change }
}
const broken = (message: string): Outcome => ({ kind: 'broken', failure: { boundary: 'env', message } })

async function filled(trajectories: readonly Trajectory[]): Promise<string> {
  const path = folder()
  await using store = storeIn(path)
  for (const trajectory of trajectories) await store.add(trajectory)
  return path
}

/** Three tasks, four attempts at each: one always done, one never, one by halves; and what has no score. */
const mixed = await filled([
  ...[0, 1, 2, 3].flatMap((n) => [
    attempt(['eval', 'easy', n], 1),
    attempt(['eval', 'flaky', n], n % 2),
    attempt(['eval', 'hard', n], 0),
  ]),
  attempt(['grpo/9', 'lost', 0], broken('no such host'), { stop: 'failed' }),
  attempt(['grpo/10', 'lost', 0], broken('no such host'), { stop: 'failed' }),
  attempt(['grpo/10', 'lost', 1], { kind: 'over-budget', why: 'spent' }, { costUsd: null, stop: 'budget' }),
  attempt(['grpo/10', 'lost', 2], { kind: 'unscored', why: '100%_sure' }),
])

describe('a browser', () => {
  it('counts what each choice of a filter would show, the other filters as they stand', () => {
    using browser = openBrowser(mixed)
    expect(browser.facets({})).toEqual({
      outcomes: { scored: 12, unscored: 1, broken: 2, cancelled: 0, overBudget: 1 },
      success: { yes: 6, no: 6 },
    })
    expect(browser.facets({ task: 'flaky', success: 'yes' })).toEqual({
      outcomes: { scored: 2, unscored: 0, broken: 0, cancelled: 0, overBudget: 0 },
      success: { yes: 2, no: 2 },
    })
    expect(browser.facets({ outcome: 'broken' }).success).toEqual({ yes: 0, no: 0 })
  })

  it('counts tasks by what their attempts came to', () => {
    using browser = openBrowser(mixed)
    const solved = (text?: string) => browser.tasks({ sort: 'order', ...(text && { text }) }, all).solved
    expect(solved()).toEqual({ always: 1, sometimes: 1, never: 1, unscored: 2 })
    expect(solved('easy')).toEqual({ always: 1, sometimes: 0, never: 0, unscored: 0 })
  })

  it('lists any page in any order, with what has no value last', () => {
    using browser = openBrowser(mixed)
    const ids = (query: Parameters<typeof browser.page>[0], range = all) =>
      browser.page(query, range).rows.map(({ id }) => id)
    expect(browser.page({}, { offset: 4, limit: 2 })).toMatchObject({
      total: 16,
      rows: [{ id: 'eval/flaky/1' }, { id: 'eval/hard/1' }],
    })
    expect(browser.page({}, { offset: 15, limit: 9 }).rows).toHaveLength(1)
    expect(browser.page({}, { offset: 99, limit: 9 })).toEqual({ total: 16, rows: [] })
    expect(ids({ descending: true })[0]).toBe('grpo/10/lost/2')
    expect(ids({ sort: 'id' }).slice(-4)).toEqual([
      'grpo/9/lost/0',
      'grpo/10/lost/0',
      'grpo/10/lost/1',
      'grpo/10/lost/2',
    ])
    const returns = browser.page({ sort: 'return', descending: true }, all).rows.map((row) => row.return)
    expect(returns).toEqual([2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, null, null, null, null])
    expect(
      browser
        .page({ sort: 'return' }, all)
        .rows.map((row) => row.return)
        .slice(-5),
    ).toEqual([2, null, null, null, null])
    expect(browser.slowest(2).map(({ timeMs }) => timeMs)).toEqual([4, 4])
  })

  it('filters by columns, by a batch or all that begin so, and by a part of the id as it is written', () => {
    using browser = openBrowser(mixed)
    const count = (filter: NonNullable<Parameters<typeof browser.totals>[0]>) => browser.page({ filter }, all).total
    expect([count({ batch: 'grpo/' }), count({ batch: 'grpo/1' }), count({ batch: 'grpo/10' })]).toEqual([4, 0, 3])
    expect([count({ success: 'yes' }), count({ success: 'no' }), count({ outcome: 'broken' })]).toEqual([6, 6, 2])
    expect([count({ stop: 'failed' }), count({ task: 'lost', outcome: 'unscored' })]).toEqual([2, 1])
    expect([count({ text: 'FLAKY/1' }), count({ text: '%' }), count({ text: '_' }), count({ text: "' OR 1" })]).toEqual(
      [1, 0, 0, 0],
    )
    expect(count({ task: '__proto__' })).toBe(0)
  })

  it('adds up, and says null where a sum is not known', () => {
    using browser = openBrowser(mixed)
    const totals = browser.totals({ batch: 'eval' })
    expect(totals).toMatchObject({
      trajectories: 12,
      returns: 12,
      return: 1,
      success: 0.5,
      steps: 60,
      costUsd: 6,
      timeMs: 30,
    })
    expect(browser.totals().outcomes).toEqual({ scored: 12, unscored: 1, broken: 2, cancelled: 0, overBudget: 1 })
    expect(browser.totals()).toMatchObject({ costUsd: null, stops: { terminated: 13, failed: 2, budget: 1 } })
    expect(browser.batches().map(({ batch, trajectories, success }) => [batch, trajectories, success])).toEqual([
      ['eval', 12, 0.5],
      ['grpo/9', 1, null],
      ['grpo/10', 3, null],
    ])
    expect(browser.rewards()).toEqual([
      { name: 'success', weight: 2, count: 12, judged: 12, mean: 0.5, min: 0, max: 1 },
      { name: 'neat', weight: 0, count: 12, judged: 12, mean: 0.25, min: 0, max: 0.5 },
    ])
    expect(browser.histogram('timeMs', { batch: 'eval' }, 2)).toEqual({ low: 1, high: 4, counts: [6, 6] })
    expect(browser.histogram('steps', {}, 10)).toEqual({ low: 5, high: 5, counts: [16] })
    expect(browser.histogram('return', { batch: 'grpo/' }, 3)).toEqual({ low: null, high: null, counts: [] })
    expect(browser.failures(5)).toEqual([{ boundary: 'env', message: 'no such host', count: 2, id: 'grpo/10/lost/0' }])
  })

  it('lays tasks out by attempts, the hard, the easy and the flaky first', () => {
    using browser = openBrowser(mixed)
    const order = (sort: 'order' | 'hardest' | 'easiest' | 'flakiest') =>
      browser.tasks({ sort }, all).tasks.map(({ task }) => task)
    expect(order('order')).toEqual(['easy', 'flaky', 'hard', 'lost', 'lost'])
    expect(order('hardest').slice(0, 3)).toEqual(['hard', 'flaky', 'easy'])
    expect(order('easiest').slice(0, 3)).toEqual(['easy', 'flaky', 'hard'])
    expect(order('flakiest')[0]).toBe('flaky')
    const page = browser.tasks({ sort: 'order', text: 'FLA' }, all)
    expect(page).toMatchObject({ total: 1, attempts: 4, tasks: [{ attempts: 4, scored: 4, success: 0.5, return: 1 }] })
    expect(page.tasks[0]!.cells.map(({ id, success }) => [id, success])).toEqual([
      ['eval/flaky/0', 0],
      ['eval/flaky/1', 1],
      ['eval/flaky/2', 0],
      ['eval/flaky/3', 1],
    ])
    expect(browser.tasks({ sort: 'order', batch: 'grpo/' }, { offset: 1, limit: 5 })).toMatchObject({
      total: 2,
      attempts: 3,
      tasks: [{ batch: 'grpo/10', scored: 0, success: null, cells: [{ outcome: 'broken' }, {}, { return: null }] }],
    })
    expect(browser.group('lost', 'grpo/10').map(({ attempt }) => attempt)).toEqual([0, 1, 2])
  })

  it('says what the statistics of the run say', async () => {
    using browser = openBrowser(mixed)
    await using store = storeIn(mixed)
    const rows = [...store.rows()]
    const groups = [...Map.groupBy(rows, ({ task }) => task).values()].map((of) => ({ trajectories: of.map(playedOf) }))
    expect(browser.summary()).toEqual(summarise(groups))
    expect(browser.summary().metrics['neat']?.mean).toBe(0.25)
    const curves = browser.passCurves('eval')
    expect(curves.map(({ k }) => k)).toEqual([1, 2, 3, 4])
    expect(curves[1]!.passAt).toBeCloseTo((1 + 5 / 6 + 0) / 3, 12)
    expect(curves[1]!.passHat).toBeCloseTo((1 + 1 / 6 + 0) / 3, 12)
  })

  it('follows a store that is written, and one whose rows are removed and played anew', async () => {
    const path = folder()
    await using store = storeIn(path)
    using browser = openBrowser(path)
    expect(browser.page({ sort: 'task' }, all)).toEqual({ total: 0, rows: [] })
    expect(browser.totals()).toMatchObject({ trajectories: 0, return: null, costUsd: 0 })
    expect([browser.batches(), browser.failures(3), browser.passCurves(), browser.rewards()]).toEqual([[], [], [], []])
    expect(browser.tasks({ sort: 'flakiest' }, all)).toEqual({
      ...{ total: 0, attempts: 0, tasks: [] },
      solved: { always: 0, sometimes: 0, never: 0, unscored: 0 },
    })
    expect(browser.summary().success).toEqual({ mean: null, low: null, high: null })
    const stamp = browser.stamp()
    expect(browser.stamp()).toBe(stamp)
    for (const n of [0, 1, 2]) await store.add(attempt(['a', 't', n], 0))
    expect(browser.stamp()).not.toBe(stamp)
    expect(browser.totals()).toMatchObject({ trajectories: 3, success: 0 })
    // The last one anew, under its own name and in its own place: rowids are given out again.
    store.remove({ batch: 'a' })
    for (const n of [0, 1, 2]) await store.add(attempt(['a', 't', n], 1, { timeMs: 9 }))
    expect(browser.totals()).toMatchObject({ trajectories: 3, success: 1 })
    await store.add(attempt(['a', 't', 0], 0.5))
    expect(browser.page({}, all).rows.map(({ id, success }) => [id, success])).toEqual([
      ['a/t/1', 1],
      ['a/t/2', 1],
      ['a/t/0', 0.5],
    ])
    store.remove({})
    expect(browser.page({}, all).total).toBe(0)
  })

  it('follows what another process writes, until it is killed', async () => {
    const path = folder()
    await storeIn(path)[Symbol.asyncDispose]()
    using browser = openBrowser(path)
    const script = join(import.meta.dirname, '../../test/store-writer.ts')
    const writer = spawn(process.execPath, [script, join(path, 'trajectories.sqlite')], { stdio: 'ignore' })
    const exited = once(writer, 'exit')
    const seen = [0]
    while (seen.at(-1)! < 300) {
      const stamp = browser.stamp()
      await expect.poll(() => browser.stamp(), { timeout: 20_000, interval: 5 }).not.toBe(stamp)
      const { total, rows } = browser.page({ sort: 'id' }, { offset: 0, limit: 1e6 })
      expect([rows.length, browser.totals().trajectories >= total]).toEqual([total, true])
      seen.push(total)
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    writer.kill('SIGKILL')
    await exited
    await using store = storeIn(path)
    expect(browser.page({}, { offset: 0, limit: 1e6 }).rows).toEqual([...store.rows()])
  })

  it('agrees with the store after any changes', async () => {
    const path = folder()
    const rng = random(7)
    await using store = storeIn(path)
    using browser = openBrowser(path)
    for (let round = 0; round < 60; round++) {
      const task = `t${rng.int(5)}`
      if (rng.next() < 0.15) store.remove(rng.next() < 0.5 ? { task } : { batch: `b${rng.int(3)}` })
      else await store.add(attempt([`b${rng.int(3)}`, task, rng.int(4)], rng.next(), { timeMs: round + 1 }))
      if (rng.next() < 0.4) expect(browser.page({}, all).rows).toEqual([...store.rows()])
    }
    expect(browser.page({}, all).rows).toEqual([...store.rows()])
  })

  it('says in a sentence what is wrong with a folder', () => {
    expect(() => openBrowser(join(root, 'none'))).toThrow('there is no store at')
    const path = folder()
    writeFileSync(join(path, 'trajectories.sqlite'), 'no database'.repeat(1000))
    expect(() => openBrowser(path)).toThrow('it is no store of Ludus')
  })
})

it('pairs two runs task by task', async () => {
  const [a, b] = await Promise.all([
    filled([attempt(['', 'x', 0], 0), attempt(['', 'x', 1], 1), attempt(['', 'y', 0], 1), attempt(['', 'z', 0], 1)]),
    filled([
      attempt(['', 'x', 0], 1),
      attempt(['', 'y', 0], 1),
      attempt(['', 'z', 0], broken('gone')),
      attempt(['', 'w', 0], 0),
    ]),
  ])
  using before = openBrowser(a)
  using after = openBrowser(b)
  const paired = pairedTasks(before.taskMeans(), after.taskMeans(), 'success')
  expect(paired.tasks).toEqual([
    { task: 'x', a: 0.5, b: 1, delta: 0.5 },
    { task: 'y', a: 1, b: 1, delta: 0 },
  ])
  expect(paired).toMatchObject({ wins: 1, ties: 1, losses: 0, onlyA: 1, onlyB: 1, delta: { mean: 0.25 } })
})
