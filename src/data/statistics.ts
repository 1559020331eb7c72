/**
 * Honest numbers from trajectories. What has no score is counted and left out, never averaged as 0 (law 1); tasks,
 * not attempts, are what is resampled, because attempts at one task are not independent.
 */
import { type Outcome, random, returnOf, successOf, type Trajectory } from '../core/index.ts'
import type { Row } from './row.ts'

/** A mean with its 95 % interval; all null where there was nothing to average. */
export interface Interval {
  readonly mean: number | null
  readonly low: number | null
  readonly high: number | null
}

export interface Outcomes {
  readonly scored: number
  readonly unscored: number
  readonly broken: number
  readonly cancelled: number
  readonly overBudget: number
}

export interface Summary {
  readonly tasks: number
  /** The largest number of attempts at a task. */
  readonly samples: number
  readonly success: Interval
  readonly return: Interval
  /** Means of the rewards that weigh nothing, over the tasks that each can judge, by name. */
  readonly metrics: Readonly<Record<string, Interval>>
  /** k → the chance that at least one of k attempts succeeds. */
  readonly passAt: Readonly<Record<string, number>>
  /** k → the chance that all k attempts succeed (pass^k, Yao et al. 2024). */
  readonly passHat: Readonly<Record<string, number>>
  readonly outcomes: Outcomes
  readonly steps: number
  readonly tokens: number
  /** null where a call did not say what it cost. */
  readonly costUsd: number | null
}

/** As much of a trajectory as the numbers need. */
export type Played = Pick<Trajectory, 'outcome' | 'rewards' | 'usage' | 'costUsd'> & {
  readonly steps: { readonly length: number }
}

/** The attempts at one task. */
export interface Attempts {
  readonly trajectories: readonly Played[]
}

/** The same of a trajectory in the store, without its body. */
export function playedOf(row: Row): Played {
  const { outcome: kind, return: paid, failure, rewards, promptTokens, completionTokens, costUsd, steps } = row
  const outcome: Outcome =
    kind === 'scored'
      ? { kind, return: paid ?? 0 }
      : kind === 'broken'
        ? { kind, failure: failure ?? { boundary: 'agent', message: 'unknown' } }
        : kind === 'cancelled'
          ? { kind }
          : { kind, why: row.stop }
  return { outcome, rewards, usage: { promptTokens, completionTokens }, costUsd, steps: { length: steps } }
}

/** What the numbers need of the attempts at one task; means are undefined where nothing was scored. */
export interface TaskNumbers extends Counted {
  readonly attempts: number
  readonly success: number | undefined
  readonly return: number | undefined
  /** Means of the rewards that weigh nothing, over the attempts that each could judge. */
  readonly metrics: ReadonlyMap<string, number>
}

/** Attempts at a task whose success is known, and those of them that succeeded. */
export interface Counted {
  readonly scored: number
  readonly won: number
}

/** Sums over attempts, whatever their task. */
export type Sums = Pick<Summary, 'outcomes' | 'steps' | 'tokens' | 'costUsd'>

export const summarise = (groups: readonly Attempts[]): Summary =>
  summaryOf(groups.map(numbersOf), sumsOf(groups.flatMap(({ trajectories }) => trajectories)))

export function summaryOf(tasks: readonly TaskNumbers[], sums: Sums): Summary {
  const curves = passCurves(tasks)
  const metrics = Map.groupBy(
    tasks.flatMap((task) => [...task.metrics]),
    ([name]) => name,
  )
  return {
    tasks: tasks.length,
    samples: tasks.reduce((most, { attempts }) => Math.max(most, attempts), 0),
    success: proportion(tasks.flatMap(({ success }) => success ?? [])),
    return: bootstrap(tasks.flatMap((task) => task.return ?? [])),
    metrics: Object.fromEntries(
      [...metrics].map(([name, found]) => [name, proportion(found.map(([, value]) => value))]),
    ),
    passAt: Object.fromEntries(curves.map(({ k, passAt }) => [k, passAt])),
    passHat: Object.fromEntries(curves.map(({ k, passHat }) => [k, passHat])),
    ...sums,
  }
}

function numbersOf({ trajectories }: Attempts): TaskNumbers {
  const scores = trajectories.flatMap((trajectory) => successOf(trajectory) ?? [])
  const metrics = trajectories.flatMap(({ rewards }) =>
    Object.entries(rewards).flatMap(([name, { value, weight }]) =>
      weight === 0 && name !== 'success' && value !== null ? [{ name, value }] : [],
    ),
  )
  const byName = Map.groupBy(metrics, ({ name }) => name)
  return {
    attempts: trajectories.length,
    scored: scores.length,
    won: scores.filter((score) => score >= 1).length,
    success: mean(scores),
    return: mean(trajectories.flatMap((trajectory) => returnOf(trajectory) ?? [])),
    metrics: new Map([...byName].map(([name, found]) => [name, mean(found.map(({ value }) => value))!])),
  }
}

