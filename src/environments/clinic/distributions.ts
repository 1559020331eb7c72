/**
 * Distributions that power is reckoned with, exact to about 1e-10. Formulas: Abramowitz and Stegun 1972, and DiDonato
 * and Morris; series of non-central ones are sums of central ones with Poisson weights.
 */

/** ln Γ(x), x > 0: Lanczos' approximation with nine terms. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const z = x - 1
  const sum = LANCZOS.reduce((total, term, i) => total + (i === 0 ? term : term / (z + i)), 0)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

const TINY = 1e-300
const PRECISION = 1e-15

/** The regularised incomplete beta function I_x(a, b): Lentz's continued fraction. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d)
    c = nonZero(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d)
    c = nonZero(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < PRECISION) break
  }
  return front * value
}

const nonZero = (x: number): number => (Math.abs(x) < TINY ? TINY : x)

/** The regularised lower incomplete gamma function P(a, x): a series where x is small, else a continued fraction. */
export function incompleteGamma(a: number, x: number): number {
  if (x <= 0) return 0
  const front = Math.exp(-x + a * Math.log(x) - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let n = 1; n < 100_000 && term > sum * PRECISION; n++) {
      term *= x / (a + n)
      sum += term
    }
    return front * sum
  }
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let value = d
  for (let n = 1; n < 100_000; n++) {
    const an = -n * (n - a)
    b += 2
    d = 1 / nonZero(an * d + b)
    c = nonZero(b + an / c)
    value *= d * c
    if (Math.abs(d * c - 1) < PRECISION) break
  }
  return 1 - front * value
}

/** P(Z ≤ z). */
export function normalCdf(z: number): number {
  const half = incompleteGamma(0.5, (z * z) / 2) / 2
  return z < 0 ? 0.5 - half : 0.5 + half
}

export const chiSquareCdf = (x: number, df: number): number => incompleteGamma(df / 2, x / 2)

export const fCdf = (x: number, df1: number, df2: number): number =>
  x <= 0 ? 0 : incompleteBeta((df1 * x) / (df1 * x + df2), df1 / 2, df2 / 2)

export function tCdf(t: number, df: number): number {
  const tail = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2
  return t < 0 ? tail : 1 - tail
}

/** Where a distribution function passes p, between two bounds that hold it: bisection to the last digit. */
function quantile(cdf: (x: number) => number, p: number, [low, high]: readonly [number, number]): number {
  let [from, to] = [low, high]
  for (let i = 0; i < 200; i++) {
    const middle = (from + to) / 2
    if (middle === from || middle === to) break
    if (cdf(middle) < p) from = middle
    else to = middle
  }
  return (from + to) / 2
}

export const normalQuantile = (p: number): number => quantile(normalCdf, p, [-40, 40])
export const tQuantile = (p: number, df: number): number => quantile((t) => tCdf(t, df), p, [-1e6, 1e6])
export const fQuantile = (p: number, df1: number, df2: number): number =>
  quantile((x) => fCdf(x, df1, df2), p, [0, 1e6])
export const chiSquareQuantile = (p: number, df: number): number => quantile((x) => chiSquareCdf(x, df), p, [0, 1e5])

/** Σ Poisson(j; mean) · term(j), from the likeliest j both ways until the weights are nothing. */
function poissonMixture(mean: number, term: (j: number) => number): number {
  const centre = Math.floor(mean)
  const weight = (j: number): number => (mean === 0 ? 1 : Math.exp(-mean + j * Math.log(mean) - logGamma(j + 1)))
  let sum = 0
  for (let j = centre; j >= 0; j--) {
    const w = weight(j)
    sum += w * term(j)
    if (w < 1e-17) break
  }
  for (let j = centre + 1; mean > 0; j++) {
    const w = weight(j)
    sum += w * term(j)
    if (w < 1e-17) break
  }
  return sum
}

/** Non-central χ² with non-centrality `nc`. */
export const noncentralChiSquareCdf = (x: number, df: number, nc: number): number =>
  poissonMixture(nc / 2, (j) => chiSquareCdf(x, df + 2 * j))

/** Non-central F with non-centrality `nc`. */
export function noncentralFCdf(x: number, [df1, df2]: readonly [number, number], nc: number): number {
  if (x <= 0) return 0
  const share = (df1 * x) / (df1 * x + df2)
  return poissonMixture(nc / 2, (j) => incompleteBeta(share, df1 / 2 + j, df2 / 2))
}

/** Non-central t with non-centrality `nc`: Lenth 1989, Applied Statistics 38:185, summed from the likeliest term. */
export function noncentralTCdf(t: number, df: number, nc: number): number {
  if (t < 0) return 1 - noncentralTCdf(-t, df, -nc)
  const x = (t * t) / (t * t + df)
  const mean = (nc * nc) / 2
  const even = poissonMixture(mean, (j) => incompleteBeta(x, j + 0.5, df / 2))
  // The odd terms weigh like a Poisson of half-integers, and take the sign of nc.
  const odd = oddMixture(nc, (j) => incompleteBeta(x, j + 1, df / 2))
  return Math.min(1, Math.max(0, normalCdf(-nc) + (even + odd) / 2))
}

function oddMixture(nc: number, term: (j: number) => number): number {
  const mean = (nc * nc) / 2
  if (mean === 0) return 0
  const weight = (j: number): number => (nc / Math.SQRT2) * Math.exp(-mean + j * Math.log(mean) - logGamma(j + 1.5))
  let sum = 0
  for (let j = Math.floor(mean); j >= 0 && Math.abs(weight(j)) > 1e-17; j--) sum += weight(j) * term(j)
  for (let j = Math.floor(mean) + 1; Math.abs(weight(j)) > 1e-17; j++) sum += weight(j) * term(j)
  return sum
}
