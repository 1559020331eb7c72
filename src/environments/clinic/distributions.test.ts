import { describe, expect, it } from 'vitest'
import {
  chiSquareQuantile,
  fQuantile,
  noncentralChiSquareCdf,
  noncentralFCdf,
  noncentralTCdf,
  normalQuantile,
  tQuantile,
} from './distributions.ts'
import { type Design, powerOf, sizeFor } from './power-designs.ts'

/** Expected values are scipy 1.17.1's and statsmodels 0.15's, unless another source stands beside them. */
describe('distributions', () => {
  it.each([
    [2.0, 10, 1.0, 0.8076115625303752],
    [2.1, 36, -0.5, 0.9939927296540697],
    [-1.5, 5, 0.7, 0.025959718000640394],
    [1.98, 120, 3.1, 0.1324115468587424],
    [4.3, 2, 6.0, 0.16393126245075726],
    [2.009, 52, 12.0, 0],
  ])('non-central t at %d, %d degrees, shifted by %d', (t, df, nc, expected) => {
    expect(noncentralTCdf(t, df, nc)).toBeCloseTo(expected, 9)
  })

  it('non-central F and χ²', () => {
    expect(noncentralFCdf(2.7, [3, 48], 0.5)).toBeCloseTo(0.9131759699511495, 9)
    expect(noncentralFCdf(3.1, [2, 27], 9)).toBeCloseTo(0.24760812727870016, 9)
    expect(noncentralFCdf(2.6, [3, 8000], 11)).toBeCloseTo(0.19538673340363955, 9)
    expect(noncentralChiSquareCdf(9.488, 4, 11.9)).toBeCloseTo(0.2013461699126817, 9)
    expect(noncentralChiSquareCdf(3.84, 1, 0.3)).toBeCloseTo(0.9149231429551278, 9)
    expect(noncentralChiSquareCdf(9.488, 4, 400)).toBeCloseTo(0, 12)
  })

  it('quantiles', () => {
    expect(tQuantile(0.975, 10)).toBeCloseTo(2.228138851986274, 9)
    expect(fQuantile(0.95, 3, 48)).toBeCloseTo(2.798060635435608, 8)
    expect(chiSquareQuantile(0.95, 4)).toBeCloseTo(9.487729036781154, 8)
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10)
  })
})

describe('power and size', () => {
  const t = { alpha: 0.05, twoSided: true }
  const anova: Design = { kind: 'anova', means: [598, 597, 591, 594], deviation: 80, alpha: 0.05 }
  const shares = [
    [0.1989, 0.6329, 0.1281, 0.0323, 0.0078],
    [0.0636, 0.7654, 0.1368, 0.0241, 0.0101],
  ].map((row) => row.map((share) => share / 2))

  it('of t tests', () => {
    expect(powerOf({ kind: 'one-sample', effect: 0.5, ...t }, 20)).toBeCloseTo(0.5645044184390203, 8)
    expect(powerOf({ kind: 'paired', effect: 0.28, alpha: 0.05, twoSided: false }, 53)).toBeCloseTo(
      0.6431693709395221,
      8,
    )
    expect(powerOf({ kind: 'two-sample', effect: 0.6238, ...t }, 42)).toBeCloseTo(0.8064861312282137, 8)
    expect(sizeFor({ kind: 'one-sample', effect: 0.4, ...t }, 0.8)).toBe(52)
    expect(sizeFor({ kind: 'two-sample', effect: 0.6238, ...t }, 0.8)).toBe(42)
    // A question of N-PowerAI's own: blood pressure 120, 100.38 expected, deviation 7.3, power 0.9.
    expect(sizeFor({ kind: 'one-sample', effect: 19.62 / 7.3, ...t }, 0.9)).toBe(4)
  })

  it('of ANOVA, independence and hazards', () => {
    expect(powerOf(anova, 13)).toBeCloseTo(0.05331058423538537, 8)
    expect(sizeFor(anova, 0.8)).toBe(2327)
    // Two of N-PowerAI's own.
    expect(sizeFor({ kind: 'chi-square', shares, alpha: 0.05 }, 0.8)).toBe(284)
    expect(sizeFor({ kind: 'cox', events: [0.3707, 0.489], hazardRatio: 0.773, alpha: 0.05 }, 0.8)).toBe(557)
    expect(powerOf({ kind: 'cox', events: [0.3707, 0.489], hazardRatio: 0.7, alpha: 0.05 }, 294)).toBeCloseTo(
      0.801110746829021,
      9,
    )
  })

  it('the size is the smallest that has the power', () => {
    for (const design of [anova, { kind: 'paired', effect: 0.31, ...t }] as const) {
      const n = sizeFor(design, 0.85)
      expect(powerOf(design, n)).toBeGreaterThanOrEqual(0.85)
      expect(powerOf(design, n - 1)).toBeLessThan(0.85)
    }
  })

  it('says when nothing will do', () => {
    expect(() => sizeFor({ kind: 'one-sample', effect: 1e-6, ...t }, 0.9)).toThrow('no sample of up to 1000000')
  })
})
