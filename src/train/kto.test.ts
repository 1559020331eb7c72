import { describe, expect, it } from 'vitest'
import { attempt, groupOf, numericGradient, type TablePolicy, tablePolicy, taught } from '../../test/learners.ts'
import { type Datum, random, type Trajectory } from '../core/index.ts'
import { kto, ktoLoss } from './kto.ts'

const V = 4
const reference = tablePolicy(V, random(21))
const said = (prompt: number, completion: readonly number[], success: number): Trajectory =>
  attempt([{ prompt: [prompt], completion }], { paid: success, success })

// A prompt, an answer, and whether it was good; no two prompts the same.
const answers = [
  [0, [1, 2, 2], 1],
  [1, [3], 0],
  [2, [0, 1], 1],
] as const
const groups = [groupOf(answers.map(([prompt, completion, success]) => said(prompt, completion, success)))]
const gain = (policy: TablePolicy, tokens: readonly number[]): number =>
  tokens.reduce((sum, _, i) => (i === 0 ? 0 : sum + policy.logprob(tokens, i) - reference.logprob(tokens, i)), 0)
const sigma = (x: number): number => 1 / (1 + Math.exp(-x))

describe('KTO', () => {
  it('has the gradient of the paper’s loss with the reference point held still', async () => {
    const policy = tablePolicy(V, random(22))
    const [beta, desirable, undesirable] = [0.4, 1.5, 0.8]
    const seen: number[][] = []
    const engine = {
      logprobs(sequences: readonly (readonly number[])[]) {
        seen.push(...sequences.map((tokens) => [...tokens]))
        return policy.logprobs(sequences)
      },
    }
    const update = (data: readonly Datum[]): void => {
      const whole = answers.map(([prompt, completion]) => [prompt, ...completion].join())
      const mismatched = seen.splice(0).filter((tokens) => !whole.includes(tokens.join()))
      expect(mismatched).toHaveLength(3)
      const z0 = Math.max(0, mismatched.reduce((sum, tokens) => sum + gain(policy, tokens), 0) / 3)
      const loss = (): number =>
        answers.reduce((sum, [prompt, completion, success]) => {
          const r = gain(policy, [prompt, ...completion])
          const v = success === 1 ? desirable * sigma(beta * (r - z0)) : undesirable * sigma(beta * (z0 - r))
          return sum + (success === 1 ? desirable : undesirable) - v
        }, 0) / 3
      const gradient = policy.gradient(data)
      const expected = numericGradient(policy, loss)
      gradient.forEach((slope, i) => expect(slope).toBeCloseTo(expected[i]!, 6))
      for (const [i, slope] of gradient.entries()) policy.logits[Math.floor(i / V)]![i % V]! -= 5 * slope
    }
    const learner = kto({ beta, desirable, undesirable, reference, epochs: 8 })
    const { batches, figures } = await taught(learner, groups, { engine, update })
    expect(batches).toHaveLength(8)
    expect(figures['z0']).toBeGreaterThan(0)
    expect(figures['good']).toBeGreaterThan(figures['bad']!)
  })

  it('puts another’s answer to each prompt, no longer than what the engine has seen', async () => {
    const asked: string[] = []
    const policy = tablePolicy(V, random(23))
    const engine = {
      logprobs(sequences: readonly (readonly number[])[]) {
        asked.push(...sequences.map(String))
        return policy.logprobs(sequences)
      },
    }
    const two = [attempt([{ prompt: [0, 0, 0], completion: [1] }], { paid: 1, success: 1 }), said(1, [2, 2, 2], 0)]
    await taught(kto(), [groupOf(two)], { engine })
    expect([...new Set(asked)].toSorted()).toEqual(['0,0,0,1', '0,0,0,2', '1,1', '1,2,2,2'])
  })

  it('never has a reference point below 0', async () => {
    const flat = (logprob: number) => ({
      logprobs: async (all: readonly (readonly number[])[]) => all.map((tokens) => tokens.map(() => logprob)),
    })
    expect((await taught(kto({ reference: flat(-1) }), groups, { engine: flat(-2) })).figures['z0']).toBe(0)
    // A gain of 1 on each token of answers that are two tokens long on average.
    expect((await taught(kto({ reference: flat(-2) }), groups, { engine: flat(-1) })).figures['z0']).toBe(2)
  })

  it('is by hand what it says: far on the right side an attempt weighs nothing', () => {
    const at = { beta: 0.5, lambda: 2, reference: 0 }
    expect(ktoLoss(0, { ...at, good: true })).toEqual({ loss: 1, slope: -0.25 })
    expect(ktoLoss(0, { ...at, good: false })).toEqual({ loss: 1, slope: 0.25 })
    expect(ktoLoss(3, { ...at, good: true, reference: 3 })).toEqual({ loss: 1, slope: -0.25 })
    expect(Math.abs(ktoLoss(100, { ...at, good: true }).slope)).toBeLessThan(1e-9)
    expect(Math.abs(ktoLoss(-100, { ...at, good: false }).slope)).toBeLessThan(1e-9)
  })

  it('leaves out what has no score, and takes one attempt without a reference point', async () => {
    const policy = tablePolicy(V, random(24))
    const broken = attempt([{ prompt: [0], completion: [1] }], { paid: null, success: 1 })
    const { batches, skipped, figures } = await taught(kto(), [groupOf([broken, said(0, [1, 2], 1)])], {
      engine: policy,
    })
    // r = z₀ = 0: β·σ(0)² = 0.025 on every token.
    expect(batches).toMatchObject([[{ tokens: [0, 1, 2], weights: [0, 0.025, 0.025] }]])
    expect(skipped).toEqual({ unscored: 1, 'nothing sampled': 0 })
    expect(figures).toEqual({ loss: 0.5, good: 0, z0: 0 })
  })
})
