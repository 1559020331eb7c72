/**
 * Repair and splice: an attempt that begins as another one did, up to some step, and goes on otherwise. Agent-R (Yuan et
 * al. 2025), EEF (Lan et al. 2025) and STeP (Chen et al. 2025) are three answers to where the beginning is cut, and to
 * what of it may be learned; what may not is kept as context and carries no loss.
 */
import type { Call, Completion, Model, Random, Step, Trajectory } from '../core/index.ts'

/** The seat of what is seen and not learned. */
export const MASKED = 'masked'

/** What is known of an attempt's steps: whether each was right. */
export type Judged = readonly boolean[]

/** A beginning of so many steps, and which of them are learned. */
export interface Beginning {
  readonly steps: number
  readonly learned: Judged
}

/** Agent-R: up to and with the first wrong step, and nothing of that is learned; undefined where all is right. */
export function upToFirstError(right_T: Judged): Beginning | undefined {
  const first = right_T.indexOf(false)
  return first < 0 ? undefined : { steps: first + 1, learned: right_T.slice(0, first + 1).map(() => false) }
}

/** STeP: up to and with a wrong step, any one of them; what was right before it is learned, what was wrong is not. */
export function upToAnError(right_T: Judged, random: Random): Beginning | undefined {
  const errors = right_T.flatMap((right, t) => (right ? [] : [t]))
  const at = errors.length > 0 ? errors[random.int(errors.length)] : undefined
  return at === undefined ? undefined : { steps: at + 1, learned: right_T.slice(0, at + 1) }
}

/**
 * EEF: from each of `solved.length` beginnings of a failed attempt, equally far apart and the first of no steps, somebody
 * went on, and `solved` says who got there. What was done between a beginning from which nobody could and one from
 * which somebody could was of use: that is learned, and nothing else.
 */
export function usefulBeginnings(T: number, solved: Judged): Beginning[] {
  const at = beginningsOf(T, solved.length)
  return solved.flatMap((success, j) => {
    if (!success) return []
    const useful = (t: number): boolean => j > 0 && !solved[j - 1] && t >= at[j - 1]!
    return [{ steps: at[j]!, learned: Array.from({ length: at[j]! }, (_, t) => useful(t)) }]
  })
}

/** `count` numbers of steps from 0 on, equally far apart, below T. */
export function beginningsOf(T: number, count: number): number[] {
  return Array.from({ length: count }, (_, j) => Math.floor((j * T) / count))
}

/** Says what was said at the beginning of an attempt, and then what `then` says. A new one for each episode. */
export function opened(
  { steps }: { readonly steps: readonly Pick<Step, 'action'>[] },
  count: number,
  then: Model,
): Model {
  let turn = 0
  return {
    id: then.id,
    complete(request, options): Promise<Completion> {
      const step = turn < count ? steps[turn] : undefined
      turn++
      if (!step) return then.complete(request, options)
      return Promise.resolve({ message: step.action, finish: step.action.calls?.length ? 'tool' : 'stop' })
    },
  }
}

/** The attempt with its beginning masked where that is not to be learned: those calls take the seat 'masked'. */
export function masking(trajectory: Trajectory, { steps: count, learned }: Beginning): Trajectory {
  const mask = (call: Call): Call => ({ ...call, role: MASKED })
  return {
    ...trajectory,
    steps: trajectory.steps.map((step, t) =>
      t < count && !learned[t] ? { ...step, calls: step.calls.map(mask) } : step,
    ),
  }
}
