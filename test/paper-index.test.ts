import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { INDEX_FILE, paperPage } from '../scripts/paper-index.ts'
import { readFigures } from '../src/cli/figures.ts'
import type { Comparison } from '../src/data/index.ts'
import { claimOf, paperIndex, recipes } from '../src/recipes/index.ts'

type Verdict = Comparison['verdict']

it('the paper index says what the recipes and their figures say', () => {
  expect(readFileSync(INDEX_FILE, 'utf8'), 'stale: run `node scripts/paper-index.ts`').toBe(
    paperPage(paperIndex(readFigures)),
  )
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
  const lines = (verdict: Verdict) => paperPage(paperIndex(() => figures(verdict))).split('\n')
  const first = (verdict: Verdict) => lines(verdict).find((line) => line.includes('AdaSTaR'))
  expect(first('gain')).toContain('| −0.250 [−0.500, +0.125], 5 seeds | holds |')
  expect(first('no effect')).toContain('| no effect |')
  expect(first('loss')).toContain('| reversed |')
  const control = (verdict: Verdict) => lines(verdict).find((line) => line.includes('control: '))
  expect(control('gain')).toContain('not what is claimed')
  expect(control('no effect')).toContain('as it must')
  expect(paperPage(paperIndex(() => undefined))).toContain('| not run |')
})

it('gives the index as data: the claim with its verdict, and the arms with their intervals', () => {
  const index = paperIndex(readFigures)
  expect(index.map(({ recipe }) => recipe)).toEqual(recipes.flatMap(({ name, paper }) => (paper ? [name] : [])))
  const agentR = index.find(({ recipe }) => recipe === 'agent-r')!
  expect(agentR).toMatchObject({ arxiv: '2501.11425', command: 'ludus train agent-r --seeds 5', verdict: 'holds' })
  const claim = claimOf(agentR)!
  expect([claim.kind, claim.seeds, claim.verdict]).toEqual(['claim', 5, 'gain'])
  const mean = (arm: string): number => agentR.arms!.find(({ name }) => name === arm)!.success.mean!
  expect(mean(claim.arm) - mean(claim.baseline)).toBeCloseTo(claim.delta.mean!)
  expect(paperIndex(() => undefined)[0]).toMatchObject({ verdict: 'not run', comparisons: [] })
})
