import { describe, expect, it } from 'vitest'
import { anglesOf, type RopeScaling } from './rope.ts'

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
})
