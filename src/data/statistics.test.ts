import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random, type Trajectory } from '../core/index.ts'
import { bootstrap, compare, passCurves, summarise } from './statistics.ts'

/** A trajectory with so much success, or without a score. */
function ended(
  success: number | null,
  kind: 'broken' | 'cancelled' | 'over-budget' | 'unscored' = 'broken',
): Trajectory {
  const outcome =
    success !== null
      ? { kind: 'scored' as const, return: 10 * success }
      : kind === 'broken'
        ? { kind, failure: { boundary: 'model' as const, message: 'down' } }
        : kind === 'cancelled'
          ? { kind }
          : { kind, why: 'x' }
  return {
    ...{
      version: 1,
      id: 'i',
      batch: '',
      env: 'e',
      task: 't',
      attempt: 0,
      agent: 'a',
      seed: 0,
      steps: [],
      trailing: [],
      branches: [],
    },
    ...{ stop: 'terminated', usage: { promptTokens: 3, completionTokens: 2 }, costUsd: 0.5, timeMs: 1 },
    rewards: success === null ? {} : { success: { value: success, weight: 0 } },
    outcome,
  }
}
const group = (...successes: (number | null)[]) => ({ trajectories: successes.map((success) => ended(success)) })

describe('summarise', () => {
  it('averages over tasks, and leaves out what has no score', () => {
    const summary = summarise([group(1, 1, 0, 0), group(1, null, null, null), group(null, null, null, null)])
    expect(summary.success.mean).toBe(0.75)
    expect(summary.return.mean).toBe(7.5)
    expect(summary.outcomes).toEqual({ scored: 5, unscored: 0, broken: 7, cancelled: 0, overBudget: 0 })
    expect([summary.tasks, summary.samples, summary.tokens, summary.costUsd]).toEqual([3, 4, 60, 6])
  })

  it('averages each reward that weighs nothing over the tasks that it can judge', () => {
    const task = (...values: (number | null)[]) => ({
      trajectories: values.map((value) => ({
        ...ended(1),
        rewards: { success: { value: 1, weight: 0 }, part: { value, weight: 0 }, paid: { value: 9, weight: 1 } },
      })),
    })
    const { metrics } = summarise([task(1, 1, 0, 0), task(null, null), task(0, null)])
    expect(Object.keys(metrics)).toEqual(['part'])
    expect(metrics['part']!.mean).toBe(0.25)
    expect(summarise([group(1, 0)]).metrics).toEqual({})
  })

  it('counts every kind of outcome, and averages nothing where nothing is scored', () => {
    const kinds = ['broken', 'cancelled', 'over-budget', 'unscored'] as const
    const summary = summarise([{ trajectories: kinds.map((kind) => ended(null, kind)) }])
    expect(summary.outcomes).toEqual({ scored: 0, unscored: 1, broken: 1, cancelled: 1, overBudget: 1 })
    expect(summary.success).toEqual({ mean: null, low: null, high: null })
    expect(summary.passAt).toEqual({})
    expect(summarise([]).return.mean).toBe(null)
  })

  it('estimates pass@k and pass^k without bias: the mean over all choices of k attempts', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), (wins) => {
        const { passAt, passHat } = summarise([group(...wins.map(Number))])
        for (let k = 1; k <= wins.length; k++) {
          const choices = subsets(wins, k)
          expect(passAt[k]).toBeCloseTo(choices.filter((choice) => choice.some(Boolean)).length / choices.length, 10)
          expect(passHat[k]).toBeCloseTo(choices.filter((choice) => choice.every(Boolean)).length / choices.length, 10)
        }
      }),
    )
    // Tasks with fewer scored attempts than k say nothing about k.
    expect(summarise([group(1, 0), group(1, null)]).passAt).toEqual({ 1: 0.75, 2: 1 })
  })

  it('says of pass^k what τ-bench does: the mean over tasks of C(c, k) / C(n, k), c of n attempts having succeeded', () => {
    const { passAt, passHat } = summarise([group(1, 1, 1, 0), group(1, 0, 0, 0), group(1, 1, 1, 1)])
    expect(passHat).toEqual({ 1: (3 + 1 + 4) / 12, 2: (3 / 6 + 0 + 1) / 3, 3: (1 / 4 + 0 + 1) / 3, 4: 1 / 3 })
    expect(passAt[2]).toBeCloseTo((1 + (1 - 3 / 6) + 1) / 3, 12)
    // Half a success is none: a task is done or it is not.
    expect(summarise([group(0.5, 1)]).passHat).toEqual({ 1: 0.5, 2: 0 })
  })

  it('claims no certainty from tasks that all agree', () => {
    const { success } = summarise(Array.from({ length: 20 }, () => group(1)))
    expect(success.mean).toBe(1)
    expect(success.low).toBeCloseTo(0.839, 3)
    expect(success.high).toBe(1)
    expect(summarise([group(0)]).success.high).toBeCloseTo(0.793, 3)
  })

  it('has no cost where one call did not say', () => {
    expect(summarise([{ trajectories: [ended(1), { ...ended(1), costUsd: null }] }]).costUsd).toBe(null)
  })
})

