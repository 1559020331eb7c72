/**
 * The policy gradient that REINFORCE, GRPO and PPO share. They differ in what an attempt's steps were worth (the
 * advantages); how tokens are averaged, clipped and held near a reference is the same arithmetic for all:
 *
 *   J = mean over tokens of  min(ρA, clip(ρ, 1 − ε_low, 1 + ε_high)·A) − β·KL,   ρ = p(token) / p_sampled(token)
 *
 * (Schulman et al. 2017 eq. 7; Shao et al. 2024 eq. 3; with two epsilons Yu et al. 2025 eq. 10). What goes to the
 * engine is ∂J/∂log p of each token.
 */
import { callsOf, type Datum, type Group, type StopReason, type Trajectory } from '../core/index.ts'
import { type Meter, meter } from './figures.ts'
import { type KlEstimator, klEstimators } from './kl.ts'
import {
  type Learner,
  type LearnOptions,
  type Lesson,
  minibatches,
  type Passes,
  type ScoredAttempt,
  scoredOf,
  weigh,
} from './lesson.ts'
import { type Likelihoods, likelihoods, type Scorer } from './likelihood.ts'
import { countSampled, type Sequence, sequencesOf } from './sequence.ts'

/** A batch's groups of scored attempts to an advantage for each of their steps: same lengths, same order. */
export type Advantages = (scored_BG: readonly (readonly ScoredAttempt[])[]) => number[][][]

/** Every step of an attempt has the advantage that `advantages` gives to its return within its group. */
export function ofReturns(advantages: (returns_G: readonly number[]) => readonly number[]): Advantages {
  return (scored_BG) =>
    scored_BG.map((scored_G) =>
      advantages(scored_G.map((scored) => scored.return)).map((a, g) => scored_G[g]!.steps_T.map(() => a)),
    )
}

/** `minibatch` counts attempts. */
export interface SurrogateOptions extends Passes {
  /**
   * What an update is the mean of. 'token', unless given: of all its tokens (Yu et al. 2025 §3.3), so that a long
   * attempt counts for more. 'sequence': of its attempts, each the mean of its own tokens (Shao et al. 2024 eq. 3).
   * `{ constant }`: of its attempts, each the sum over its tokens divided by that many, which no length can bias
   * (Dr. GRPO, Liu et al. 2025); the tokens an attempt may have is a fitting number.
   */
  readonly aggregation?: 'token' | 'sequence' | { readonly constant: number }
  /** How far below and above 1 the ratio of a token still counts. 0.2 unless given, `epsilonHigh` as `epsilonLow`. */
  readonly epsilonLow?: number
  /** Higher than `epsilonLow` it is DAPO's clip-higher: 0.28 there (Yu et al. 2025 §4.1). */
  readonly epsilonHigh?: number
  /**
   * Attempts without any advantage, as all those of a group that was paid the same, are dropped: they have no part in
   * the mean. So it is unless this is false; then they count with what they have, which is nothing but a KL penalty.
   * DAPO (§3.2) then samples others until the batch is full again. Here a round costs what its rollout costs: the
   * batch shrinks, and the lesson says by how much.
   */
  readonly dynamicSampling?: boolean
  /**
   * Attempts that a limit cut off carry no weight and do not count, though they are compared with (Yu et al. 2025
   * §3.4); false unless given. A limit is one of the world, of the episode or of the tokens of one of its turns.
   */
  readonly overlongFiltering?: boolean
  readonly kl?: KlPenalty
}

export interface KlPenalty {
  readonly estimator: KlEstimator
  /** β: how much of it is taken from the objective. */
  readonly coefficient: number
  /** What to stay near; the policy as it stands before the round's first update unless given. */
  readonly reference?: Scorer
}

/**
 * A single update with everything is on-policy: its ratios are 1, nothing is clipped and no engine is asked. With
 * several, or with a penalty, tokens are scored before each update, and the lesson's figures are the mean ratio, the
 * fraction of tokens that was `clipped`, the mean `kl` and the mean `age` of calls: the updates that the policy has seen
 * since it answered them. The ratios are to the log-probabilities captured at sampling;
 * what was sampled without, or at another temperature than 1, is refused.
 */
