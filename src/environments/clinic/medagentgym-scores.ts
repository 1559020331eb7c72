/** The verifiers of MedAgentGym's number tasks, mended. */
import { nearNumber, withinLimits } from '../../rewards/index.ts'

export interface MedcalcGold {
  /** A number; or a date, or a duration like "('4 weeks', '3 days')". */
  readonly gold: string
  readonly low: number
  readonly high: number
}

/**
 * A number must be within both of the record's own limits; the original asked for either, of limits made from the
 * answer, so that any number passed. Dates and durations must be the same, leading zeros and quotes apart.
 */
export function medcalcScore(answer: string, { gold, low, high }: MedcalcGold): number {
  if (Number.isFinite(Number(gold))) return withinLimits(answer, { low, high })
  return plain(answer) === plain(gold) ? 1 : 0
}

const plain = (text: string): string =>
  text
    .replaceAll(/[\s'"()]/g, '')
    .replaceAll(/\b0+(?=\d)/g, '')
    .toLowerCase()

/** A size is that whole number; a power within 1 %. */
export const npoweraiScore = (answer: string, { target, gold }: { target: 'size' | 'power'; gold: number }): number =>
  nearNumber(answer, { gold, relative: target === 'size' ? 0 : 0.01 })
