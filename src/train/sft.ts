/** Supervised fine-tuning on what was said, whoever said it: imitation. */
import type { Renderer, Step, Trajectory } from '../core/index.ts'
import { type Learner, minibatches, weigh } from './lesson.ts'
import { countSampled, masked, type Sequence, type SequenceOptions, sequencesOf } from './sequence.ts'

/** What of an attempt is imitated; the rest is context. Everything the policy said, unless told otherwise. */
export interface SftMask {
  /** The seat that is imitated; 'policy' unless given. */
  readonly role?: string
  /** Whether to imitate what led to this step, the `index`-th from 0. */
  readonly steps?: (step: Step, index: number) => boolean
  /** Whether to imitate the token at place `i` of these, which was said in the context of those before it. */
  readonly tokens?: (tokens: readonly number[], i: number) => boolean
}

export interface SftOptions {
  /** Makes tokens of text that no engine sampled. */
  readonly renderer?: Renderer
  /** Sequences in an update. */
  readonly minibatch: number
  /** How often each sequence is gone through. */
  readonly epochs: number
  readonly mask?: SftMask
}

/** −1/N Σ log p over the N sampled tokens of a minibatch. Failed attempts are imitated too: rft() chooses. */
export function sft({ renderer, mask = {}, ...passes }: SftOptions): Learner {
  return async function* (groups, { random }) {
    const options = { ...(renderer && { renderer }), ...(mask.role !== undefined && { role: mask.role }) }
    const sequences = groups.flatMap(({ trajectories }) =>
      trajectories.flatMap((trajectory) => imitable(trajectory, mask, options)),
    )
    for (const chosen of minibatches(sequences, passes, random)) {
      const total = countSampled(chosen)
      yield chosen.map((sequence) => weigh(sequence, () => 1 / total))
    }
    return { skipped: {}, figures: {} }
  }
}

function imitable(trajectory: Trajectory, { steps, tokens }: SftMask, options: SequenceOptions): Sequence[] {
  const all = sequencesOf(trajectory, options)
  if (!steps && !tokens) return all
  const kept_T = trajectory.steps.map((step, index) => !steps || steps(step, index))
  return all
    .map((sequence) =>
      masked(sequence, (i) => (kept_T[sequence.steps[i]!] ?? !steps) && (!tokens || tokens(sequence.tokens, i))),
    )
    .filter((sequence) => countSampled([sequence]) > 0)
}
