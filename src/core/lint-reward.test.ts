import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lintReward, type Play } from './index.ts'

const rules = (pay: (play: Play) => number, options = {}) => lintReward(pay, options).map(({ rule }) => rule)
const endsRight = ({ answers }: Play): number => (answers.at(-1) === 'right' ? 1 : 0)

describe('lintReward', () => {
  it('passes rewards that pay in order', () => {
    expect(lintReward(endsRight)).toEqual([])
    expect(lintReward((play) => endsRight(play) - 0.1 * play.answers.length)).toEqual([])
    expect(lintReward((play) => endsRight(play) - 0.5 * Math.min(1, play.tokens / 8000))).toEqual([])
    // Of RLSP without its length penalty nothing is wrong: a wrong answer is better than none.
    expect(lintReward(({ answers }) => (answers.length === 0 ? -0.5 : endsRight({ answers, tokens: 0 })))).toEqual([])
  })

  it('catches SRPO’s accuracy reward, under which answering wrongly first pays', () => {
    const table: Record<string, number> = {
      'right none': 0.5,
      'wrong right': 1,
      'right right': 0.75,
      'right wrong': 0.25,
    }
    const faults = lintReward(({ answers }) => table[answers.join(' ')] ?? 0, { fewest: 2, most: 2 })
    expect(faults.map(({ why }) => why)).toContain(
      "right instead of wrong never pays less, but 'right then right' in 50 tokens is paid 0.75, and 'wrong then right' in 50 tokens is paid 1",
    )
  })

  it('catches RLSP’s exploration reward, under which length beats being right', () => {
    const rlsp =
      (lambda: number) =>
      ({ answers, tokens }: Play) =>
        (answers.length === 0 ? -0.5 : endsRight({ answers, tokens })) - lambda / tokens
    // The two of the defect list: right in 400 tokens, wrong in 2,000.
    const [fault] = lintReward(rlsp(1000), { lengths: [400, 2000], most: 1 })
    expect(fault!.plays.map(({ pay }) => pay)).toEqual([-1.5, -0.5])
    expect(fault!.why).toContain("'right' in 400 tokens is paid -1.5, and 'wrong' in 2000 tokens is paid -0.5")
    expect(lintReward(rlsp(0))).toEqual([])
  })

  it('catches pay for handing in again, for stumbling and for giving a right answer up', () => {
    expect(rules(({ answers }) => answers.filter((mark) => mark === 'right').length)).toContain(
      'the same answer again never pays',
    )
    expect(rules((play) => endsRight(play) * (1 + play.answers.length))).toContain('a wrong answer first never pays')
    expect(rules(({ answers }) => (answers.includes('right') ? 1 : 0))).toContain(
      'what ends right is paid more than what does not, however long',
    )
    expect(rules(() => 1)).toEqual(['what ends right is paid more than what does not, however long'])
    expect(rules(() => Number.NaN)).not.toEqual([])
  })

  it('finds no fault in a right ending that outweighs a shape that falls with every answer', () => {
    const shape = fc.record({
      step: fc.double({ min: 0, max: 0.2, noNaN: true }),
      bonus: fc.double({ min: 1, max: 9, noNaN: true }),
    })
    fc.assert(
      fc.property(shape, ({ step, bonus }) => {
        expect(lintReward((play) => bonus * endsRight(play) - step * play.answers.length)).toEqual([])
      }),
    )
  })
})
