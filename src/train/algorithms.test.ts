import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { taught } from '../../test/learners.ts'
import { played, talking } from '../../test/trajectories.ts'
import { type Datum, type Group, type Outcome, random, type Trajectory } from '../core/index.ts'
import { groupAdvantages, groupNormalised, grpo } from './grpo.ts'
import { type Paid, shuffledWithinGroups } from './lesson.ts'
import { groupMean, leaveOneOut, noBaseline, reinforce } from './reinforce.ts'
import { countSampled, sequencesOf } from './sequence.ts'
import { sft } from './sft.ts'

const sample = await played(undefined, talking())
const N = countSampled(sequencesOf(sample))
const options = { random: random(1), engine: { logprobs: async () => [] } }
const group = (...returns: (number | null)[]): Group => ({
  task: { id: 't', data: null },
  trajectories: returns.map((paid): Trajectory => {
    const outcome: Outcome =
      paid === null
        ? { kind: 'broken', failure: { boundary: 'model', message: 'down' } }
        : { kind: 'scored', return: paid }
    return { ...sample, outcome }
  }),
})
const processAdvantages = (paid_G: readonly Paid[]): number[][] =>
  groupAdvantages([paid_G], { supervision: 'process' })[0]!
const weightsOf = ({ batches }: { batches: readonly (readonly Datum[])[] }): number[] =>
  batches.flat().map(({ weights }) => weights.find((w) => w !== 0) ?? 0)
const close = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 5))
}

describe('advantages', () => {
  it('are what their formulas say', () => {
    close(groupNormalised([1, 0, 0, 1]), [1, -1, -1, 1])
    close(groupNormalised([3, 3, 3]), [0, 0, 0])
    close(groupMean([4, 2]), [1, -1])
    close(leaveOneOut([4, 2, 0]), [3, 0, -3])
    close(leaveOneOut([5]), [0])
    close(noBaseline([4, 2]), [4, 2])
  })

  it('of process supervision are sums from a step on', () => {
    const paid = (...steps_T: number[]): Paid => ({ return: steps_T.reduce((a, b) => a + b, 0), steps_T })
    const [a, b] = processAdvantages([paid(0, 0, 1), paid(0)])
    // Four rewards with mean 1/4 and standard deviation √3/4.
    const [low, high] = [-1 / Math.sqrt(3), Math.sqrt(3)]
    close(a!, [low + low + high, low + high, high])
    close(b!, [low])
    expect(processAdvantages([paid(-1, -1), paid(-1)])).toEqual([[0, 0], [0]])
    // In a single turn it is outcome supervision.
    close(processAdvantages([paid(3), paid(1), paid(0)]).flat(), groupNormalised([3, 1, 0]))
  })

  it('of a group sum to nothing, and do not mind where returns begin', () => {
    const returns = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(returns, fc.integer({ min: -50, max: 50 }), (paid, shift) => {
        for (const advantages of [groupNormalised, groupMean, leaveOneOut]) {
          const a = advantages(paid)
          expect(Math.abs(a.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-6)
          if (advantages !== groupNormalised) close(advantages(paid.map((r) => r + shift)), a)
        }
      }),
    )
  })
})

