/** The paper index: which comparison a claim stands with, and what each verdict looks like. */
import type { PaperLine } from '../../src/serve/view/wire.ts'

export type Compared = PaperLine['comparisons'][number]

export interface Look {
  readonly mark: string
  readonly look: 'good' | 'none' | 'wrong' | 'missing'
}

/** By mark, word and colour. */
const VERDICTS: ReadonlyMap<string, Look> = new Map([
  ['holds', { mark: '✓', look: 'good' }],
  ['no effect', { mark: '=', look: 'none' }],
  ['reversed', { mark: '✗', look: 'wrong' }],
  ['too few seeds', { mark: '?', look: 'missing' }],
  ['not run', { mark: '–', look: 'missing' }],
])

export const lookOfVerdict = (verdict: string): Look => VERDICTS.get(verdict) ?? { mark: '?', look: 'missing' }

/** The comparison that the claim stands or falls with: of success, as sampled. */
export const claimOf = ({ comparisons }: PaperLine): Compared | undefined =>
  comparisons.find(({ kind, metric }) => kind === 'claim' && metric === 'success')

interface Said extends Look {
  readonly text: string
}

/** What one comparison came to. A control that gains takes the claim's meaning away. */
export function saidBy({ kind, verdict }: Compared): Said {
  const isGain = verdict === 'gain'
  if (kind === 'control')
    return isGain
      ? { text: 'gains, which it must not', mark: '✗', look: 'wrong' }
      : verdict === 'too few seeds'
        ? { text: verdict, mark: '?', look: 'missing' }
        : { text: `${verdict}: fails, as it must`, mark: '✓', look: 'good' }
  const text = kind === 'claim' ? (isGain ? 'holds' : verdict === 'loss' ? 'reversed' : verdict) : verdict
  const look = isGain ? 'good' : verdict === 'loss' ? 'wrong' : verdict === 'no effect' ? 'none' : 'missing'
  return { text, mark: { good: '✓', wrong: '✗', none: '=', missing: '?' }[look], look }
}

/** Of an id that is one; there is no link to anything else. */
export const arxivLink = (id: string): string | undefined =>
  /^\d{4}\.\d{4,5}(v\d{1,2})?$/.test(id) ? `https://arxiv.org/abs/${id}` : undefined

/** Those that hold every word somewhere, and whose verdict is the one asked for. */
export function chosen(papers: readonly PaperLine[], find: string, verdict: string): PaperLine[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  return papers.filter((paper) => {
    const { title, arxiv, claim, recipe, about, env } = paper
    const text = [title, arxiv, claim, recipe, about, env].join(' ').toLowerCase()
    return (!verdict || paper.verdict === verdict) && words.every((word) => text.includes(word))
  })
}
