/**
 * What becomes of attempts that broke before anything is learned from their groups: a reward they have none, and never
 * get one (law 1). Budgets that ran out are no failures: those attempts stay as they are.
 */
import { setTimeout } from 'node:timers/promises'
import type { Group, Task } from '../core/index.ts'

/**
 * 'drop' learns from the rest of the group. 'retry' plays them again, twice at the most. 'wait' plays them again and
 * again, ever more slowly, until all of them came to an end: for a provider that will be back.
 */
export const missingPolicies = ['drop', 'retry', 'wait'] as const
export type Missing = (typeof missingPolicies)[number]

const TRIES = 2
const [FIRST_MS, LONGEST_MS] = [1000, 60_000]

export interface Again<D> {
  readonly policy: Missing
  readonly signal: AbortSignal | undefined
  /** Plays these tasks once more, without the attempts that are finished. */
  play(tasks: readonly Task<D>[], finished: (id: string) => boolean): Promise<readonly Group<D>[]>
}

/** The groups with what could be had, and how many of their attempts were played again. */
export async function regain<D>(
  groups: readonly Group<D>[],
  { policy, signal, play }: Again<D>,
): Promise<{ groups: readonly Group<D>[]; playedAgain: number }> {
  let whole = groups
  let playedAgain = 0
  for (let tries = 0, waitMs = FIRST_MS; policy === 'wait' || (policy === 'retry' && tries < TRIES); tries++) {
    const broken = new Set(whole.flatMap(({ trajectories }) => trajectories.filter(isBroken).map(({ id }) => id)))
    if (broken.size === 0 || signal?.aborted) break
    if (policy === 'wait' && tries > 0) {
      await setTimeout(waitMs, undefined, { signal }).catch(() => {})
      waitMs = Math.min(2 * waitMs, LONGEST_MS)
    }
    const tasks = whole.filter(({ trajectories }) => trajectories.some(isBroken)).map(({ task }) => task)
    const again = await play(tasks, (id) => !broken.has(id))
    playedAgain += broken.size
    whole = whole.map((group) => mended(group, again))
  }
  return { groups: whole, playedAgain }
}

const isBroken = ({ outcome }: Group['trajectories'][number]): boolean => outcome.kind === 'broken'

function mended<D>({ task, trajectories }: Group<D>, again: readonly Group<D>[]): Group<D> {
  const played = again.find((group) => group.task === task)?.trajectories ?? []
  return { task, trajectories: trajectories.map((one) => played.find(({ id }) => id === one.id) ?? one) }
}

/** For whoever names a policy. Throws a sentence on another name. */
export function missingPolicy(name: string): Missing {
  const found = missingPolicies.find((policy) => policy === name)
  if (!found) throw new Error(`what is missing is met with ${missingPolicies.join(', ')}, not '${name}'`)
  return found
}
