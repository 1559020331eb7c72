import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { INDEX_FILE, paperIndex, readFigures } from '../scripts/paper-index.ts'
import type { Comparison } from '../src/data/index.ts'
import { recipes } from '../src/recipes/index.ts'

type Verdict = Comparison['verdict']

it('the paper index says what the recipes and their figures say', () => {
  expect(readFileSync(INDEX_FILE, 'utf8'), 'stale: run `node scripts/paper-index.ts`').toBe(paperIndex(readFigures))
})

it('tells a claim that holds from one that is reversed, and a control that gains', () => {
  const figures = (verdict: Verdict) => ({
    env: 'world@1',
    comparisons: recipes.flatMap(({ pairs }) =>
      pairs.map((pair) => ({
        ...{ ...pair, metric: 'success', seeds: 5, verdict },
        delta: { mean: -0.25, low: -0.5, high: 0.125 },
      })),
    ),
  })
  const lines = (verdict: Verdict) => paperIndex(() => figures(verdict)).split('\n')
  const first = (verdict: Verdict) => lines(verdict).find((line) => line.includes('AdaSTaR'))
  expect(first('gain')).toContain('| −0.250 [−0.500, +0.125], 5 seeds | holds |')
  expect(first('no effect')).toContain('| no effect |')
  expect(first('loss')).toContain('| reversed |')
  const control = (verdict: Verdict) => lines(verdict).find((line) => line.includes('control: '))
  expect(control('gain')).toContain('not what is claimed')
  expect(control('no effect')).toContain('as it must')
  expect(paperIndex(() => undefined)).toContain('| not run |')
})
