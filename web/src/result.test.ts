import { describe, expect, it } from 'vitest'
import { comparisonsIn, measuredIn } from './result.ts'

const at = (mean: number) => ({ mean, low: mean - 1, high: mean + 1 })

describe('measuredIn', () => {
  it('finds players and arms, and every way that they acted in', () => {
    const measured = { success: at(0.5), return: at(3), metrics: { depth: at(9) } }
    const result = {
      players: { random: measured },
      arms: [{ name: 'grpo', ...measured, greedy: measured, others: { 'by vote': measured }, steps: 7, tokens: 8 }],
    }
    expect(measuredIn(result).map(({ name, way, steps }) => [name, way, steps])).toEqual([
      ['random', '', null],
      ['grpo', '', 7],
      ['grpo', 'greedy', null],
      ['grpo', 'by vote', null],
    ])
  })

  it('leaves out whatever looks otherwise', () => {
    const strange = [null, 3, 'arms', [], { arms: 'none' }, { arms: [null, { name: 1, success: 2 }], players: [1] }]
    expect(strange.flatMap(measuredIn)).toEqual([])
  })
})

describe('comparisonsIn', () => {
  it('reads those that have a difference', () => {
    const one = {
      arm: 'a',
      baseline: 'b',
      kind: 'claim',
      metric: 'success',
      seeds: 5,
      delta: at(0),
      verdict: 'no effect',
    }
    expect(comparisonsIn({ comparisons: [one, { arm: 'c' }, null] })).toEqual([one])
    expect(comparisonsIn({ comparisons: { length: 1 } })).toEqual([])
  })
})
