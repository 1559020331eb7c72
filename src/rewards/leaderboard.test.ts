import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { improvements, positionScore } from './index.ts'

describe('positionScore', () => {
  it('is the share of the board that is no better', () => {
    const scores = [0.9, 0.8, 0.8, 0.5]
    expect([1, 0.9, 0.85, 0.8, 0.6, 0.5, 0.1].map((score) => positionScore(score, { scores }))).toEqual([
      1, 1, 0.75, 0.75, 0.25, 0.25, 0,
    ])
    const lower = { scores: [...scores].reverse(), lowerIsBetter: true }
    expect([0.1, 0.5, 0.6, 0.8, 0.9, 1].map((score) => positionScore(score, lower))).toEqual([
      1, 1, 0.75, 0.75, 0.25, 0,
    ])
    expect(positionScore(Number.NaN, { scores })).toBe(0)
    expect(() => positionScore(1, { scores: [] })).toThrow('this one is empty')
  })

  it('is the formula of MLE-Dojo: the first place whose score is no better', () => {
    const board = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 })
    fc.assert(
      fc.property(board, fc.double({ noNaN: true }), (scores, score) => {
        const sorted = scores.toSorted((a, b) => b - a)
        const first = sorted.findIndex((other) => other <= score)
        const place = first < 0 ? sorted.length + 1 : first + 1
        expect(positionScore(score, { scores })).toBe((sorted.length - place + 1) / sorted.length)
      }),
    )
  })

  const data = process.env['LUDUS_DATA']
  it.skipIf(!data)('says what MLE-Dojo recorded', () => {
    const read = (board: string): number[] =>
      readFileSync(join(data!, `mle-dojo/random-acts-of-pizza.${board}.csv`), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[1]))
    const boards = ['public', 'private'].map((board) => ({ scores: read(board) }))
    const reward = (raw: number): number => boards.reduce((sum, board) => sum + positionScore(raw, board) / 2, 0)
    expect(boards.map(({ scores }) => scores.length)).toEqual([462, 462])
    expect([0.5564, 0.5988, 0.62258].map((raw) => reward(raw).toFixed(5))).toEqual(['0.35065', '0.49567', '0.57359'])
    const paid = improvements([0.5564, 0.5988, 0.62258, 0.62258].map(reward))
    expect(paid.at(-1)).toBe(0)
    expect(paid.reduce((sum, gain) => sum + gain, 0)).toBeCloseTo(0.57359, 5)
  })
})

it('improvements add up to the best, and pay nothing for handing in again', () => {
  expect(improvements([0.3, 0.3, 0.1, 0.5, 0.4])).toEqual([0.3, 0, 0, 0.2, 0])
  const share = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 })
  fc.assert(
    fc.property(share, (scores) => {
      const total = improvements([...scores, ...scores]).reduce((sum, gain) => sum + gain, 0)
      expect(total).toBeCloseTo(Math.max(...scores), 9)
    }),
  )
})
