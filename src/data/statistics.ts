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

export function summarise(groups: readonly Attempts[]): Summary {
  const all = groups.flatMap(({ trajectories }) => trajectories)
  const scores = groups.map(({ trajectories }) => trajectories.flatMap((t) => successOf(t) ?? []))
  const samples = Math.max(0, ...groups.map(({ trajectories }) => trajectories.length))
  const counted = scores.map((attempts) => ({ n: attempts.length, c: attempts.filter((score) => score >= 1).length }))
  const tokens = all.reduce((sum, { usage }) => sum + usage.promptTokens + usage.completionTokens, 0)
  return {
    tasks: groups.length,
    samples,
    success: proportion(scores),
    return: bootstrap(groups.flatMap(({ trajectories }) => mean(trajectories.flatMap((t) => returnOf(t) ?? [])) ?? [])),
    metrics: metricsOf(groups),
    passAt: perK(samples, counted, (n, c, k) => 1 - choose(n - c, k) / choose(n, k)),
    passHat: perK(samples, counted, (n, c, k) => choose(c, k) / choose(n, k)),
    outcomes: countOutcomes(all),
    steps: all.reduce((sum, { steps }) => sum + steps.length, 0),
    tokens,
    costUsd: all.reduce<number | null>(
      (sum, { costUsd }) => (sum === null || costUsd === null ? null : sum + costUsd),
      0,
    ),
  }
}

function metricsOf(groups: readonly Attempts[]): Record<string, Interval> {
  const values = new Map<string, number[][]>()
  for (const { trajectories } of groups) {
    const ofTask = new Map<string, number[]>()
    for (const { rewards } of trajectories)
      for (const [name, { value, weight }] of Object.entries(rewards))
        if (weight === 0 && name !== 'success' && value !== null) ofTask.set(name, [...(ofTask.get(name) ?? []), value])
    for (const [name, attempts] of ofTask) values.set(name, [...(values.get(name) ?? []), attempts])
  }
  return Object.fromEntries([...values].map(([name, attempts]) => [name, proportion(attempts)]))
}

function countOutcomes(trajectories: readonly Played[]): Outcomes {
  const count = (kind: Outcome['kind']): number => trajectories.filter(({ outcome }) => outcome.kind === kind).length
  return {
    scored: count('scored'),
    unscored: count('unscored'),
    broken: count('broken'),
    cancelled: count('cancelled'),
    overBudget: count('over-budget'),
  }
}

/** undefined for no values. */
export function mean(values: readonly number[]): number | undefined {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined
}

const RESAMPLES = 2000

/** The mean with its percentile-bootstrap interval (Efron 1979), 2,000 resamples, the same at every call. */
export function bootstrap(values: readonly number[]): Interval {
  const n = values.length
  const centre = mean(values)
  if (centre === undefined) return { mean: null, low: null, high: null }
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
function proportion(scores_task: readonly (readonly number[])[]): Interval {
  const means = scores_task.flatMap((scores) => mean(scores) ?? [])
  const first = means[0]
  if ((first === 0 || first === 1) && means.every((value) => value === first)) return wilson(first, means.length)
  return bootstrap(means)
}

function wilson(p: number, n: number): Interval {
  const z = 1.959964
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  return { mean: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

/** The mean over the tasks with at least k scored attempts, for each k that any task has. */
function perK(
  samples: number,
  counted: readonly { n: number; c: number }[],
  estimate: (n: number, c: number, k: number) => number,
): Record<string, number> {
  const out: Record<string, number> = {}
  for (let k = 1; k <= samples; k++) {
    const value = mean(counted.filter(({ n }) => n >= k).map(({ n, c }) => estimate(n, c, k)))
    if (value !== undefined) out[k] = value
  }
  return out
}

/** n over k; 0 where k > n. */
function choose(n: number, k: number): number {
  let out = 1
  for (let i = 1; i <= k; i++) out *= (n - k + i) / i
  return Math.max(0, out)
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
