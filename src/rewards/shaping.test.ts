import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clip, combined, delta, overlong, potentialShaping } from './index.ts'

const numbers = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 30 })
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe('shaping', () => {
  it('overlong falls from 0 to −1', () => {
    const limits = { free: 100, most: 200 }
    expect([0, 100, 150, 200, 1e9].map((tokens) => overlong(tokens, limits))).toEqual([-0, -0, -0.5, -1, -1])
    expect(() => overlong(1, { free: 2, most: 2 })).toThrow('not up to 2 of 2')
  })

  it('potentials change no order: what they add depends on the first state alone', () => {
    expect(potentialShaping([1, 3, 2])).toEqual([2, -3])
    fc.assert(
      fc.property(numbers, fc.double({ min: 0.1, max: 1, noNaN: true }), (potentials, gamma) => {
        const added = potentialShaping([...potentials, 99], gamma)
        expect(added).toHaveLength(potentials.length)
        expect(sum(added.map((reward, i) => gamma ** i * reward))).toBeCloseTo(-potentials[0]!, 6)
      }),
    )
  })

  it('Clip pays nothing for steps, Delta the same however many there are', () => {
    expect(clip([0.2, 0.9, 0.5], 0.5)).toEqual([-0.3, 0, 0])
    expect(delta([0.2, 0.9, 0.5])).toEqual([0.2 - 0.9, 0.4, 0.5])
    fc.assert(
      fc.property(numbers, fc.double({ min: -5, max: 5, noNaN: true }), (rewards, eta) => {
        expect(sum(clip(rewards, eta))).toBeLessThanOrEqual(0)
        rewards.forEach((reward, k) => expect(sum(delta(rewards).slice(k))).toBeCloseTo(reward, 6))
      }),
    )
  })

  it('Clip and Delta take the profit out of saying a good step again', () => {
    // A process reward that likes its own repetition: its plain sum grows without end.
    const repeated = (times: number) => Array.from({ length: times }, () => 0.9)
    expect(sum(repeated(100))).toBeGreaterThan(sum(repeated(10)))
    expect(sum(clip(repeated(100), 0.5))).toBe(sum(clip(repeated(10), 0.5)))
    expect(sum(delta(repeated(100)))).toBeCloseTo(sum(delta(repeated(10))))
  })
})

describe('combined', () => {
  it('is the weighted mean, or says what was not judged', () => {
    const right = { value: 1, weight: 3 }
    expect(combined({ right, form: { value: 0, weight: 1 } })).toEqual({ value: 0.75, why: 'right 1 × 3, form 0 × 1' })
    expect(combined({ right, style: { value: null, weight: 0 } }).value).toBe(1)
    expect(combined({ right, style: { value: null, weight: 1 } })).toEqual({
      value: null,
      why: "'style' was not judged",
    })
    expect(() => combined({ right: { value: 1, weight: 0 } })).toThrow('weights are positive')
    expect(() => combined({ right, bad: { value: 1, weight: -1 } })).toThrow('weights are positive')
  })
})
