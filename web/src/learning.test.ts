import { describe, expect, it } from 'vitest'
import type { Measurement } from '../../src/serve/view/wire.ts'
import { meanOf, quantitiesIn, smoothing } from './learning.ts'

const at = (arm: string, seed: number, envSteps: number, values: Measurement['values']): Measurement => ({
  ...{ at: 0, seed, arm, round: 0, envSteps, budget: 100, totalSteps: 400, trainedTokens: 0, values },
})
const interval = (mean: number | null) => ({ mean, low: mean && mean - 1, high: mean && mean + 1 })
const plain = { each: false, smooth: 1 }

describe('quantitiesIn', () => {
  it('makes a quantity of whatever was measured, the known ones first', () => {
    const entries = [
      at('grpo', 0, 10, { zeal: 1, loss: 3 }),
      { ...at('grpo', 0, 20, { loss: 2 }), held: { success: interval(0.5), return: interval(null) } },
    ]
    const found = quantitiesIn(entries, plain)
    expect(found.map(({ name }) => name)).toEqual(['success, held out', 'loss', 'zeal'])
    expect(found[0]!.curves[0]!.points).toEqual([{ x: 20, y: 0.5, low: -0.5, high: 1.5 }])
    expect(found[1]!.curves[0]!.points).toEqual([
      { x: 10, y: 3 },
      { x: 20, y: 2 },
    ])
  })

  it('draws arms in the same colour in every chart, means over seeds, or each seed', () => {
    const entries = [at('a', 0, 1, { loss: 1 }), at('b', 0, 1, { kl: 4, loss: 2 }), at('b', 1, 1, { loss: 6 })]
    const [loss, kl] = quantitiesIn(entries, plain)
    expect(loss!.curves.map(({ name, colour, points }) => [name, colour, points[0]!.y])).toEqual([
      ['a', 0, 1],
      ['b', 1, 4],
    ])
    expect(kl!.curves.map(({ name, colour }) => [name, colour])).toEqual([['b', 1]])
    const [each] = quantitiesIn(entries, { ...plain, each: true })
    expect(each!.curves.map(({ name }) => name)).toEqual(['a', 'b, seed 0', 'b, seed 1'])
  })
})

describe('meanOf', () => {
  it('goes between the points, and as far as any seed came', () => {
    const one = [
      { x: 0, y: 0 },
      { x: 5, y: 5 },
      { x: 10, y: 10 },
    ]
    const other = [
      { x: 0, y: 2 },
      { x: 6, y: 8 },
    ]
    expect(meanOf([one, other])).toEqual([
      { x: 0, y: 1, low: 0, high: 2 },
      { x: 5, y: 6, low: 5, high: 7 },
      { x: 10, y: 10, low: null, high: null },
    ])
  })
})

describe('smoothing', () => {
  it('takes means around each point, and no more on one side than on the other', () => {
    const points = [0, 3, 0, 9].map((y, x) => ({ x, y }))
    expect(smoothing(points, 3).map(({ y }) => y)).toEqual([0, 1, 4, 9])
    expect(smoothing(points, 1)).toBe(points)
  })
})
