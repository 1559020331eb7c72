import { describe, expect, it } from 'vitest'
import { mazeReference, normalisedReturn, normalisedScore } from './index.ts'

describe('normalisedScore', () => {
  it('is 0, 50 and 100 at the reference points, and straight between and beyond', () => {
    const at = (score: number) => normalisedScore(score, mazeReference)
    expect([at(-101), at(-83), at(-6.84)]).toEqual([0, 50, 100])
    expect([at(-92), at(-44.92)]).toEqual([25, 75])
    expect(at(-110)).toBeCloseTo(-25)
    expect(() => normalisedScore(1, { min: 0, avg: 0, max: 1 })).toThrow('rise from min to avg to max: 0, 0, 1')
  })

  it('is a metric of what the steps paid', () => {
    const { weight, score } = normalisedReturn({ min: -6, avg: -4, max: -2 })
    expect([weight, score({ steps: [{ reward: -1 }, { reward: -2 }] })]).toEqual([0, 75])
  })
})
