/**
 * Which tasks to sample next while a policy teaches itself. Adaptive sampling (AdaSTaR, Koh et al. 2025, "Adaptive
 * Sampling in Self-Taught Reasoners"): first those not sampled for longest, and of these the ones it gets right least;
 * but while it is weak, what it was given comes again. Beside it stands what STaR does: everything in turn.
 */
import type { Group, Random, Task } from '../core/index.ts'
import { succeeded } from './lesson.ts'

export interface TaskSampler<D> {
  /** The next `count` tasks; none of them twice before `settle`, unless there are no more. */
  draw(count: number): Task<D>[]
  /** Told what became of everything drawn since it was last told, in an iteration counted from 1. */
  settle(groups: readonly Group<D>[], iteration: number): void
}

/** Every task once, in an order that is new for each pass. */
export function passing<D>(tasks: readonly Task<D>[], random: Random): TaskSampler<D> {
  let left: Task<D>[] = []
  return {
    draw(count) {
      const drawn: Task<D>[] = []
      while (drawn.length < count) {
        if (left.length === 0) left = random.shuffle(tasks)
        drawn.push(...left.splice(0, count - drawn.length))
      }
      return drawn
    },
    settle: () => {},
  }
}

interface Observed<D> {
  readonly task: Task<D>
  /** When it was sampled last, as far as it counts; 0: never. */
  iteration: number
  winRate: number
  /** Since then. */
  correct: number
  attempts: number
}

/**
 * Of m tasks drawn in an iteration the first round(m·α²) count as sampled, α being the fraction of attempts that
 * succeeded; the others keep their place in the queue, and what they were tried goes on adding up.
 */
export function adaptive<D>(tasks: readonly Task<D>[]): TaskSampler<D> {
  let queue: Observed<D>[] = tasks.map((task) => ({ task, iteration: 0, winRate: 0, correct: 0, attempts: 0 }))
  let drawn: Observed<D>[] = []
  return {
    draw(count) {
      const next = queue.splice(0, count)
      drawn.push(...next)
      return next.map(({ task }) => task)
    },
    settle(groups, iteration) {
      const found = new Map(groups.map((group) => [group.task, group.trajectories]))
      for (const one of drawn) {
        const tried = found.get(one.task) ?? []
        one.attempts += tried.length
        one.correct += tried.filter(succeeded).length
      }
      const all = groups.flatMap(({ trajectories }) => trajectories)
      const accuracy = all.length > 0 ? all.filter(succeeded).length / all.length : 0
      for (const one of drawn.slice(0, Math.round(drawn.length * accuracy ** 2))) {
        one.winRate = one.attempts > 0 ? one.correct / one.attempts : 0
        Object.assign(one, { iteration, correct: 0, attempts: 0 })
      }
      // Stable, and what was drawn comes first: whoever is put back unchanged keeps its place.
      queue = [...drawn, ...queue].sort((a, b) => a.iteration - b.iteration || a.winRate - b.winRate)
      drawn = []
    },
  }
}
