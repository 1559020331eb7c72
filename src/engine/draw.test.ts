import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../core/index.ts'
import { type Drawing, drawToken } from './draw.ts'

const rng = random(1)
const logits = Float32Array.from([1, 3, 2, -1, 3, 0.5])
/** How often each id comes, and what its log-probability is said to be. */
function tally(given: Float32Array, how: Drawing, draws = 20_000): { share: number[]; said: (number | undefined)[] } {
  const share = Array.from(given, () => 0)
  const said: (number | undefined)[] = Array.from(given, () => undefined)
  for (let i = 0; i < draws; i++) {
    const { token, logprob } = drawToken(given, how, rng)
    share[token]! += 1 / draws
    said[token] = logprob
  }
  return { share, said }
}
/** Softmax over the given ids alone, the slow way. */
function softmax(given: Float32Array, temperature: number, ids: readonly number[]): number[] {
  const weights = Array.from(given, (logit, id) => (ids.includes(id) ? Math.exp(logit / temperature) : 0))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}
function expectDistribution(how: Drawing, ids: readonly number[]): void {
  const wanted = softmax(logits, how.temperature ?? 1, ids)
  const surprise = wanted.map((probability) => (probability > 0 ? -probability * Math.log(probability) : 0))
  const entropy = surprise.reduce((sum, one) => sum + one)
  expect(drawToken(logits, how, rng).entropy).toBeCloseTo(entropy, 5)
  const { share, said } = tally(logits, how)
  for (const [id, probability] of wanted.entries()) {
    expect(Math.abs(share[id]! - probability)).toBeLessThan(0.015)
    if (probability === 0) expect(share[id]).toBe(0)
    else expect(said[id]).toBeCloseTo(Math.log(probability), 5)
  }
}

describe('drawToken', () => {
  it('draws from the softmax at any temperature, and says with which log-probability', () => {
    expectDistribution({}, [0, 1, 2, 3, 4, 5])
    expectDistribution({ temperature: 0.5 }, [0, 1, 2, 3, 4, 5])
    expectDistribution({ temperature: 3 }, [0, 1, 2, 3, 4, 5])
  })

  it('is greedy at 0, whatever else is asked', () => {
    const { token, logprob, entropy } = drawToken(logits, { temperature: 0, topK: 3, topP: 0.1 }, rng)
    expect(token).toBe(1)
    expect(entropy).toBeCloseTo(drawToken(logits, {}, rng).entropy, 12)
    expect(logprob).toBeCloseTo(Math.log(softmax(logits, 1, [0, 1, 2, 3, 4, 5])[1]!), 6)
  })

  it('draws among the k likeliest alone', () => {
    expectDistribution({ topK: 3 }, [1, 4, 2])
    expectDistribution({ topK: 1 }, [1])
    expectDistribution({ topK: 4, temperature: 2 }, [1, 4, 2, 0])
    expectDistribution({ topK: 99 }, [0, 1, 2, 3, 4, 5])
  })

  it('draws in the nucleus alone, behind temperature and k', () => {
    // The two largest have 0.38 each, the next 0.14, then 0.05.
    expectDistribution({ topP: 0.3 }, [1])
    expectDistribution({ topP: 0.5 }, [1, 4])
    expectDistribution({ topP: 0.85 }, [1, 4, 2])
    expectDistribution({ topP: 1 }, [0, 1, 2, 3, 4, 5])
    // Among three they have 0.42, 0.42 and 0.16.
    expectDistribution({ topK: 3, topP: 0.83 }, [1, 4])
    // Colder, the first two have more.
    expectDistribution({ topP: 0.85, temperature: 0.5 }, [1, 4])
  })

  it('never draws outside of the smallest set that holds topP', () => {
    const vocabulary = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 40 })
    const share = fc.double({ min: 0.01, max: 0.999, noNaN: true })
    fc.assert(
      fc.property(vocabulary, share, fc.integer({ min: 1, max: 50 }), (values, topP, topK) => {
        const given = Float32Array.from(values)
        const ranked = [...given.keys()].sort((a, b) => given[b]! - given[a]! || a - b).slice(0, topK)
        const probability = softmax(given, 1, ranked)
        let mass = 0
        const before = ranked.filter((id) => {
          const inside = mass < topP - 1e-9
          mass += probability[id]!
          return inside
        })
        const { token, logprob } = drawToken(given, { topK, topP }, rng)
        expect(before).toContain(token)
        expect(logprob).toBeLessThanOrEqual(1e-6)
      }),
    )
  })
})
