import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attempt,
  groupOf,
  type Judged,
  numericGradient,
  type TablePolicy,
  tablePolicy,
  taught,
} from '../../test/learners.ts'
import { type Datum, type Group, random, type Trajectory } from '../core/index.ts'
import { groupAdvantages, grpo } from './grpo.ts'
import { type KlEstimator, klEstimators } from './kl.ts'
import { clippedSlope } from './policy-gradient.ts'
import { noBaseline, reinforce } from './reinforce.ts'

const V = 4
const old = tablePolicy(V, random(1))
const frozen = tablePolicy(V, random(2))
const close = (a: readonly number[], b: readonly number[], digits = 6): void => {
  expect(a).toHaveLength(b.length)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, digits))
}

/** Two turns in one sequence: what was sampled stands at the places 1, 2 and from 4 on. */
const said = (tokens: readonly number[], judged: Judged, finish: 'stop' | 'length' = 'stop'): Trajectory =>
  attempt(
    [
      { prompt: tokens.slice(0, 1), completion: tokens.slice(1, 3), policy: old },
      { prompt: tokens.slice(0, 4), completion: tokens.slice(4), policy: old, finish },
    ],
    judged,
  )
const sampledPlaces = (tokens: readonly number[]): number[] => tokens.flatMap((_, i) => (i === 0 || i === 3 ? [] : [i]))

const texts = [
  [0, 1, 2, 3, 0, 1],
  [0, 2, 2, 1, 3],
  [1, 0, 3, 2, 2, 2, 1],
  [1, 3, 1, 0, 0],
]
const paid = [3, 1, 2, 6]
const attempts = texts.map((tokens, i) => said(tokens, { paid: paid[i]! }))
const groups = [groupOf(attempts.slice(0, 2)), groupOf(attempts.slice(2))]
// Each group of two, normalised: standard deviations of 1 and 2, and what keeps them from 0.
const advantage = [1, -1, -2, 2].map((off) => off / (Math.abs(off) + 1e-6))

interface Setting {
  readonly aggregation: 'token' | 'sequence' | { readonly constant: number }
  readonly estimator?: KlEstimator
}
const EPSILONS = { epsilonLow: 0.2, epsilonHigh: 0.28 }
const BETA = 0.3

/** The negative objective, from the papers' formulas. */
function lossOf(policy: TablePolicy, { aggregation, estimator }: Setting): number {
  const terms = texts.map((tokens, a) =>
    sampledPlaces(tokens).map((i) => {
      const ratio = Math.exp(policy.logprob(tokens, i) - old.logprob(tokens, i))
      const clip = Math.min(Math.max(ratio, 1 - EPSILONS.epsilonLow), 1 + EPSILONS.epsilonHigh)
      const inverse = Math.exp(frozen.logprob(tokens, i) - policy.logprob(tokens, i))
      const k = { k1: -Math.log(inverse), k2: Math.log(inverse) ** 2 / 2, k3: inverse - Math.log(inverse) - 1 }
      return Math.min(ratio * advantage[a]!, clip * advantage[a]!) - (estimator ? BETA * k[estimator] : 0)
    }),
  )
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const G = texts.length
  if (aggregation === 'token') return -sum(terms.flat()) / terms.flat().length
  if (aggregation === 'sequence') return -sum(terms.map((values) => sum(values) / values.length)) / G
  return -sum(terms.flat()) / (G * aggregation.constant)
}

