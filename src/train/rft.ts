/**
 * Rejection-sampling fine-tuning (Yuan et al. 2023): imitation of those attempts alone that succeeded, and of no two
 * that did the same. What a policy can do sometimes it learns to do more often.
 */
import type { Group, Trajectory } from '../core/index.ts'
import { type Learner, succeeded } from './lesson.ts'
import { type SftOptions, sft } from './sft.ts'

export interface RftOptions extends SftOptions {
  /** The most attempts of one task that are imitated, the first ones; all that differ unless given. */
  readonly perTask?: number
  /** Which are good enough: those that succeeded in full, unless given. */
  readonly accept?: (trajectory: Trajectory) => boolean
}

export function rft(options: RftOptions): Learner {
  const { perTask = Infinity } = options
  if (!(perTask >= 1)) throw new Error(`'perTask' is ${perTask}, where a number from 1 on is needed`)
  const imitate = sft(options)
  return async function* (groups, learning) {
    const { chosen, skipped } = choose(groups, options)
    const { figures } = yield* imitate(chosen, learning)
    return { skipped, figures }
  }
}

function choose(
  groups: readonly Group[],
  { perTask = Infinity, accept = succeeded }: RftOptions,
): { chosen: Group[]; skipped: Record<string, number> } {
  const skipped = { unscored: 0, 'not good enough': 0, 'done before': 0, 'enough of the task': 0 }
  const chosen = groups.map((group) => {
    const seen = new Set<string>()
    const trajectories = group.trajectories.filter((trajectory) => {
      const deeds = deedsOf(trajectory)
      if (trajectory.outcome.kind !== 'scored') skipped.unscored++
      else if (!accept(trajectory)) skipped['not good enough']++
      else if (seen.has(deeds)) skipped['done before']++
      else if (seen.size >= perTask) skipped['enough of the task']++
      else return seen.add(deeds)
      return false
    })
    return { ...group, trajectories }
  })
  return { chosen, skipped }
}

/** What was done, step for step, whatever was thought and however calls were numbered. */
function deedsOf({ steps }: Trajectory): string {
  return JSON.stringify(
    steps.map(({ action: { content, calls = [] } }) => [content, calls.map((call) => [call.name, call.arguments])]),
  )
}
