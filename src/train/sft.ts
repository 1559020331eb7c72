/** Supervised fine-tuning on what was said, whoever said it: imitation. */
import type { Renderer } from '../core/index.ts'
import { type Learner, weigh } from './lesson.ts'
import { countSampled, sequencesOf } from './sequence.ts'

export interface SftOptions {
  /** Makes tokens of text that no engine sampled. */
  readonly renderer?: Renderer
  /** Sequences in an update. */
  readonly minibatch: number
  /** How often each sequence is gone through. */
  readonly epochs: number
}

/** −1/N Σ log p over the N sampled tokens of a minibatch. Failed attempts are imitated too: filter before, to choose. */
export function sft({ renderer, minibatch, epochs }: SftOptions): Learner {
  return (groups, random) => {
    const trajectories = groups.flatMap((group) => group.trajectories)
    const sequences = trajectories.flatMap((trajectory) => sequencesOf(trajectory, { ...(renderer && { renderer }) }))
    const passes = Array.from({ length: epochs }, () => random.shuffle(sequences)).flat()
    const count = Math.ceil(passes.length / minibatch)
    const batches = Array.from({ length: count }, (_, i) => {
      const chosen = passes.slice(i * minibatch, (i + 1) * minibatch)
      const total = countSampled(chosen)
      return chosen.map((sequence) => weigh(sequence, () => 1 / total))
    })
    return { batches, skipped: {} }
  }
}