describe('the clipped surrogate', () => {
  const estimators = [undefined, 'k1', 'k2', 'k3'] as const
  const aggregations = ['token', 'sequence', { constant: 7 }] as const
  const settings = estimators.flatMap((estimator) => aggregations.map((aggregation) => ({ estimator, aggregation })))
  it.each(settings)(
    'has the gradient of the papers’ loss, update after update: $estimator, $aggregation',
    async ({ estimator, aggregation }) => {
      const policy = tablePolicy(V, random(3))
      const setting = { aggregation, ...(estimator && { estimator }) }
      const kl = estimator && { kl: { estimator, coefficient: BETA, reference: frozen } }
      let updates = 0
      const update = (data: readonly Datum[]): void => {
        const gradient = policy.gradient(data)
        close(
          gradient,
          numericGradient(policy, () => lossOf(policy, setting)),
        )
        for (const [i, slope] of gradient.entries()) policy.logits[Math.floor(i / V)]![i % V]! -= slope
        updates++
      }
      const learner = grpo({ aggregation, ...EPSILONS, epochs: 3, ...kl })
      const { figures } = await taught(learner, groups, { engine: policy, update })
      expect(updates).toBe(3)
      expect(figures['clipped']).toBeGreaterThan(0)
      expect(figures['clipped']).toBeLessThan(1)
      expect(Object.keys(figures)).toEqual(['ratio', 'clipped', ...(estimator ? ['kl'] : [])])
    },
  )

  it('is the plain policy gradient where the ratio is 1, however narrow the clip', async () => {
    const positive = fc.double({ min: 1e-6, max: 1, noNaN: true })
    const number = fc.double({ min: -10, max: 10, noNaN: true })
    fc.assert(
      fc.property(positive, positive, number, (epsilonLow, epsilonHigh, advantage) => {
        expect(clippedSlope(1, advantage, { epsilonLow, epsilonHigh })).toBe(advantage)
      }),
    )
    const plain = await taught(grpo(), groups)
    const asked = await taught(grpo({ epochs: 2, ...EPSILONS }), groups, { engine: old })
    for (const batch of asked.batches) expect(batch).toEqual(plain.batches[0])
    expect(asked.figures).toEqual({ ratio: 1, clipped: 0 })
    expect(plain.figures).toEqual({})
  })

  it('stops a token where its ratio went too far in the direction its advantage wants, and there alone', () => {
    const clip = { epsilonLow: 0.2, epsilonHigh: 0.28 }
    expect([1.27, 1.29, 0.5].map((ratio) => clippedSlope(ratio, 2, clip))).toEqual([2.54, 0, 1])
    expect([0.81, 0.79, 1.5].map((ratio) => clippedSlope(ratio, -2, clip))).toEqual([-1.62, 0, -3])
  })

  it('reports the mean ratio, what was clipped and the divergence', async () => {
    // One token a turn; twice as likely under the policy now, the same under the reference.
    const two = [1, 0].map((reward) => said([0, 1, 1, 1, 1], { paid: reward }))
    const engine = {
      logprobs: async () => two.map(() => [0, 1, 1, 1, 1].map((t) => old.logprob([1, t], 1) + Math.log(2))),
    }
    const base = old.logprob([1, 1], 1)
    const reference = { logprobs: async () => two.map(() => [0, 1, 1, 1, 1].map(() => base)) }
    const kl = { estimator: 'k1', coefficient: 0, reference } as const
    const first = old.logprob([0, 1], 1)
    const { figures } = await taught(grpo({ kl }), [groupOf(two)], { engine })
    const ratios = [2 * Math.exp(base - first), 2, 2]
    expect(figures['ratio']).toBeCloseTo(ratios.reduce((a, b) => a + b) / 3, 9)
    expect(figures['clipped']).toBeCloseTo(
      ratios.filter((ratio) => ratio > 1.2).length / 6 + (ratios[0]! < 0.8 ? 1 / 6 : 0),
      9,
    )
    expect(figures['kl']).toBeCloseTo(Math.log(2), 9)
  })

  it('reports how old what it learns from is, in updates, where calls and engine say', async () => {
    const two = [3, 5].map((policyVersion, i) =>
      attempt(
        [
          { prompt: [0], completion: [1], policy: old, policyVersion },
          // Somebody else's, and no affair of the policy's.
          { prompt: [2], completion: [2], policy: old, policyVersion: 0, role: 'judge' },
        ],
        { paid: i },
      ),
    )
    let version = 6
    const engine = {
      logprobs: old.logprobs,
      get version() {
        return version
      },
    }
    // Ages 3 and 1, then after the first update 4 and 2.
    const learner = grpo({ epochs: 2 })
    const { figures } = await taught(learner, [groupOf(two)], { engine, update: () => void version++ })
    expect(figures['age']).toBe(2.5)
    expect(figures['ratio']).toBe(1)
    const silent = [0, 1].map((reward) => attempt([{ prompt: [0], completion: [1], policy: old }], { paid: reward }))
    expect((await taught(learner, [groupOf(silent)], { engine })).figures).not.toHaveProperty('age')
    expect((await taught(learner, [groupOf(two)], { engine: old })).figures).not.toHaveProperty('age')
  })

  it('refuses ratios to log-probabilities that nobody captured', async () => {
    const unknown = [1, 0].map((reward) => attempt([{ prompt: [0], completion: [1] }], { paid: reward }))
    await expect(taught(grpo({ epochs: 2 }), [groupOf(unknown)], { engine: old })).rejects.toThrow(
      'b/t/0: the log-probabilities its tokens were sampled with were not captured, so there is no ratio to them',
    )
    expect((await taught(grpo(), [groupOf(unknown)])).batches).toHaveLength(1)
    const warm = attempts.slice(0, 2).map((whole) => ({
      ...whole,
      steps: whole.steps.map((step) => ({
        ...step,
        calls: step.calls.map((call) => ({ ...call, request: { messages: [], sampling: { temperature: 0.7 } } })),
      })),
    }))
    await expect(taught(grpo({ epochs: 2 }), [groupOf(warm)], { engine: old })).rejects.toThrow(
      'b/t/0: it was played at temperature 0.7, and only what was sampled at 1 compares with the policy',
    )
  })

  it('refuses what cannot be meant, with the value', () => {
    expect(() => grpo({ epsilonLow: -1 })).toThrow('not at -1 below')
    expect(() => grpo({ aggregation: { constant: 0 } })).toThrow('not by 0')
    expect(() => grpo({ kl: { estimator: 'k3', coefficient: -0.5 } })).toThrow('not -0.5')
    return expect(taught(grpo({ minibatch: 0 }), groups, { engine: old })).rejects.toThrow("'minibatch' is 0")
  })
})

