/** What can be said of a certificate before its table is read. */
import type { RunState, WorldCertificate } from '../../src/serve/view/wire.ts'

type Pledges = WorldCertificate['promises']
type Verdict = Pledges[number]['verdict']

const ORDER: readonly Verdict[] = ['broken', 'unchecked', 'kept']

/** What is wrong comes first; else as they were tried. */
export const byVerdict = (promises: Pledges): Pledges[number][] =>
  promises.toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict))

export const count = (promises: Pledges, verdict: Verdict): number =>
  promises.filter((promise) => promise.verdict === verdict).length

export interface Standing {
  readonly mark: string
  readonly text: string
  readonly look: 'kept' | 'broken' | 'unchecked'
}

/** Never certified before the last promise has been tried. */
export function standing({ certified, promises }: WorldCertificate, state: RunState): Standing {
  const broken = count(promises, 'broken')
  if (certified === true && broken === 0) return { mark: '✓', text: 'certified', look: 'kept' }
  if (broken > 0 || certified === false) return { mark: '✗', text: 'not certified', look: 'broken' }
  return { mark: '…', text: state === 'running' ? 'being checked' : 'not checked to the end', look: 'unchecked' }
}
