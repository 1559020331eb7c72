import { describe, expect, it } from 'vitest'
import { assistant, type EnvSpec, rollout, successOf, type Task, type Trajectory } from '../core/index.ts'
import { arithmetic, gameEnv } from '../environments/index.ts'
import { noisyOracle, scriptedModel } from '../models/index.ts'
import { vote } from './vote.ts'

/** Two turns to think, and then an answer. */
const quiz: EnvSpec<string> = gameEnv<number, string>({
  id: 'quiz@1',
  tasks: () => [...'abcd'].map((id) => ({ id, data: id })),
  limits: { steps: 3 },
  rules: 'Say a, b, c or d; the third counts.',
  start: () => 0,
  show: (turn) => `turn ${turn}`,
  play: (turn, said, { data }) =>
    turn < 2 ? { state: turn + 1 } : { state: said === data ? 10 : 9, says: 'over', end: 'terminated' },
  success: (state) => (state === 10 ? 1 : 0),
  best: (_, right) => right,
  guess: (_, random) => random.pick([...'abcd']),
})

/**
 * How often the right answer wins of n, where it is given with probability p, each of m others is as likely as the
 * next, and the first of those that tie wins: the sum of the multinomial over how often it was given (k) and how many
 * others were given as often (t).
 */
function predicted(n: number, p: number, m: number): number {
  const choose = (of: number, k: number): number => (k === 0 ? 1 : (choose(of - 1, k - 1) * of) / k)
  /** In how many ways r votes fall on so many others, each less than k times. */
  const ways = (others: number, r: number, k: number): number => {
    if (others === 0) return r === 0 ? 1 : 0
    let sum = 0
    for (let i = 0; i < k && i <= r; i++) sum += choose(r, i) * ways(others - 1, r - i, k)
    return sum
  }
  let total = 0
  for (let k = 1; k <= n; k++) {
    for (let t = 0; t <= m && t * k <= n - k; t++) {
      let tied = choose(m, t)
      for (let i = 0; i < t; i++) tied *= choose(n - k - i * k, k)
      const left = n - k - t * k
      total += (choose(n, k) * p ** k * ((1 - p) / m) ** (n - k) * tied * ways(m - t, left, k)) / (t + 1)
    }
  }
  return total
}

async function successes<D>(spec: EnvSpec<D>, agent: ReturnType<typeof vote>, noise: number, attempts: number) {
  const tasks = spec.tasks('test') as Iterable<Task<D>>
  const groups = await Array.fromAsync(rollout(spec, agent, tasks, { model: noisyOracle(spec, noise), attempts }))
  return groups.flatMap(({ trajectories }) => trajectories.map((one) => successOf(one)!))
}

async function matches(found: readonly number[], p: number): Promise<void> {
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length
  expect(Math.abs(mean - p), `${mean} of ${found.length}, and ${p} was predicted`).toBeLessThan(
    3 * Math.sqrt((p * (1 - p)) / found.length),
  )
}

describe('vote', () => {
  it('has a prediction that is the binomial where there is one other answer, and counts ties', () => {
    expect(predicted(1, 0.6, 3)).toBeCloseTo(0.6, 12)
    expect(predicted(3, 0.6, 1)).toBeCloseTo(0.6 ** 3 + 3 * 0.6 ** 2 * 0.4, 12)
    expect(predicted(2, 0.6, 1)).toBeCloseTo(0.36 + 0.24, 12)
    expect(predicted(5, 0.25, 3)).toBeCloseTo(0.25, 12)
  })

  it.each([1, 2, 3, 5, 9])('among %i answers is right as often as the multinomial says', async (voters) => {
    // One digit: 28 numbers from the least to the largest.
    await matches(await successes(arithmetic({ digits: 1 }), vote({ voters }), 0.6, 20), predicted(voters, 0.4, 27))
  })

  it.each([1, 3, 7])('among %i branches is right as often as the multinomial says', async (voters) => {
    const agent = vote({ voters, on: 'branches' })
    await matches(await successes(quiz, agent, 0.5, 150), predicted(voters, 0.5, 3))
  })

  const one = async (spec: EnvSpec<never>, agent: ReturnType<typeof vote>, script: string[]): Promise<Trajectory> => {
    const [task] = [...(spec.tasks('test') as Iterable<Task<never>>)]
    const [group] = await Array.fromAsync(rollout(spec, agent, [task!], { model: scriptedModel(script) }))
    return group!.trajectories[0]!
  }

  it('counts what comes to the same as one, and the first of equals wins', async () => {
    const spec = arithmetic({ digits: 1 }) as EnvSpec<never>
    const said = async (agent: ReturnType<typeof vote>, script: string[]) =>
      (await one(spec, agent, script)).steps.map(({ action }) => action.content)
    expect(await said(vote({ voters: 3 }), ['7', 'Six ', 'six'])).toEqual(['Six '])
    expect(await said(vote({ voters: 4 }), ['7', '6', '6', '7'])).toEqual(['7'])
    const digits = vote({ voters: 3, same: ({ content }) => content.replace(/\D/g, '') })
    expect(await said(digits, ['about 7', '6', '7!'])).toEqual(['about 7'])
    expect(() => vote({ voters: 0 })).toThrow('the number of voters is a whole number from 1, not 0')
  })

  it('plays a branch of the majority, and keeps all of them on the record', async () => {
    const played = await one(quiz as EnvSpec<never>, vote({ voters: 3, on: 'branches' }), [
      ...'dda',
      ...'abc',
      ...'bba',
    ])
    expect(played.steps.map(({ action }) => action)).toEqual(['d', 'd', 'a'].map(assistant))
    expect(played.steps.flatMap(({ calls }) => calls)).toEqual([])
    const [search] = played.branches
    const ends = search!.branches.map(({ steps }) => steps.map(({ action }) => action.content).join(''))
    expect(ends).toEqual(['dda', 'abc', 'bba'])
  })
})
