/** Numbers as answers: one number, inside both limits or near enough to the gold one. */

const NUMBER = /(?<![\w.,])[+\-−]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![.,]?\d|x)/g

/**
 * The number that stands in a text, words or a unit beside it. null where there is none, or more than one (whoever
 * lists numbers has not answered), or where it is no finite number. '1,234.5', '−3' and '1e-3' are numbers; the 2 of
 * 'm2' is none.
 */
export function numberIn(text: string): number | null {
  const found = text.match(NUMBER) ?? []
  if (found.length !== 1) return null
  const value = Number(found[0].replaceAll(',', '').replace('−', '-'))
  return Number.isFinite(value) ? value : null
}

export interface Interval {
  readonly low: number
  readonly high: number
}

/** 1 where the one number in the answer is within both limits, ends included, else 0. Throws unless low ≤ high. */
export function withinLimits(answer: string | number, { low, high }: Interval): number {
  if (!(low <= high)) throw new Error(`the limits of a number are low and high, not ${low} and ${high}`)
  const value = finite(answer)
  return value !== null && value >= low && value <= high ? 1 : 0
}

export interface GoldNumber {
  readonly gold: number
  /** How far off the answer may be, as a share of |gold|: 0.05 is 5 %. */
  readonly relative?: number
  /** How far off the answer may be. */
  readonly absolute?: number
}

/** 1 where the one number in the answer is no further from gold than the larger tolerance, else 0; without any, equal. */
export function nearNumber(answer: string | number, { gold, relative = 0, absolute = 0 }: GoldNumber): number {
  if (!Number.isFinite(gold) || !(relative >= 0 && absolute >= 0))
    throw new Error(
      `a gold number and its tolerances are finite and not negative, not ${gold}, ${relative}, ${absolute}`,
    )
  const off = Math.max(relative * Math.abs(gold), absolute)
  return withinLimits(answer, { low: gold - off, high: gold + off })
}

function finite(answer: string | number): number | null {
  if (typeof answer === 'string') return numberIn(answer)
  return Number.isFinite(answer) ? answer : null
}
