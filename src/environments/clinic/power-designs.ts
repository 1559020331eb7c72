/** Power and sample size of the six designs of N-PowerAI, from exact distributions where there are such. */
import {
  chiSquareQuantile,
  fQuantile,
  noncentralChiSquareCdf,
  noncentralFCdf,
  noncentralTCdf,
  normalCdf,
  normalQuantile,
  tQuantile,
} from './distributions.ts'

export interface Test {
  readonly alpha: number
  readonly twoSided: boolean
}

export type Design =
  /** `effect` is the difference of means over the standard deviation, in the direction that is tested. */
  | ({ readonly kind: 'one-sample' | 'paired' | 'two-sample'; readonly effect: number } & Test)
  /** Means of the groups, all of one size, over a common standard deviation. */
  | { readonly kind: 'anova'; readonly means: readonly number[]; readonly deviation: number; readonly alpha: number }
  /** A table of shares that add up to 1. */
  | { readonly kind: 'chi-square'; readonly shares: readonly (readonly number[])[]; readonly alpha: number }
  /** Chances of an event in either group, and the ratio of hazards; two-sided. */
  | {
      readonly kind: 'cox'
      readonly events: readonly [number, number]
      readonly hazardRatio: number
      readonly alpha: number
    }

/**
 * The power with n in each group; of a χ² test n in all, of one sample or pairs n observations or pairs. The t tests by
 * the non-central t, ANOVA by the non-central F (Cohen 1988, chapters 2 and 8), the test of independence by the
 * non-central χ² (chapter 7), the hazard ratio by Freedman 1982, Stat Med 1:121.
 */
export function powerOf(design: Design, n: number): number {
  if (design.kind === 'anova') return anovaPower(design, n)
  if (design.kind === 'chi-square') return independencePower(design, n)
  if (design.kind === 'cox') return coxPower(design, n)
  const [df, nc] =
    design.kind === 'two-sample' ? [2 * n - 2, design.effect * Math.sqrt(n / 2)] : [n - 1, design.effect * Math.sqrt(n)]
  const critical = tQuantile(1 - design.alpha / (design.twoSided ? 2 : 1), df)
  const upper = 1 - noncentralTCdf(critical, df, nc)
  return design.twoSided ? upper + noncentralTCdf(-critical, df, nc) : upper
}

function anovaPower({ means, deviation, alpha }: Extract<Design, { kind: 'anova' }>, n: number): number {
  const groups = means.length
  const grand = means.reduce((sum, mean) => sum + mean, 0) / groups
  const f2 = means.reduce((sum, mean) => sum + (mean - grand) ** 2, 0) / groups / deviation ** 2
  const df: readonly [number, number] = [groups - 1, groups * (n - 1)]
  return 1 - noncentralFCdf(fQuantile(1 - alpha, ...df), df, f2 * groups * n)
}

function independencePower({ shares, alpha }: Extract<Design, { kind: 'chi-square' }>, n: number): number {
  const rows = shares.map((row) => row.reduce((sum, share) => sum + share, 0))
  const columns = shares[0]!.map((_, column) => shares.reduce((sum, row) => sum + row[column]!, 0))
  const w2 = shares
    .flatMap((row, i) => row.map((share, j) => (share - rows[i]! * columns[j]!) ** 2 / (rows[i]! * columns[j]!)))
    .reduce((sum, cell) => sum + cell, 0)
  const df = (rows.length - 1) * (columns.length - 1)
  return 1 - noncentralChiSquareCdf(chiSquareQuantile(1 - alpha, df), df, n * w2)
}

function coxPower({ events, hazardRatio, alpha }: Extract<Design, { kind: 'cox' }>, n: number): number {
  const expected = n * (events[0] + events[1])
  return normalCdf(
    (Math.sqrt(expected) * Math.abs(hazardRatio - 1)) / (hazardRatio + 1) - normalQuantile(1 - alpha / 2),
  )
}

const MOST = 1_000_000

/** The smallest n with at least this power. Throws where a million do not do. */
export function sizeFor(design: Design, power: number): number {
  const least = design.kind === 'chi-square' || design.kind === 'cox' ? 1 : 2
  let [low, high] = [least, least]
  while (powerOf(design, high) < power) {
    if (high > MOST) throw new Error(`no sample of up to ${MOST} has a power of ${power}: ${JSON.stringify(design)}`)
    low = high + 1
    high *= 2
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (powerOf(design, middle) < power) low = middle + 1
    else high = middle
  }
  return low
}
