import { describe, expect, it } from 'vitest'
import { constant, cosine, linear } from './schedule.ts'

describe('a learning rate', () => {
  const at = [0, 0.25, 0.5, 0.75, 1]

  it('stays, or falls in a line or along a cosine', () => {
    expect(at.map(constant(2))).toEqual([2, 2, 2, 2, 2])
    expect(at.map(linear(2))).toEqual([2, 1.5, 1, 0.5, 0])
    expect(at.map(linear(2, { end: 0.5 }))).toEqual([2, 1.75, 1.5, 1.25, 1])
    const falling = at.map(cosine(2, { end: 0.1 }))
    const expected = at.map((x) => 2 * (0.1 + 0.9 * Math.cos((Math.PI * x) / 2) ** 2))
    falling.forEach((lr, i) => expect(lr).toBeCloseTo(expected[i]!, 12))
  })

  it('grows first where there is a warm-up', () => {
    expect(at.map(constant(2, { warmUp: 0.5 }))).toEqual([0, 1, 2, 2, 2])
    expect(at.map(constant(2, { warmUp: 0.5, start: 0.5 }))).toEqual([1, 1.5, 2, 2, 2])
    expect(at.map(linear(2, { warmUp: 0.5 }))).toEqual([0, 0.75, 1, 0.5, 0])
  })

  it('is, to the bit, what the published figures were trained with', () => {
    const imitation = linear(3e-3, { warmUp: 0.095, start: 0.05, end: 0.1 })
    const arm = linear(5e-4)
    for (let i = 0; i <= 10_000; i++) {
      const done = i / 10_000
      expect(imitation(done)).toBe(3e-3 * Math.min(1, 0.05 + 10 * done) * (1 - 0.9 * done))
      expect(arm(done)).toBe(5e-4 * (1 - done))
    }
  })

  it('is refused where a part is none', () => {
    expect(() => linear(1, { warmUp: 10 })).toThrow('the warm-up is a part from 0 to 1, not 10')
    expect(() => cosine(1, { end: -1 })).toThrow('the end of a schedule is a part from 0 to 1, not -1')
    expect(() => constant(1, { warmUp: 0.1, start: Number.NaN })).toThrow('the start of a warm-up')
  })
})