export function policyGradient(advantages: Advantages, options: SurrogateOptions = {}): Learner {
  const { dynamicSampling = true } = options
  checkOptions(options)
  return async function* (groups, learning) {
    const { attempts, skipped } = attemptsOf(groups, advantages, { ...options, dynamicSampling })
    return { skipped, figures: yield* ascent(attempts, options, learning) }
  }
}

/** The updates that make attempts more likely or less, token by token; in the end, what was measured. */
export async function* ascent(
  attempts: readonly Attempt[],
  options: SurrogateOptions,
  { engine, random }: LearnOptions,
): AsyncGenerator<readonly Datum[], Lesson['figures']> {
  const { kl, minibatch, epochs = 1 } = options
  const asks = epochs > 1 || minibatch !== undefined || kl !== undefined
  if (asks) attempts.forEach((attempt) => demandCaptured(attempt))
  const reference = kl && (await likelihoods(kl.reference ?? engine, sequencesIn(attempts)))
  const figures = meter()
  for (const chosen of minibatches(attempts, options, random)) {
    const now = asks ? await likelihoods(engine, sequencesIn(chosen)) : undefined
    if (asks) for (const { trajectory } of chosen) measureAge(trajectory, engine.version, figures)
    const data = weighed(chosen, { ...options, now, reference, figures })
    if (data.length > 0) yield data
  }
  return figures.means()
}

function measureAge(trajectory: Trajectory, version: number | undefined, figures: Meter): void {
  for (const { role, completion } of callsOf(trajectory))
    if (role === 'policy' && version !== undefined && completion.policyVersion !== undefined)
      figures.add('age', version - completion.policyVersion)
}

export interface Clip {
  readonly epsilonLow: number
  readonly epsilonHigh: number
}

/** ∂/∂log p of min(ρA, clip(ρ, 1 − ε_low, 1 + ε_high)·A): ρA, and 0 where the ratio went too far where A wants it. */
export function clippedSlope(ratio: number, advantage: number, { epsilonLow, epsilonHigh }: Clip): number {
  return isClipped(ratio, advantage, { epsilonLow, epsilonHigh }) ? 0 : ratio * advantage
}

function isClipped(ratio: number, advantage: number, { epsilonLow, epsilonHigh }: Clip): boolean {
  return (advantage > 0 && ratio > 1 + epsilonHigh) || (advantage < 0 && ratio < 1 - epsilonLow)
}

export interface Attempt {
  readonly trajectory: Trajectory
  readonly sequences: readonly Sequence[]
  /** Of the token at place `i`, which belongs to that step. */
  readonly advantage: (sequence: Sequence, step: number, i: number) => number
}

const sequencesIn = (attempts: readonly Attempt[]): Sequence[] => attempts.flatMap(({ sequences }) => sequences)

/** What can be learned from, and how many trajectories cannot, by why. */
function attemptsOf(
  groups: readonly Group[],
  advantages: Advantages,
  { dynamicSampling, overlongFiltering }: SurrogateOptions,
): { attempts: Attempt[]; skipped: Record<string, number> } {
  const attempts: Attempt[] = []
  const scored_BG = groups.map(scoredOf)
  const advantages_BGT = advantages(scored_BG)
  const skipped: Record<string, number> = { unscored: 0, 'no spread in the group': 0 }
  if (overlongFiltering) skipped['cut off by a limit'] = 0
  for (const [b, scored_G] of scored_BG.entries()) {
    skipped['unscored']! += groups[b]!.trajectories.length - scored_G.length
    for (const [g, { trajectory }] of scored_G.entries()) {
      const advantage_T = advantages_BGT[b]![g]!
      if (overlongFiltering && isCutOff(trajectory)) skipped['cut off by a limit']!++
      else if (dynamicSampling && advantage_T.every((advantage) => advantage === 0))
        skipped['no spread in the group']!++
      else
        attempts.push({
          trajectory,
          sequences: sequencesOf(trajectory),
          advantage: (_, step) => advantage_T[step]!,
        })
    }
  }
  return { attempts, skipped }
}