function sumsOf(all: readonly Played[]): Sums {
  const count = (kind: Outcome['kind']): number => all.filter(({ outcome }) => outcome.kind === kind).length
  return {
    outcomes: {
      scored: count('scored'),
      unscored: count('unscored'),
      broken: count('broken'),
      cancelled: count('cancelled'),
      overBudget: count('over-budget'),
    },
    steps: all.reduce((sum, { steps }) => sum + steps.length, 0),
    tokens: all.reduce((sum, { usage }) => sum + usage.promptTokens + usage.completionTokens, 0),
    costUsd: all.reduce<number | null>(
      (sum, { costUsd }) => (sum === null || costUsd === null ? null : sum + costUsd),
      0,
    ),
  }
}

/** undefined for no values. */
export function mean(values: readonly number[] | Float64Array): number | undefined {
  let sum = 0
  for (const value of values) sum += value
  return values.length > 0 ? sum / values.length : undefined
}

const RESAMPLES = 2000
/** Of more values than these the resampled means are normal for all that can be seen: reckoned, not drawn. */
const MANY = 2000

/** The mean with its percentile-bootstrap interval (Efron 1979), 2,000 resamples, the same at every call. */
export function bootstrap(values: readonly number[]): Interval {
  const n = values.length
  const centre = mean(values)
  if (centre === undefined) return { mean: null, low: null, high: null }
  if (n > MANY) {
    const half = Z * Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / n / n)
    return { mean: centre, low: centre - half, high: centre + half }
  }
  const rng = random(n)
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += values[rng.int(n)]!
    return sum / n
  }).sort()
  const at = (quantile: number): number => means[Math.round(quantile * (RESAMPLES - 1))]!
  return { mean: centre, low: at(0.025), high: at(0.975) }
}

/**
 * The mean of tasks' means, each from 0 to 1. Where all tasks agree on 0 or on 1 a bootstrap would claim certainty,
 * so the interval there is Wilson's (1927), one observation a task.
 */
export function proportion(means: readonly number[]): Interval {
  const first = means[0]
  if ((first === 0 || first === 1) && means.every((value) => value === first)) return wilson(first, means.length)
  return bootstrap(means)
}

/** The normal quantile of a 95 % interval. */
const Z = 1.959964

function wilson(p: number, n: number): Interval {
  const centre = (p + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n)
  const half = (Z / (1 + (Z * Z) / n)) * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n))
  return { mean: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

export interface PassAtK {
  readonly k: number
  /** The chance that at least one of k attempts succeeds (Chen et al. 2021). */
  readonly passAt: number
  /** The chance that all k do (pass^k, Yao et al. 2024). */
  readonly passHat: number
}

/** Each k up to here, then its doubles, and the last: nobody reads ten thousand of them. */
const EVERY_K = 256

/** For each k that any task has scored attempts for, the mean over the tasks that have as many. */
export function passCurves(tasks: readonly Counted[]): PassAtK[] {
  const alike = Map.groupBy(tasks, ({ scored, won }) => `${scored}/${won}`)
  const kinds = [...alike.values()].map((same) => ({ ...same[0]!, tasks: same.length }))
  const widest = kinds.reduce((most, { scored }) => Math.max(most, scored), 0)
  const curve: PassAtK[] = []
  const after = (k: number): number => (k < EVERY_K || k === widest ? k + 1 : Math.min(widest, 2 * k))
  for (let k = 1; k <= widest; k = after(k)) {
    let [passAt, passHat, counted] = [0, 0, 0]
    for (const { scored, won, tasks } of kinds) {
      if (scored < k) continue
      passAt += tasks * (1 - allAmong(scored - won, scored, k))
      passHat += tasks * allAmong(won, scored, k)
      counted += tasks
    }
    curve.push({ k, passAt: passAt / counted, passHat: passHat / counted })
  }
  return curve
}

/** The chance that k drawn from n, none of them twice, all lie among m of the n. */
function allAmong(m: number, n: number, k: number): number {
  let chance = 1
  for (let i = 0; i < k && chance > 0; i++) chance *= (m - i) / (n - i)
  return Math.max(0, chance)
}

/** What paired runs say of an arm against a baseline. */
export interface Comparison {
  readonly seeds: number
  readonly delta: Interval
  /** A claim takes at least five seeds (law 10), and an interval on one side of 0. */
  readonly verdict: 'gain' | 'loss' | 'no effect' | 'too few seeds'
}

const CLAIM_SEEDS = 5

/** The mean of the differences, seed by seed, with a bootstrap interval over the seeds. Same lengths, same order. */
export function compare(arm_seed: readonly number[], baseline_seed: readonly number[]): Comparison {
  const seeds = arm_seed.length
  if (seeds !== baseline_seed.length) throw new Error(`${seeds} seeds cannot be paired with ${baseline_seed.length}`)
  const delta = bootstrap(arm_seed.map((value, i) => value - baseline_seed[i]!))
  const verdict = (delta.low ?? 0) > 0 ? 'gain' : (delta.high ?? 0) < 0 ? 'loss' : 'no effect'
  return { seeds, delta, verdict: seeds < CLAIM_SEEDS ? 'too few seeds' : verdict }
}
