/**
 * Kahneman–Tversky optimisation (KTO, Ethayarajh et al. 2024): attempts need not come in pairs, it is enough that each
 * was good or bad. A good one is made more likely than a reference point, a bad one less, and those that are already
 * far on the right side matter little.
 */
import type { Group, Random, Renderer, Trajectory } from '../core/index.ts'
import { meter } from './figures.ts'
import { type Learner, minibatches, type Passes, scoredOf, succeeded, weigh } from './lesson.ts'
import { likelihoods, logprobOf, type Scorer, sigmoid } from './likelihood.ts'
import { type Sequence, sequencesOf } from './sequence.ts'

/** `minibatch` counts attempts. */
export interface KtoOptions extends Passes {
  /** How soon being on the right side is enough; 0.1 unless given. */
  readonly beta?: number
  /** λ_D and λ_U: how much a good and a bad attempt matter. 1 unless given. */
  readonly desirable?: number
  readonly undesirable?: number
  /** Which attempts are good: those that succeeded in full, unless given. */
  readonly accept?: (trajectory: Trajectory) => boolean
  /** What implicit rewards are measured from; the policy as it stands before the round's first update unless given. */
  readonly reference?: Scorer
  /** Makes tokens of text that no engine sampled. */
  readonly renderer?: Renderer
}

export interface KtoSettings {
  readonly beta: number
  /** λ of this kind of attempt. */
  readonly lambda: number
  readonly good: boolean
  /** z₀, the reference point: taken for a constant. */
  readonly reference: number
}

/**
 * λ − v (eq. 8) of an implicit reward r = log π(y|x) − log π_ref(y|x): v = λ_D·σ(β(r − z₀)) of a good attempt,
 * λ_U·σ(β(z₀ − r)) of a bad one. `slope` is ∂loss/∂r.
 */
export function ktoLoss(
  reward: number,
  { beta, lambda, good, reference }: KtoSettings,
): { loss: number; slope: number } {
  const sign = good ? 1 : -1
  const p = sigmoid(sign * beta * (reward - reference))
  return { loss: lambda * (1 - p), slope: -sign * lambda * beta * p * (1 - p) }
}

/**
 * The mean over a minibatch's attempts. z₀ is made as the paper makes it (§4.1), of completions under prompts that
 * they do not belong to: each attempt's prompt with the first turn of the next in a random order, and of these
 * max(0, mean of log π − log π_ref) over the minibatch. Figures: the mean `loss`, the mean implicit reward of `good` and `bad` attempts, and `z0`.
 */
export function kto(options: KtoOptions = {}): Learner {
  const { beta = 0.1, desirable = 1, undesirable = 1, reference, ...passes } = options
  return async function* (groups, { engine, random }) {
    const { attempts, skipped } = judged(groups, options, random)
    const before = await likelihoods(reference ?? engine, attempts.flatMap(sequencesIn))
    const figures = meter()
    for (const chosen of minibatches(attempts, passes, random)) {
      const now = await likelihoods(engine, chosen.flatMap(sequencesIn))
      const gain = (sequences: readonly Sequence[]): number => logprobOf(sequences, now) - logprobOf(sequences, before)
      const z0 = Math.max(0, mean(chosen.flatMap(({ mismatched }) => mismatched.map((sequence) => gain([sequence])))))
      figures.add('z0', z0)
      yield chosen.flatMap(({ sequences, good }) => {
        const lambda = good ? desirable : undesirable
        const { loss, slope } = ktoLoss(gain(sequences), { beta, lambda, good, reference: z0 })
        figures.add('loss', loss)
        figures.add(good ? 'good' : 'bad', gain(sequences))
        return sequences.map((sequence) => weigh(sequence, () => -slope / chosen.length))
      })
    }
    return { skipped, figures: figures.means() }
  }
}

interface Judged {
  readonly sequences: readonly Sequence[]
  readonly good: boolean
  /** One sequence, or none where there is nobody else. */
  readonly mismatched: readonly Sequence[]
}

const sequencesIn = ({ sequences, mismatched }: Judged): Sequence[] => [...sequences, ...mismatched]

function judged(
  groups: readonly Group[],
  { accept = succeeded, renderer }: KtoOptions,
  random: Random,
): { attempts: Judged[]; skipped: Record<string, number> } {
  const scored = groups.flatMap(scoredOf)
  const all = scored.map(({ trajectory }) => ({
    sequences: sequencesOf(trajectory, renderer ? { renderer } : {}),
    good: accept(trajectory),
  }))
  const kept = random.shuffle(all.filter(({ sequences }) => sequences.length > 0))
  const longest = Math.max(0, ...kept.flatMap(({ sequences }) => sequences.map(({ tokens }) => tokens.length)))
  const attempts = kept.map((attempt, i) => {
    const next = kept[(i + 1) % kept.length]!
    if (next === attempt) return { ...attempt, mismatched: [] }
    return { ...attempt, mismatched: [answeredWith(attempt.sequences[0]!, next.sequences[0]!, longest)] }
  })
  const unscored = groups.reduce((sum, { trajectories }) => sum + trajectories.length, 0) - scored.length
  return { attempts, skipped: { unscored, 'nothing sampled': all.length - kept.length } }
}

/** The prompt of one and the first turn of another, cut to a length that the engine is known to take. */
function answeredWith(asked: Sequence, answered: Sequence, longest: number): Sequence {
  const isSampled = (logprob: number | null): boolean => logprob !== null
  const prompt = asked.tokens.slice(0, asked.sampled.findIndex(isSampled))
  const start = answered.sampled.findIndex(isSampled)
  const end = answered.sampled.findIndex((logprob, i) => i > start && logprob === null)
  const turn = answered.tokens.slice(start, end < 0 ? undefined : end).slice(0, longest - prompt.length)
  const tokens = [...prompt, ...turn]
  const sampled = tokens.map((_, i) => (i < prompt.length ? null : Number.NaN))
  return { tokens, sampled, steps: tokens.map(() => 0), of: { ...asked.of, completions: [] } }
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length)