function subsets<T>(items: readonly T[], k: number): T[][] {
  if (k === 0) return [[]]
  return items.flatMap((item, i) => subsets(items.slice(i + 1), k - 1).map((rest) => [item, ...rest]))
}

describe('the curves of many attempts', () => {
  it('stay numbers, and thin out where nobody reads each', () => {
    const curve = passCurves([{ scored: 3000, won: 30 }])
    expect(curve.slice(0, 256).map(({ k }) => k)).toEqual(Array.from({ length: 256 }, (_, i) => i + 1))
    expect(curve.length).toBeLessThan(280)
    expect([curve[0]!.passAt, curve[0]!.passHat, curve.at(-1)!.k]).toEqual([1 - 2970 / 3000, 0.01, 3000])
    for (const [i, { passAt, passHat }] of curve.entries()) {
      expect(passAt).toBeGreaterThanOrEqual(curve[i - 1]?.passAt ?? 0)
      expect(passHat).toBeLessThanOrEqual(curve[i - 1]?.passHat ?? 1)
    }
    expect(curve.at(-1)).toMatchObject({ passAt: 1, passHat: 0 })
  })
})

describe('bootstrap', () => {
  it('reckons for very many values what it would have drawn', () => {
    const rng = random(3)
    const values = Array.from({ length: 2001 }, () => rng.next() ** 2)
    const [drawn, reckoned] = [bootstrap(values.slice(1)), bootstrap(values)]
    const width = drawn.high! - drawn.low!
    expect(Math.abs(drawn.low! - reckoned.low!)).toBeLessThan(0.1 * width)
    expect(Math.abs(drawn.high! - reckoned.high!)).toBeLessThan(0.1 * width)
  })

  it('covers the true mean about as often as it says', () => {
    const rng = random(1)
    let covered = 0
    for (let i = 0; i < 200; i++) {
      const { low, high } = bootstrap(Array.from({ length: 40 }, () => rng.normal() + 3))
      if (low! <= 3 && high! >= 3) covered++
    }
    expect(covered / 200).toBeGreaterThan(0.88)
    expect(covered / 200).toBeLessThan(0.99)
  })

  it('is the same at every call, and narrower with more data', () => {
    const values = [1, 2, 3, 4, 5, 6]
    expect(bootstrap(values)).toEqual(bootstrap(values))
    const [few, many] = [bootstrap(values), bootstrap([...values, ...values, ...values, ...values])]
    expect(many.high! - many.low!).toBeLessThan(few.high! - few.low!)
    expect(bootstrap([])).toEqual({ mean: null, low: null, high: null })
  })
})

describe('compare', () => {
  it('claims a gain or a loss only from five pairs whose interval leaves 0 out', () => {
    expect(compare([5, 6, 7, 8, 9], [4, 4, 6, 6, 8]).verdict).toBe('gain')
    expect(compare([4, 4, 6, 6, 8], [5, 6, 7, 8, 9]).verdict).toBe('loss')
    expect(compare([5, 2, 7, 3, 9], [4, 4, 6, 6, 8]).verdict).toBe('no effect')
    expect(compare([5, 6, 7, 8], [4, 4, 6, 6])).toMatchObject({
      verdict: 'too few seeds',
      seeds: 4,
      delta: { mean: 1.5 },
    })
    expect(() => compare([1], [1, 2])).toThrow('cannot be paired')
  })
})