describe('minibatches', () => {
  it('go through every attempt once an epoch, in a new order, each a mean of its own', async () => {
    const { batches } = await taught(grpo({ minibatch: 3, epochs: 2 }), groups, { engine: old })
    expect(batches.map((data) => data.length)).toEqual([3, 3, 2])
    const counts = new Map<string, number>()
    for (const { tokens } of batches.flat()) counts.set(tokens.join(), (counts.get(tokens.join()) ?? 0) + 1)
    expect([...counts.values()]).toEqual([2, 2, 2, 2])
    const orders = await taught(grpo({ minibatch: 4, epochs: 6 }), groups, { engine: old })
    expect(
      new Set(orders.batches.map((data) => data.map(({ tokens }) => tokens.join()).join(' '))).size,
    ).toBeGreaterThan(2)
    for (const data of batches) {
      const places = data.flatMap(({ tokens }) => sampledPlaces(tokens)).length
      for (const weight of data.flatMap(({ weights }) => weights).filter((w) => w !== 0))
        expect(Math.abs(weight)).toBeCloseTo(1 / places, 5)
    }
  })
})

describe('which attempts count', () => {
  const weights = (data: readonly Datum[] | undefined): number[] => data?.map((datum) => datum.weights[1]!) ?? []
  const same = groupOf([said(texts[0]!, { paid: 2 }), said(texts[1]!, { paid: 2 })])
  const mixed = groupOf([said(texts[0]!, { paid: 1 }), said(texts[1]!, { paid: 0 })])

  it('is those of groups with spread, unless dynamic sampling is off', async () => {
    const on = await taught(grpo(), [same, mixed])
    close(weights(on.batches[0]), [1 / 7, -1 / 7], 5)
    expect(on.skipped).toEqual({ unscored: 0, 'no spread in the group': 2 })
    const off = await taught(grpo({ dynamicSampling: false }), [same, mixed])
    close(weights(off.batches[0]), [0, 0, 1 / 14, -1 / 14], 5)
    expect(off.skipped).toEqual({ unscored: 0, 'no spread in the group': 0 })
  })

  it('takes none of a group whose equal rewards round to a mean beside them', async () => {
    const tenths = groupOf([0.1, 0.1, 0.1].map((reward) => said(texts[0]!, { paid: reward })))
    expect((await taught(grpo(), [tenths])).batches).toEqual([])
  })

  it('leaves out what a limit cut off when told to, after comparing with it', async () => {
    const cut: Group = groupOf([
      said(texts[0]!, { paid: 1 }),
      said(texts[1]!, { paid: 0, stop: 'steps' }),
      said(texts[3]!, { paid: 1 }, 'length'),
      said(texts[1]!, { paid: 0 }),
    ])
    const { batches, skipped } = await taught(grpo({ overlongFiltering: true }), [cut])
    close(weights(batches[0]), [1 / 7, -1 / 7], 5)
    expect(skipped).toEqual({ unscored: 0, 'no spread in the group': 0, 'cut off by a limit': 2 })
    expect((await taught(grpo(), [cut])).batches[0]).toHaveLength(4)
  })
})

