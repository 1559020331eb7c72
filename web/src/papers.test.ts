/** What the paper index says of its papers. */
import { expect, it } from 'vitest'
import { arxivLink, type Compared, saidBy } from './papers.ts'

const compared = (kind: Compared['kind'], verdict: string): Compared => ({
  ...{ arm: 'a', baseline: 'b', kind, metric: 'success', seeds: 5, verdict },
  delta: { mean: 0, low: 0, high: 0 },
})

it('says of a control that it must fail, and is alarmed where it gains', () => {
  expect(saidBy(compared('control', 'loss'))).toMatchObject({ text: 'loss: fails, as it must', look: 'good' })
  expect(saidBy(compared('control', 'no effect'))).toMatchObject({ look: 'good' })
  expect(saidBy(compared('control', 'gain'))).toMatchObject({ text: 'gains, which it must not', look: 'wrong' })
  expect(saidBy(compared('control', 'too few seeds'))).toMatchObject({ look: 'missing' })
  expect(saidBy(compared('claim', 'gain'))).toMatchObject({ text: 'holds', look: 'good' })
  expect(saidBy(compared('claim', 'loss'))).toMatchObject({ text: 'reversed', look: 'wrong' })
})

it('links to nothing but an id of arXiv', () => {
  expect(arxivLink('2506.04405')).toBe('https://arxiv.org/abs/2506.04405')
  for (const id of ['', '2506.04405/../x', 'javascript:alert(1)', '2506.04405 ', '//evil', '2506.04405?x'])
    expect(arxivLink(id)).toBeUndefined()
})