const LIMITS: readonly StopReason[] = ['truncated', 'steps', 'calls', 'tokens', 'time']

/** Whether it ended by a limit, and not because somebody meant it to. */
export function isCutOff(trajectory: Trajectory): boolean {
  return (
    LIMITS.includes(trajectory.stop) ||
    callsOf(trajectory).some(({ role, completion }) => role === 'policy' && completion.finish === 'length')
  )
}

/** The data of one update. Without `now` the policy is the one that sampled. */
function weighed(
  attempts: readonly Attempt[],
  { aggregation = 'token', kl, epsilonLow = 0.2, epsilonHigh = epsilonLow, now, reference, figures }: WeighOptions,
): Datum[] {
  const total = countSampled(sequencesIn(attempts))
  return attempts.flatMap(({ sequences, advantage: advantageOf }) => {
    const lengths = { token: total, sequence: attempts.length * countSampled(sequences) }
    const size = typeof aggregation === 'string' ? lengths[aggregation] : attempts.length * aggregation.constant
    return sequences.map((sequence) => {
      const advantageAt = (step: number, i: number): number => advantageOf(sequence, step, i)
      const weightAt = (step: number, i: number): number => {
        const advantage = advantageAt(step, i)
        const logprob = now?.get(sequence)?.[i]
        if (logprob === undefined) return advantage / size
        const ratio = Math.exp(logprob - sequence.sampled[i]!)
        figures.add('ratio', ratio)
        figures.add('clipped', isClipped(ratio, advantage, { epsilonLow, epsilonHigh }) ? 1 : 0)
        const gain = clippedSlope(ratio, advantage, { epsilonLow, epsilonHigh })
        if (!kl) return gain / size
        const { value, slope } = klEstimators[kl.estimator](logprob - reference!.get(sequence)![i]!)
        figures.add('kl', value)
        return (gain - kl.coefficient * slope) / size
      }
      return weigh(sequence, weightAt, advantageAt)
    })
  })
}

interface WeighOptions extends SurrogateOptions {
  readonly now: Likelihoods | undefined
  readonly reference: Likelihoods | undefined
  readonly figures: Meter
}

const NO_RATIO = 'so there is no ratio to them, which all but a single update without a KL penalty needs'

/**
 * Throws where it is not known how likely the policy found what it said. The engine scores at temperature 1, and so must
 * what it is compared with have been; greedy samples always are.
 */
export function demandCaptured({ trajectory, sequences }: Omit<Attempt, 'advantage'>, so = NO_RATIO): void {
  if (sequences.some(({ sampled }) => sampled.some((logprob) => Number.isNaN(logprob))))
    throw new Error(
      `${trajectory.id}: the log-probabilities its tokens were sampled with were not captured, ${so}; play with a ` +
        'model that captures them',
    )
  for (const { role, request } of callsOf(trajectory)) {
    const { temperature = 1 } = request.sampling ?? {}
    if (role === 'policy' && temperature !== 1 && temperature !== 0)
      throw new Error(
        `${trajectory.id}: it was played at temperature ${temperature}, and only what was sampled at 1 compares with ` +
          `the policy, ${so}; play at 1`,
      )
  }
}

export function checkOptions({ epsilonLow = 0.2, epsilonHigh = epsilonLow, aggregation, kl }: SurrogateOptions): void {
  if (!(epsilonLow > 0 && epsilonHigh > 0))
    throw new Error(`a ratio is clipped above 0 from 1, not at ${epsilonLow} below and ${epsilonHigh} above`)
  if (typeof aggregation === 'object' && !(aggregation.constant > 0))
    throw new Error(`a sum over tokens is divided by a positive constant, not by ${aggregation.constant}`)
  if (kl && !(kl.coefficient >= 0)) throw new Error(`a KL penalty has a coefficient from 0 on, not ${kl.coefficient}`)
}
