/** What a comparison says in words. */
import { expect, it } from 'vitest'
import { meaning, type Pair, winners } from './compared.ts'

const pair = (low: number, high: number, [wins, ties, losses] = [3, 1, 2]): Pair => ({
  run: 'b',
  delta: { mean: (low + high) / 2, low, high },
  ...{ wins: wins!, ties: ties!, losses: losses!, onlyHere: 0, onlyThere: 0 },
})

it('says on which side of 0 an interval lies, and of how many tasks', () => {
  expect(meaning(pair(0.1, 0.3), 'a', 'success')).toMatch(/success is higher than a's.* 6 tasks/)
  expect(meaning(pair(-0.3, -0.1), 'a', 'return')).toMatch(/return is lower than a's/)
  expect(meaning(pair(0, 0.3), 'a', 'success')).toMatch(/^No difference/)
})

it('claims nothing from no task or from one', () => {
  expect(meaning(pair(1, 1, [1, 0, 0]), 'a', 'success')).toMatch(/^One task says nothing/)
  expect(meaning(pair(0, 0, [0, 0, 0]), 'a', 'success')).toMatch(/nothing can be said/)
})

it('names who did best, and nobody where all did alike or one alone played', () => {
  const of = (...means: (number | null)[]): number[] => winners({ task: 't', means })
  expect(of(0.5, 1)).toEqual([1])
  expect(of(1, 0.5, 1)).toEqual([0, 2])
  expect(of(0, 0)).toEqual([])
  expect(of(null, 1)).toEqual([])
})