describe('a lesson', () => {
  it('weighs every sampled token of an attempt by its advantage over the batch’s tokens', async () => {
    const lesson = await taught(grpo(), [group(1, 0), group(0, 4)])
    close(
      weightsOf(lesson),
      [1, -1, -1, 1].map((a) => a / (4 * N)),
    )
    for (const datum of lesson.batches.flat()) {
      const { sampled } = sequencesOf(sample)[0]!
      expect(datum.weights.map((w) => w !== 0)).toEqual(sampled.map((logprob) => logprob !== null))
    }
  })

  it('leaves out members without a score before it compares, and says so', async () => {
    const lesson = await taught(grpo(), [group(1, null, 0), group(2, 2), group(null, 5)])
    close(weightsOf(lesson), [1 / (2 * N), -1 / (2 * N)])
    expect(lesson.skipped).toEqual({ unscored: 2, 'no spread in the group': 3 })
    expect((await taught(grpo(), [group(3, 3)])).batches).toEqual([])
  })

  it('of process supervision weighs a token by what came after it, the verdict at the end', async () => {
    const steps = sample.steps.map((step, i) => ({ ...step, reward: -i }))
    const scored = { kind: 'scored', return: 0 } as const
    const rewards = { success: { value: 1, weight: 5 }, length: { value: 9, weight: 0 } }
    const trajectories = [{ ...sample, steps, rewards, outcome: scored }]
    const paid = steps.map((_, i) => (i === steps.length - 1 ? 5 - i : -i))
    const [advantages] = processAdvantages([{ return: 0, steps_T: paid }])
    const groups = [{ task: { id: 't', data: null }, trajectories }]
    const data = (await taught(grpo({ supervision: 'process' }), groups)).batches.flat()
    const sequences = sequencesOf(sample)
    expect(data.map(({ tokens }) => tokens)).toEqual(sequences.map(({ tokens }) => tokens))
    expect(new Set(sequences.flatMap((sequence) => sequence.steps)).size).toBe(steps.length)
    for (const [s, { weights }] of data.entries()) {
      const { sampled, steps: stepOf } = sequences[s]!
      close(
        weights,
        sampled.map((logprob, i) => (logprob === null ? 0 : advantages![stepOf[i]!]! / N)),
      )
    }
  })

  it('of REINFORCE has the baseline it was given', async () => {
    close(weightsOf(await taught(reinforce(), [group(4, 2, 0)])), [3 / (2 * N), -3 / (2 * N)])
    close(weightsOf(await taught(reinforce({ baseline: noBaseline }), [group(4, 2)])), [4 / (2 * N), 2 / (2 * N)])
  })

  it('with shuffled rewards hands the same returns to other members', () => {
    const seen: number[][] = []
    const spy = shuffledWithinGroups((groups, options) => {
      for (const { trajectories } of groups)
        seen.push(trajectories.map(({ outcome }) => (outcome.kind === 'scored' ? outcome.return : Number.NaN)))
      return reinforce()([], options)
    })
    const paid = [1, 2, 3, 4, 5, 6, 7, 8]
    for (let i = 0; i < 5; i++) spy([group(...paid)], options)
    for (const returns of seen) expect(returns.toSorted()).toEqual(paid)
    expect(new Set(seen.map(String)).size).toBeGreaterThan(1)
  })

  it('with shuffled rewards hands what steps paid to other steps of the group', () => {
    const steps = (from: number) => sample.steps.map((step, i) => ({ ...step, reward: from + i }))
    const trajectories = [0, 100].map((from) => ({ ...sample, steps: steps(from) }))
    const rewardsOf = (all: readonly Trajectory[]) => all.map((t) => t.steps.map(({ reward }) => reward))
    let seen: number[][] = []
    shuffledWithinGroups((groups, options) => {
      seen = rewardsOf(groups[0]!.trajectories)
      return reinforce()([], options)
    })([{ task: { id: 't', data: null }, trajectories }], options)
    expect(seen.flat().toSorted()).toEqual(rewardsOf(trajectories).flat().toSorted())
    expect(seen[0]).not.toEqual(rewardsOf(trajectories)[0])
    expect(seen[0]!.some((reward) => reward >= 100)).toBe(true)
  })

  it('of SFT is the mean over a minibatch’s tokens, and goes through everything so often', async () => {
    const { batches } = await taught(sft({ minibatch: 2, epochs: 3 }), [group(1, 0, null)])
    expect(batches.map((data) => data.length)).toEqual([2, 2, 2, 2, 1])
    for (const data of batches) expect(data.flatMap(({ weights }) => weights).reduce((a, b) => a + b)).toBeCloseTo(1, 9)
  })
})
