import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attempt, groupOf, numericGradient, tablePolicy, taught } from '../../test/learners.ts'
import { type Datum, random } from '../core/index.ts'
import { gae, ppo } from './ppo.ts'

const close = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 6))
}

describe('generalised advantages', () => {
  it('are by hand what they say', () => {
    // δ = (1 + 0.5·4 − 2, 0 + 0.5·6 − 4, 3 − 6) = (1, −1, −3); γλ = ¼.
    const half = { gamma: 0.5, lambda: 0.5 }
    expect(gae([1, 0, 3], [2, 4, 6], half)).toEqual([1 + (-1 + -3 / 4) / 4, -1 - 3 / 4, -3])
    // Cut off in a state worth 8: the last δ is 3 + 4 − 6.
    expect(gae([1, 0, 3], [2, 4, 6, 8], half)).toEqual([1 + (-1 + 1 / 4) / 4, -1 + 1 / 4, 1])
    expect(gae([], [], half)).toEqual([])
  })

  const steps = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { maxLength: 8 })
  const share = fc.double({ min: 0, max: 1, noNaN: true })

  it('are the sum Σ (γλ)ˡ δₜ₊ₗ; with λ = 0 one δ, with λ = 1 the discounted return less the value', () => {
    fc.assert(
      fc.property(steps, share, share, (pairs, gamma, lambda) => {
        const [rewards, values] = [pairs.map(([r]) => r), pairs.map(([, v]) => v)]
        const deltas = rewards.map((r, t) => r + gamma * (values[t + 1] ?? 0) - values[t]!)
        const from = (terms: readonly number[], t: number, factor: number): number =>
          terms.slice(t).reduce((sum, term, l) => sum + factor ** l * term, 0)
        close(
          gae(rewards, values, { gamma, lambda }),
          deltas.map((_, t) => from(deltas, t, gamma * lambda)),
        )
        close(gae(rewards, values, { gamma, lambda: 0 }), deltas)
        close(
          gae(rewards, values, { gamma, lambda: 1 }),
          values.map((v, t) => from(rewards, t, gamma) - v),
        )
      }),
    )
  })

  it('are 0 where the values are right', () => {
    fc.assert(
      fc.property(steps, share, share, (pairs, gamma, lambda) => {
        const rewards = pairs.map(([r]) => r)
        const values = rewards.map((_, t) => rewards.slice(t).reduce((sum, r, l) => sum + gamma ** l * r, 0))
        close(
          gae(rewards, values, { gamma, lambda }),
          rewards.map(() => 0),
        )
      }),
    )
  })

  it('need a value for each step', () => {
    expect(() => gae([1, 2], [1], { gamma: 1, lambda: 1 })).toThrow('1 values for 2 steps')
    expect(() => gae([1], [1, 2, 3], { gamma: 1, lambda: 1 })).toThrow('3 values for 1 steps')
  })
})

describe('PPO', () => {
  it('has the gradient of the clipped objective with the advantages of each step, update after update', async () => {
    const [V, old, policy] = [4, tablePolicy(4, random(31)), tablePolicy(4, random(32))]
    const tokens = [0, 1, 2, 3, 0, 1]
    const one = attempt(
      [
        { prompt: tokens.slice(0, 1), completion: tokens.slice(1, 3), policy: old, reward: 1 },
        { prompt: tokens.slice(0, 4), completion: tokens.slice(4), policy: old, reward: -2 },
      ],
      { paid: 3 }, // the verdict is 4, and part of the last step
    )
    const [a, b] = gae([1, 2], [0.5, 3], { gamma: 0.9, lambda: 0.8 })
    const advantages = new Map([1, 2, 4, 5].map((i) => [i, i < 4 ? a! : b!]))
    const loss = (): number =>
      [...advantages].reduce((sum, [i, advantage]) => {
        const ratio = Math.exp(policy.logprob(tokens, i) - old.logprob(tokens, i))
        return sum - Math.min(ratio * advantage, Math.min(Math.max(ratio, 0.8), 1.2) * advantage) / 4
      }, 0)
    const update = (data: readonly Datum[]): void => {
      const gradient = policy.gradient(data)
      close(gradient, numericGradient(policy, loss))
      for (const [i, slope] of gradient.entries()) policy.logits[Math.floor(i / V)]![i % V]! -= slope
    }
    const learner = ppo({ values: () => [0.5, 3], gamma: 0.9, lambda: 0.8, epochs: 4 })
    const { batches, figures } = await taught(learner, [groupOf([one])], { engine: policy, update })
    expect(batches).toHaveLength(4)
    expect(figures['ratio']).toBeGreaterThan(0)
  })

  it('counts an attempt that went as expected, and learns nothing from it', async () => {
    const paid = [3, 1].map((reward) => attempt([{ prompt: [0], completion: [1] }], { paid: reward }))
    const { batches } = await taught(ppo({ values: () => [1], epochs: 1 }), [groupOf(paid)])
    expect(batches[0]!.map(({ weights }) => weights[1])).toEqual([1, 0])
  })

  it('has no advantage for an attempt that did nothing', async () => {
    const idle = attempt([], { paid: 0 })
    const { batches } = await taught(ppo({ values: () => [], epochs: 1 }), [groupOf([idle])])
    expect(batches).toEqual([])
  })
})
