/**
 * What an algorithm makes of a batch of groups: arithmetic on rewards and log-probabilities, handed to the engine as
 * weights. Here stands what a learner is, and what learners share.
 */
import {
  type Call,
  callsOf,
  type Datum,
  type Engine,
  type Group,
  type Random,
  successOf,
  type Trajectory,
} from '../core/index.ts'
import type { Scorer } from './likelihood.ts'
import type { Sequence } from './sequence.ts'

export interface LearnOptions {
  /** The policy as it stands: after the updates for everything handed back so far. */
  readonly engine: Scorer & Partial<Pick<Engine, 'scores' | 'version'>>
  readonly random: Random
}

/** Hands back the data of one update after another; each update is made before the next is asked for. */
export type Learner = (groups: readonly Group[], options: LearnOptions) => AsyncGenerator<readonly Datum[], Lesson>

/** What a learner says at the end: for people to read, and for no code to obey. */
export interface Lesson {
  /** Trajectories that could teach nothing, by why. */
  readonly skipped: Readonly<Record<string, number>>
  /** What was measured on the way, by name: means over all updates. Empty where nothing was. */
  readonly figures: Readonly<Record<string, number>>
}

/** What a scored attempt was paid. */
export interface Paid {
  readonly return: number
  /** T, one for each step; the rubric's verdict is part of the last. One entry where no step was taken. */
  readonly steps_T: readonly number[]
}

export interface ScoredAttempt extends Paid {
  readonly trajectory: Trajectory
}

/** The attempts that have a score, and what they were paid: the others are left out before anything is compared. */
export function scoredOf({ trajectories }: Group): ScoredAttempt[] {
  return trajectories.flatMap((trajectory) => {
    const { outcome, rewards, steps } = trajectory
    if (outcome.kind !== 'scored') return []
    const verdict = Object.values(rewards).reduce((sum, { weight, value }) => sum + weight * (value ?? 0), 0)
    const steps_T = steps.map(({ reward }) => reward)
    const last = Math.max(0, steps.length - 1)
    const paid = steps_T.toSpliced(last, 1, (steps_T[last] ?? 0) + verdict)
    return [{ trajectory, return: outcome.return, steps_T: paid }]
  })
}

/** Whether an attempt was judged, and judged to be all that was asked for. */
export function succeeded(trajectory: Trajectory): boolean {
  return successOf(trajectory) === 1
}

type PerToken = (step: number, i: number) => number

/**
 * A weight on every sampled token, by the step it belongs to and its place; none on context. `advantage` says the same
 * way what each is weighed for, where the algorithm knows: for the record.
 */
export function weigh({ tokens, sampled, steps, of }: Sequence, weight: PerToken, advantage?: PerToken): Datum {
  const perToken = (value: PerToken): number[] =>
    sampled.map((logprob, i) => (logprob === null ? 0 : value(steps[i]!, i)))
  return { tokens, weights: perToken(weight), of: { ...of, ...(advantage && { advantages: perToken(advantage) }) } }
}

export interface Passes {
  /** How much goes into an update; all of it, in its order, unless given. */
  readonly minibatch?: number
  /** How often everything is gone through; once unless given. */
  readonly epochs?: number
}

/** What goes into each update, in an order that is new in every epoch. The last may be smaller. */
export function minibatches<T>(items: readonly T[], { minibatch, epochs = 1 }: Passes, random: Random): T[][] {
  for (const [name, value] of Object.entries({ minibatch, epochs }))
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw new Error(`'${name}' is ${value}, where a whole number from 1 on is needed`)
  if (items.length === 0) return []
  if (minibatch === undefined) return Array.from({ length: epochs }, () => [...items])
  const passes = Array.from({ length: epochs }, () => random.shuffle(items)).flat()
  const count = Math.ceil(passes.length / minibatch)
  return Array.from({ length: count }, (_, i) => passes.slice(i * minibatch, (i + 1) * minibatch))
}

/**
 * A negative control: the same rewards, handed to the wrong members of each group, and within them to the wrong
 * steps. What learns from this is no learner.
 */
export function shuffledWithinGroups(learner: Learner): Learner {
  return (groups, options) =>
    learner(
      groups.map((group) => ({ ...group, trajectories: shuffle(group, options.random) })),
      options,
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

/**
 * A negative control for imitation: the same answers, each dealt to another question of the batch. What learns from
 * this has learned no more than what answers look like.
 */
export function shuffledAnswers(learner: Learner): Learner {
  return (groups, options) => {
    const all = groups.flatMap(({ trajectories }) => trajectories)
    const answers = options.random.shuffle(all.flatMap(callsOf).map(({ completion }) => completion)).values()
    const dealt = (call: Call): Call => {
      // Its tokens stay behind: they were sampled after another prompt.
      const { tokens: _, ...completion } = answers.next().value!
      return { ...call, completion }
    }
    return learner(
      groups.map((group) => ({
        ...group,
        trajectories: group.trajectories.map((trajectory) => ({
          ...trajectory,
          steps: trajectory.steps.map((step) => ({ ...step, calls: step.calls.map(dealt) })),
          trailing: trajectory.trailing.map(dealt),
        })),
      })),
      options,
    )
  }
}
