/**
 * On-policy distillation: the student plays, and a teacher says of each token how likely it finds it. Tokens that the
 * teacher finds likelier than the student does become likelier: a step down the reverse divergence KL(π‖teacher) on
 * the student's own prefixes (Agarwal et al. 2023, GKD, with λ = 1 and the reverse KL, by sampled tokens alone; Lu
 * 2025, "On-Policy Distillation"). Off policy, on what a teacher said itself, distillation is cross-entropy on its
 * text, the forward divergence: that is sft() on the teacher's trajectories.
 */
import type { Trajectory } from '../core/index.ts'
import type { Learner } from './lesson.ts'
import { type Likelihoods, likelihoods, type Scorer } from './likelihood.ts'
import { type Attempt, ascent, checkOptions, demandCaptured, type SurrogateOptions } from './policy-gradient.ts'
import { type Sequence, sequencesOf } from './sequence.ts'

export interface DistillOptions extends Omit<SurrogateOptions, 'dynamicSampling' | 'overlongFiltering'> {
  /** With the student's vocabulary: another engine, or a sibling with adapters. */
  readonly teacher: Scorer
  /**
   * What the divergence of a later token of the sequence counts for an earlier one. 0, unless given: each token answers
   * for itself, which is what is practised. 1: the gradient is that of the divergence of whole sequences.
   */
  readonly gamma?: number
}

/**
 * Learns from every attempt, whatever became of it: no reward is asked for. The lesson's figures are the mean
 * `reverse kl` of what was sampled, before the updates, and what policyGradient says.
 */
export function distill({ teacher, gamma = 0, ...options }: DistillOptions): Learner {
  checkOptions(options)
  if (!(gamma >= 0 && gamma <= 1)) throw new Error(`a discount is from 0 to 1, not ${gamma}`)
  return async function* (groups, learning) {
    const all = groups.flatMap(({ trajectories }) => trajectories)
    const played = all.map((trajectory) => ({ trajectory, sequences: sequencesOf(trajectory) }))
    const known = played.filter(({ sequences }) => sequences.length > 0)
    for (const attempt of known) demandCaptured(attempt, 'so the student cannot be compared with the teacher')
    const taught = await likelihoods(
      teacher,
      known.flatMap(({ sequences }) => sequences),
    )
    const attempts = known.map((attempt) => withAdvantages(attempt, taught, gamma))
    const figures = yield* ascent(attempts, options, learning)
    const divergence = reverseKl(attempts, taught)
    return {
      skipped: { 'nothing sampled': all.length - known.length },
      figures: { ...(divergence !== null && { 'reverse kl': divergence }), ...figures },
    }
  }
}

interface Played {
  readonly trajectory: Trajectory
  readonly sequences: readonly Sequence[]
}

function withAdvantages({ trajectory, sequences }: Played, taught: Likelihoods, gamma: number): Attempt {
  const advantages = new Map(sequences.map((sequence) => [sequence, advantagesOf(sequence, taught, gamma)]))
  return { trajectory, sequences, advantage: (sequence, _, i) => advantages.get(sequence)![i]! }
}

/** Per token log p_teacher − log p_student, and γ times what follows among the sampled ones. */
function advantagesOf(sequence: Sequence, taught: Likelihoods, gamma: number): number[] {
  const advantages = sequence.sampled.map(() => 0)
  let later = 0
  for (const [i, logprob] of [...sequence.sampled.entries()].toReversed()) {
    if (logprob === null) continue
    later = taught.get(sequence)![i]! - logprob + gamma * later
    advantages[i] = later
  }
  return advantages
}

/** The mean of log p_student − log p_teacher over what was sampled; null where nothing was. */
function reverseKl(attempts: readonly Played[], taught: Likelihoods): number | null {
  const apart = attempts.flatMap(({ sequences }) =>
    sequences.flatMap((sequence) =>
      sequence.sampled.flatMap((logprob, i) => (logprob === null ? [] : [logprob - taught.get(sequence)![i]!])),
    ),
  )
  return apart.length > 0 ? apart.reduce((sum, d) => sum + d, 0) / apart.length : null
}