describe('advantages of a batch', () => {
  const of = (...returns_BG: number[][]) =>
    returns_BG.map((returns) => returns.map((r) => ({ return: r, steps_T: [r] })))
  const advantages = (returns_BG: number[][], options: Parameters<typeof groupAdvantages>[1]): number[] =>
    groupAdvantages(of(...returns_BG), options).flat(2)

  it('are what each normalisation says', () => {
    // All: mean 3, variance (9 + 1 + 1 + 9) / 4 = 5. Groups: means 1 and 5, standard deviations 1.
    const returns = [
      [0, 2],
      [4, 6],
    ]
    const batch = Math.sqrt(5)
    close(advantages(returns, {}), [-1, 1, -1, 1], 5)
    close(advantages(returns, { normalisation: 'group' }), [-1, 1, -1, 1], 5)
    close(advantages(returns, { normalisation: 'none' }), [-1, 1, -1, 1])
    close(advantages([[0, 4, 8]], { normalisation: 'none' }), [-4, 0, 4])
    close(
      advantages(returns, { normalisation: 'batch' }),
      [-3, -1, 1, 3].map((d) => d / batch),
      5,
    )
    close(
      advantages(returns, { normalisation: 'group-mean-batch-std' }),
      [-1, 1, -1, 1].map((d) => d / batch),
      5,
    )
  })

  it('are measured without the groups that dynamic sampling drops', () => {
    const returns = [
      [0, 2],
      [7, 7],
    ]
    close(advantages(returns, { normalisation: 'batch' }), [-1, 1, 0, 0], 5)
    const off = advantages(returns, { normalisation: 'batch', dynamicSampling: false })
    close(
      off,
      [-4, -2, 3, 3].map((d) => d / Math.sqrt(9.5)),
      5,
    )
  })

  it('sum to nothing in every group, and in the batch where that is what they are measured by', () => {
    const reward = fc.integer({ min: -20, max: 20 })
    const batch = fc.array(fc.array(reward, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
    fc.assert(
      fc.property(batch, fc.boolean(), (returns, dynamicSampling) => {
        for (const normalisation of ['group', 'none', 'group-mean-batch-std'] as const)
          for (const group of groupAdvantages(of(...returns), { normalisation, dynamicSampling }))
            expect(sum(group.flat())).toBeCloseTo(0, 6)
        expect(sum(advantages(returns, { normalisation: 'batch', dynamicSampling }))).toBeCloseTo(0, 6)
      }),
    )
  })

  it('of process supervision are normalised over steps, whatever by', () => {
    const paid_BG = [[{ return: 4, steps_T: [1, 3] }], [{ return: 8, steps_T: [8] }]]
    // All steps: mean 4, variance (9 + 1 + 16) / 3. The second group has but one reward.
    const std = Math.sqrt(26 / 3)
    const options = { supervision: 'process', normalisation: 'batch', dynamicSampling: false } as const
    close(groupAdvantages(paid_BG, options).flat(2), [-4 / std, -1 / std, 4 / std], 5)
    close(groupAdvantages(paid_BG, { supervision: 'process' }).flat(2), [0, 1, 0], 5)
  })
})

describe('KL estimators', () => {
  const distance = fc.double({ min: -20, max: 20, noNaN: true })

  it('are 0 where the policies are the same, and k2 and k3 are never below', () => {
    for (const estimate of Object.values(klEstimators)) expect(estimate(0).value).toBe(0)
    fc.assert(
      fc.property(distance, (d) => {
        expect(klEstimators.k2(d).value).toBeGreaterThanOrEqual(0)
        expect(klEstimators.k3(d).value).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  it('have the slopes of their values', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (d) => {
        for (const estimate of Object.values(klEstimators)) {
          const slope = (estimate(d + 1e-5).value - estimate(d - 1e-5).value) / 2e-5
          expect(estimate(d).slope).toBeCloseTo(slope, 5)
        }
      }),
    )
  })

  it('have the divergence for their mean; their slopes are the gradients of what they say', () => {
    const [p, q] = [tablePolicy(V, random(5)), tablePolicy(V, random(6))]
    const tokens = [0, 1, 2, 3]
    const kl = (): number =>
      tokens.reduce((sum, t) => {
        const [a, b] = [p.logprob([0, t], 1), q.logprob([0, t], 1)]
        return sum + Math.exp(a) * (a - b)
      }, 0)
    const expected = (name: KlEstimator, of: 'value' | 'slope'): Datum[] =>
      tokens.map((t) => {
        const [a, b] = [p.logprob([0, t], 1), q.logprob([0, t], 1)]
        return { tokens: [0, t], weights: [0, -Math.exp(a) * klEstimators[name](a - b)[of]] }
      })
    const mean = (name: KlEstimator): number =>
      -expected(name, 'value').reduce((sum, { weights }) => sum + weights[1]!, 0)
    expect(mean('k1')).toBeCloseTo(kl(), 9)
    expect(mean('k3')).toBeCloseTo(kl(), 9)
    close(p.gradient(expected('k2', 'slope')), numericGradient(p, kl))
    const reversed = (): number =>
      tokens.reduce((sum, t) => {
        const [a, b] = [p.logprob([0, t], 1), q.logprob([0, t], 1)]
        return sum + Math.exp(b) * (b - a)
      }, 0)
    close(p.gradient(expected('k3', 'slope')), numericGradient(p, reversed))
    close(p.gradient(expected('k1', 'slope')), Array(V * V).fill(0))
  })

  it('of the policy before the first update are 0 in it', async () => {
    const kl = { estimator: 'k3', coefficient: 1 } as const
    const { batches, figures } = await taught(grpo({ kl }), groups, { engine: old })
    expect(figures).toEqual({ ratio: 1, clipped: 0, kl: 0 })
    expect(batches).toEqual((await taught(grpo(), groups)).batches)
  })
})

it('REINFORCE has the gradient of the expected return', async () => {
  // Every answer of one token to one prompt, as often as the policy gives it: Σ p·r, differentiated.
  const policy = tablePolicy(V, random(7))
  const rewards = [3, -1, 2, 5]
  const data: Datum[] = []
  for (const [token, reward] of rewards.entries()) {
    const one = attempt([{ prompt: [0], completion: [token], policy }], { paid: reward })
    const { batches } = await taught(reinforce({ baseline: noBaseline }), [groupOf([one])])
    const p = Math.exp(policy.logprob([0, token], 1))
    data.push(...batches.flat().map(({ tokens, weights }) => ({ tokens, weights: weights.map((w) => w * p) })))
  }
  const loss = (): number => -rewards.reduce((sum, r, token) => sum + r * Math.exp(policy.logprob([0, token], 1)), 0)
  close(policy.gradient(data), numericGradient(policy, loss))
})
