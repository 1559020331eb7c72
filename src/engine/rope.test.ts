import { describe, expect, it } from 'vitest'
import { anglesOf, checkRotary, type RopeScaling, sharpness } from './rope.ts'

const head = { headWidth: 16, ropeTheta: 10_000 }
const close = (scaling: RopeScaling | undefined, wanted: readonly number[]): void => {
  const { frequencies } = anglesOf({ ...head, ...(scaling && { ropeScaling: scaling }) })
  expect(frequencies).toHaveLength(8)
  frequencies.forEach((f, i) => expect(f / wanted[i]!).toBeCloseTo(1, 5))
}

describe('rotary angles', () => {
  it('fall from 1 to nearly 1/theta', () => {
    close(undefined, [1, 0.316228, 0.1, 0.0316228, 0.01, 0.00316228, 0.001, 0.000316228])
  })

  // What transformers 5.23 computes for these settings, in its ROPE_INIT_FUNCTIONS.
  it('are interpolated by a factor', () => {
    close(
      { kind: 'linear', factor: 4 },
      [0.25, 0.079056941, 0.0250000004, 0.00790569466, 0.00249999994, 0.000790569466, 0.000250000012, 7.90569466e-5],
    )
  })

  it('of Llama 3 change where they are slow', () => {
    close(
      { kind: 'llama3', factor: 8, low: 1, high: 4, originalContext: 64 },
      [1.0, 0.244384587, 0.0130422562, 0.00395284733, 0.00124999997, 0.000395284733, 0.000125000006, 3.95284733e-5],
    )
  })

  it('of YaRN change where they turn seldom', () => {
    const yarn = { kind: 'yarn', factor: 4, originalContext: 64, fast: 32, slow: 1, magnitude: 1.138629436 } as const
    close(
      yarn,
      [1.0, 0.237170815, 0.049999997, 0.00790569466, 0.00249999994, 0.000790569466, 0.000250000012, 7.90569466e-5],
    )
    expect(anglesOf({ ...head, ropeScaling: yarn }).magnitude).toBe(1.138629436)
  })

  it('are NTK-aware: the slowest is interpolated, the fastest is not', () => {
    const { frequencies } = anglesOf({ ...head, ropeScaling: { kind: 'ntk', factor: 4 } })
    expect(frequencies[0]).toBe(1)
    expect(frequencies[7]! / (10_000 ** (-14 / 16) / 4)).toBeCloseTo(1, 10)
    // What transformers' dynamic scaling by 4 makes of 160 tokens where 64 were trained: 4·160/64 − 3 = 7.
    close(
      { kind: 'ntk', factor: 7 },
      [1.0, 0.239481375, 0.057351321, 0.0137345716, 0.00328917382, 0.00078769587, 0.00018863847, 4.51753949e-5],
    )
  })

  it('of dynamic scaling are plain, as transformers has them up to the context', () => {
    close({ kind: 'dynamic', factor: 4 }, [1, 0.316228, 0.1, 0.0316228, 0.01, 0.00316228, 0.001, 0.000316228])
  })

  // transformers' longrope with both of its lists the same.
  it('are divided by a factor each', () => {
    close(
      { kind: 'factors', factors: [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5] },
      [1.0, 0.210818509, 0.05, 0.0126491106, 0.00333333333, 0.000903507903, 0.00025, 7.02728369e-5],
    )
  })

  it('of Entropy-ABF are plain, and scores grow with the logarithm of the position', () => {
    const scaling = { kind: 'entropy-abf', originalContext: 64, plainLayers: 2 } as const
    close(scaling, [1, 0.316228, 0.1, 0.0316228, 0.01, 0.00316228, 0.001, 0.000316228])
    const at = (layer: number, position: number): number => sharpness(scaling, layer, position)
    expect([at(2, 0), at(2, 63), at(2, 511), at(9, 4095)]).toEqual([1, 1, 1.5, 2])
    expect([at(0, 4095), at(1, 4095), sharpness(undefined, 9, 4095)]).toEqual([1, 1, 1])
  })

  it.each<[headWidth: number, scaling: RopeScaling | undefined, sentence: string]>([
    [5, undefined, 'an even head width, not 5'],
    [2, { kind: 'ntk', factor: 2 }, 'heads of at least 4 numbers, not 2'],
    [8, { kind: 'factors', factors: [1, 2, 3] }, '3 factors do not fit the 4 pairs of a head of 8 numbers'],
    [4, { kind: 'factors', factors: [1, 0] }, 'divided by is a positive number, not 0'],
    [4, { kind: 'factors', factors: [1, Number.NaN] }, 'not NaN'],
    [4, { kind: 'entropy-abf', originalContext: 1, plainLayers: 0 }, 'an original context above 1, not 1'],
  ])('are refused for %i and %o', (headWidth, ropeScaling, sentence) => {
    const rotary = { headWidth, ropeTheta: 100, ...(ropeScaling && { ropeScaling }) }
    expect(() => checkRotary(rotary)).toThrow(sentence)
  })
})
