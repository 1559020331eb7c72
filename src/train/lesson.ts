/** What an algorithm makes of a batch of groups: arithmetic on their rewards, handed to the engine as weights. */
import type { Datum, Group, Random, Trajectory } from '../core/index.ts'
import { countSampled, type Sequence, sequencesOf } from './sequence.ts'

export interface Lesson {
  /** One update for each. */
  readonly batches: readonly (readonly Datum[])[]
  /** Trajectories that could teach nothing, by why. */
  readonly skipped: Readonly<Record<string, number>>
}

export type Learner = (groups: readonly Group[], random: Random) => Lesson

/** What a scored attempt was paid. */
export interface Paid {
  readonly return: number
  /** T, one for each step; the rubric's verdict is part of the last. One entry where no step was taken. */
  readonly steps_T: readonly number[]
}

/** What a group's attempts were paid to the advantage of each of their steps: same lengths, same order. */
export type Advantages = (paid_G: readonly Paid[]) => readonly (readonly number[])[]

/** Outcome supervision: every step of an attempt has the advantage that `advantages` gives to its return. */
export function ofReturns(advantages: (returns_G: readonly number[]) => readonly number[]): Advantages {
  return (paid_G) =>
    advantages(paid_G.map((paid) => paid.return)).map((advantage, g) => paid_G[g]!.steps_T.map(() => advantage))
}

/**
 * The policy gradient of one batch, taken with the policy that sampled it: −1/N Σ A·log p over the N sampled tokens
 * of all trajectories (the token-level mean of DAPO, Yu et al. 2025). Being on-policy, the importance ratio is 1 and
 * there is nothing to clip. Members without a score are left out before the group is compared.
 */
export function policyGradient(groups: readonly Group[], advantages: Advantages): Lesson {
  const taught: { sequences: Sequence[]; advantage_T: readonly number[] }[] = []
  const skipped = { unscored: 0, 'no spread in the group': 0 }
  for (const { trajectories } of groups) {
    const scored = trajectories.flatMap((trajectory) => {
      const paid = paidTo(trajectory)
      return paid ? [{ trajectory, paid }] : []
    })
    skipped.unscored += trajectories.length - scored.length
    const advantages_GT = advantages(scored.map(({ paid }) => paid))
    scored.forEach(({ trajectory }, g) => {
      const advantage_T = advantages_GT[g]!
      if (advantage_T.every((advantage) => advantage === 0)) skipped['no spread in the group']++
      else taught.push({ sequences: sequencesOf(trajectory), advantage_T })
    })
  }
  const total = taught.reduce((sum, { sequences }) => sum + countSampled(sequences), 0)
  const data = taught.flatMap(({ sequences, advantage_T }) =>
    sequences.map((sequence) => weigh(sequence, (step) => advantage_T[step]! / total)),
  )
  return { batches: data.length > 0 ? [data] : [], skipped }
}

/** A step's weight on its every sampled token, none on context. */
export function weigh({ tokens, sampled, steps }: Sequence, weight: (step: number) => number): Datum {
  return { tokens, weights: sampled.map((logprob, i) => (logprob === null ? 0 : weight(steps[i]!))) }
}

function paidTo({ outcome, rewards, steps }: Trajectory): Paid | undefined {
  if (outcome.kind !== 'scored') return undefined
  const verdict = Object.values(rewards).reduce((sum, { weight, value }) => sum + weight * (value ?? 0), 0)
  const steps_T = steps.map(({ reward }) => reward)
  const last = Math.max(0, steps.length - 1)
  return { return: outcome.return, steps_T: steps_T.toSpliced(last, 1, (steps_T[last] ?? 0) + verdict) }
}

/**
 * A negative control: the same rewards, handed to the wrong members of each group, and within them to the wrong
 * steps. What learns from this is no learner.
 */
export function shuffledWithinGroups(learner: Learner): Learner {
  return (groups, random) =>
    learner(
      groups.map((group) => ({ ...group, trajectories: shuffle(group, random) })),
      random,
    )
}

function shuffle({ trajectories }: Group, random: Random): Trajectory[] {
  const verdicts = random.shuffle(trajectories.map(({ outcome, rewards }) => ({ outcome, rewards })))
  const paid = random.shuffle(trajectories.flatMap(({ steps }) => steps.map(({ reward }) => reward))).values()
  return trajectories.map((trajectory, i) => ({
    ...trajectory,
    ...verdicts[i]!,
    steps: trajectory.steps.map((step) => ({ ...step, reward: paid.next().value! })),
  }))
}
