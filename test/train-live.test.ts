/** A training run under way: what it leaves in its folder, and what it can be told, through the command line. */
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { callsOf } from '../src/core/index.ts'
import { learnedFrom, MEASUREMENTS, type Measurement, measurementsIn, openRun } from '../src/data/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-train-live-'))
afterAll(() => rmSync(folder, { recursive: true }))
const main = join(import.meta.dirname, '../src/cli/main.ts')
const runs = join(folder, 'runs')
const ludus = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--runs', runs, '--json'])
  return JSON.parse(stdout)
}
const refused = (...args: string[]): Promise<{ stderr: string }> => ludus(...args).catch((error) => error)

const small = ['--imitation-steps', '1500', '--steps', '600', '--width', '32', '--layers', '1']
const args = ['train', 'arithmetic:1', ...small]
const measured = (name: string): readonly Measurement[] => measurementsIn(join(runs, name)).entries

/** One that is being trained: `ready` once it has a measurement, `code` when it is over. */
function begun(name: string, ...more: string[]): { ready: Promise<void>; code: Promise<number> } {
  const child = spawn(process.execPath, [main, ...args, ...more, '--runs', runs], { stdio: 'ignore' })
  const code = new Promise<number>((resolve) => child.once('close', resolve))
  const ready = async (): Promise<void> => {
    while (!existsSync(join(runs, name, MEASUREMENTS))) await setTimeout(20)
  }
  return { ready: ready(), code }
}

it('a pause changes nothing of what comes of it', { timeout: 120_000 }, async () => {
  const name = 'train-arithmetic-1-1'
  const over = begun(name)
  await over.ready
  expect(await ludus('ctl', name, 'pause')).toMatchObject({ state: 'paused', concurrency: 128 })
  let status = await ludus('ctl', name, 'status')
  while (status.inFlight > 0) status = await ludus('ctl', name, 'status')
  expect(status).toMatchObject({ total: 1500 + 3 * 600, unit: 'environment steps', budgets: [] })
  // What was sampled before is still being counted, and waits with its updates.
  await setTimeout(300)
  const { done } = await ludus('ctl', name, 'status')
  const rounds = measured(name).length
  await setTimeout(700)
  expect(await ludus('ctl', name, 'status')).toMatchObject({ state: 'paused', done })
  expect(measured(name).length).toBe(rounds)
  expect((await refused('ctl', name, 'budget', '3')).stderr).toContain('spends no money')
  expect(await ludus('ctl', name, 'concurrency', '5')).toMatchObject({ state: 'paused', concurrency: 5 })
  await ludus('ctl', name, 'concurrency', '128')
  expect(await ludus('ctl', name, 'resume')).toMatchObject({ state: 'running', concurrency: 128 })
  expect(await over.code).toBe(0)

  const straight = await ludus(...args)
  const { result } = await ludus('show', name)
  expect([result.arms, result.comparisons]).toEqual([straight.arms, straight.comparisons])
  const lasting = (one: Measurement): object => ({ ...one, at: 0, values: { ...one.values, 'tokens/s': 0 } })
  expect(measured(name).map(lasting)).toEqual(measured('train-arithmetic-1-2').map(lasting))
})

it('what was learned of every token lies beside what was said', async () => {
  await using run = openRun('train-arithmetic-1-1', runs)
  const rounds = Map.groupBy(run.store.trajectories(), ({ batch }) => batch)
  const learned = (batch: string) =>
    rounds.get(batch)!.map((trajectory) => ({ trajectory, updates: learnedFrom(run.path, trajectory.id) }))

  // Imitation: everything in each of two epochs, made of text, with a weight of 1 over the tokens of the update.
  const imitated = learned('seed-0/imitation/1')
  expect(imitated.length).toBe(128)
  const total = imitated.reduce((sum, { updates }) => sum + updates[0]!.calls[0]!.weights.length, 0)
  for (const { updates } of imitated) {
    expect(updates.map(({ arm, round, update }) => [arm, round, update])).toEqual([
      ['imitation', 1, 1],
      ['imitation', 1, 2],
    ])
    for (const { calls } of updates) {
      const [{ weights, advantages, tokens } = { weights: [], advantages: null }] = calls.map((call) => call!)
      for (const weight of weights) expect(weight).toBeCloseTo(1 / total, 7)
      expect([advantages, tokens?.length]).toEqual([null, weights.length])
    }
  }

  // GRPO: what was paid above the group's mean is pushed, what was paid below is held back; ties teach nothing.
  const batches = [...rounds.keys()].filter((batch) => /^seed-0\/grpo\/\d+$/.test(batch))
  const sampled = batches.flatMap(learned)
  const taught = sampled.filter(({ updates }) => updates.length > 0)
  expect(taught.length).toBeGreaterThan(0)
  expect(taught.length).toBeLessThan(sampled.length)
  for (const { trajectory, updates } of taught) {
    const { completion, entropies } = callsOf(trajectory)[0]!.completion.tokens!
    const [{ calls }, ...more] = updates as [(typeof updates)[0]]
    const { weights, advantages, tokens } = calls[0]!
    expect([more.length, weights.length, advantages!.length, entropies!.length, tokens]).toEqual([
      ...[0, completion.length, completion.length, completion.length, undefined],
    ])
    const good = trajectory.outcome.kind === 'scored' && trajectory.outcome.return === 1
    expect(weights.every((weight) => (good ? weight > 0 : weight < 0))).toBe(true)
    expect(advantages!.every((advantage) => (good ? advantage > 0 : advantage < 0))).toBe(true)
  }
  expect(learnedFrom(run.path, rounds.get('seed-0/grpo/sampled')![0]!.id)).toEqual([])
})

it('every round of every seed is measured, until somebody cancels the run', { timeout: 120_000 }, async () => {
  const name = 'train-arithmetic-1-3'
  const over = begun(name, '--seeds', '2')
  await over.ready
  if (availableParallelism() > 1)
    expect((await refused('ctl', name, 'concurrency', '1')).stderr).toContain('2 seeds are trained at once')
  const enough = (): boolean => new Set(measured(name).map(({ arm }) => arm)).has('grpo')
  while (!enough()) await setTimeout(20)
  await ludus('ctl', name, 'pause')
  await ludus('ctl', name, 'cancel')
  expect(await over.code).toBe(1)
  expect((await ludus('show', name)).state).toBe('cancelled')

  const all = Map.groupBy(measured(name), ({ arm, seed }) => `${seed}: ${arm}`)
  for (const [i, one] of [...all.values()].flatMap((some) => [...some.entries()])) expect(one.round).toBe(i)
  const [start, ...rounds] = all.get('0: imitation') ?? []
  expect(start).toMatchObject({
    envSteps: 0,
    budget: 1500,
    values: {},
    held: { success: { mean: expect.any(Number) } },
  })
  // The expert's tokens are nobody's that is trained: it has no entropy.
  expect(Object.keys(rounds[0]!.values)).toEqual(['loss', 'grad norm', 'success', 'return', 'steps', 'tokens/s'])
  expect(rounds.at(-1)).toMatchObject({ envSteps: 1536, held: { return: { low: expect.any(Number) } } })
  const [played] = measured(name).filter(({ arm, round }) => arm === 'grpo' && round === 1)
  const { entropy, steps, success, ...others } = played!.values
  expect([steps, Math.sign(entropy!), success! >= 0 && success! <= 1]).toEqual([1, 1, true])
  expect(entropy).toBeLessThan(Math.log(1000))
  expect(others).toMatchObject({ 'completion tokens': expect.any(Number), 'skipped unscored': 0 })
})
