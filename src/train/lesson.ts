/** What an algorithm makes of a batch of groups: arithmetic on their returns, handed to the engine as weights. */
import { type Datum, type Group, type Random, returnOf, type Trajectory } from '../core/index.ts'
import { countSampled, type Sequence, sequencesOf } from './sequence.ts'

export interface Lesson {
  /** One update for each. */
  readonly batches: readonly (readonly Datum[])[]
  /** Trajectories that could teach nothing, by why. */
  readonly skipped: Readonly<Record<string, number>>
}

export type Learner = (groups: readonly Group[], random: Random) => Lesson

/** A group's returns to one advantage each: same length, same order. */
export type Advantages = (returns_G: readonly number[]) => number[]

/**
 * The policy gradient of one batch, taken with the policy that sampled it: −1/N Σ A·log p over the N sampled tokens
 * of all trajectories (the token-level mean of DAPO, Yu et al. 2025). Being on-policy, the importance ratio is 1 and
 * there is nothing to clip. Members without a score are left out before the group is compared.
 */
export function policyGradient(groups: readonly Group[], advantages: Advantages): Lesson {
  const taught: { sequences: Sequence[]; advantage: number }[] = []
  const skipped = { unscored: 0, 'no spread in the group': 0 }
  for (const { trajectories } of groups) {
    const scored = trajectories.flatMap((t) => (t.outcome.kind === 'scored' ? [t] : []))
    skipped.unscored += trajectories.length - scored.length
    const advantages_G = advantages(scored.map((trajectory) => returnOf(trajectory) as number))
    scored.forEach((trajectory, g) => {
      const advantage = advantages_G[g]!
      if (advantage === 0) skipped['no spread in the group']++
      else taught.push({ sequences: sequencesOf(trajectory), advantage })
    })
  }
  const total = taught.reduce((sum, { sequences }) => sum + countSampled(sequences), 0)
  const data = taught.flatMap(({ sequences, advantage }) => sequences.map((s) => weigh(s, advantage / total)))
  return { batches: data.length > 0 ? [data] : [], skipped }
}

/** The same weight on every sampled token, none on context. */
export function weigh({ tokens, sampled }: Sequence, weight: number): Datum {
  return { tokens, weights: sampled.map((logprob) => (logprob === null ? 0 : weight)) }
}

/** A negative control: the same returns, handed to the wrong members of each group. What learns from this is no learner. */
export function shuffledWithinGroups(learner: Learner): Learner {
  return (groups, random) =>
    learner(
      groups.map((group) => ({ ...group, trajectories: shuffle(group, random) })),
      random,
    )
}

function shuffle({ trajectories }: Group, random: Random): Trajectory[] {
  const outcomes = random.shuffle(trajectories.map(({ outcome }) => outcome))
  return trajectories.map((trajectory, i) => ({ ...trajectory, outcome: outcomes[i]! }))
}
