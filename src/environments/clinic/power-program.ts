/**
 * The answer key's program: the same power in Python's standard library by another way than ours (numerical
 * integration over the sampling distribution of the variance, and Poisson mixtures), so that one checks the other.
 */
import type { Design } from './power-designs.ts'

export function powerProgram(design: Design, asked: Asked): string {
  return [HEAD, bodyOf(design), 'n' in asked ? `answer = power(${asked.n})` : search(asked)].join('\n')
}

/** A sample whose power is asked, or a power and about how large the sample for it is: where the program looks. */
export type Asked = { readonly n: number } | { readonly power: number; readonly near: number }

const search = ({ power, near }: Extract<Asked, { power: number }>): string =>
  `answer = next(n for n in range(${Math.max(2, near - 1)}, ${near + 3}) if power(n) >= ${power})`

/** Simpson's rule, the gamma density of a variance, and bisection for a critical value. */
const HEAD = `from math import exp, lgamma, log, sqrt
from statistics import NormalDist
N = NormalDist()
def chi2_tail(x, df):
    # P(X > x), df of any size: the series of the lower incomplete gamma function
    a, x = df / 2, x / 2
    if x <= 0:
        return 1.0
    term = total = 1 / a
    k = 0
    while term > total * 1e-16:
        k += 1
        term *= x / (a + k)
        total += term
    return max(0.0, 1 - total * exp(a * log(x) - x - lgamma(a)))
def over_scale(df, f, steps=200):
    # mean of f(s) where df * s * s is chi-squared with df degrees
    low, high = max(1e-9, 1 - 9 / sqrt(2 * df)), 1 + 9 / sqrt(2 * df)
    c = log(2) + df / 2 * log(df / 2) - lgamma(df / 2)
    h = (high - low) / steps
    total = 0.0
    for i in range(steps + 1):
        s = low + i * h
        w = 1 if i in (0, steps) else 4 if i % 2 else 2
        total += w * exp(c + (df - 1) * log(s) - df * s * s / 2) * f(s)
    return total * h / 3
def solve(g, low, high):
    for _ in range(40):
        mid = (low + high) / 2
        low, high = (mid, high) if g(mid) > 0 else (low, mid)
    return (low + high) / 2
def mixture(mean, term):
    # sum of Poisson(j; mean) * term(j)
    j0, spread = int(mean), int(12 * sqrt(mean + 4)) + 12
    return sum(exp(-mean + j * log(mean) - lgamma(j + 1)) * term(j) for j in range(max(0, j0 - spread), j0 + spread))`

function bodyOf(design: Design): string {
  if (design.kind === 'anova') return anova(design.means, design.deviation, design.alpha)
  if (design.kind === 'chi-square') return independence(design.shares, design.alpha)
  if (design.kind === 'cox') {
    const { events, hazardRatio, alpha } = design
    return `def power(n):
    return N.cdf(sqrt(n * (${events[0]} + ${events[1]})) * abs(${hazardRatio} - 1) / (${hazardRatio} + 1) - N.inv_cdf(1 - ${alpha} / 2))`
  }
  const two = design.kind === 'two-sample'
  return `def power(n):
    df, nc = ${two ? '2 * n - 2' : 'n - 1'}, ${design.effect} * sqrt(${two ? 'n / 2' : 'n'})
    a = ${design.alpha}${design.twoSided ? ' / 2' : ''}
    t = solve(lambda c: over_scale(df, lambda s: N.cdf(-c * s)) - a, 0, 400)
    p = over_scale(df, lambda s: N.cdf(nc - t * s))
    return p${design.twoSided ? ' + over_scale(df, lambda s: N.cdf(-t * s - nc))' : ''}`
}

function anova(means: readonly number[], deviation: number, alpha: number): string {
  return `means = [${means.join(', ')}]
k = len(means)
mid = sum(means) / k
f2 = sum((m - mid) ** 2 for m in means) / ${deviation} ** 2
def power(n):
    d1, d2 = k - 1, k * (n - 1)
    tail = lambda x, df: over_scale(d2, lambda s: chi2_tail(x * d1 * s * s, df), 60)
    x = solve(lambda c: tail(c, d1) - ${alpha}, 0, 400)
    return mixture(n * f2 / 2, lambda j: tail(x, d1 + 2 * j))`
}

function independence(shares: readonly (readonly number[])[], alpha: number): string {
  return `table = [${shares.map((row) => `[${row.join(', ')}]`).join(', ')}]
rows = [sum(r) for r in table]
cols = [sum(c) for c in zip(*table)]
w2 = sum((p - r * c) ** 2 / (r * c) for row, r in zip(table, rows) for p, c in zip(row, cols))
df = (len(rows) - 1) * (len(cols) - 1)
x = solve(lambda c: chi2_tail(c, df) - ${alpha}, 0, 400)
def power(n):
    return mixture(n * w2 / 2, lambda j: chi2_tail(x, df + 2 * j))`
}
