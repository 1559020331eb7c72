/** Two runs on the same tasks, task by task: what a comparison of their means would hide. */
import type { TaskMeans } from './browse.ts'
import { bootstrap, type Interval } from './statistics.ts'

export type PairedMetric = 'success' | 'return' | 'costUsd' | 'steps'

export interface PairedTask {
  readonly task: string
  readonly a: number
  readonly b: number
  /** b − a. */
  readonly delta: number
}

export interface Paired {
  /** Those that both have a value for, in the order of the first. */
  readonly tasks: readonly PairedTask[]
  /** Resampled over tasks. */
  readonly delta: Interval
  /** Tasks on which b is above a, the same, and below it. */
  readonly wins: number
  readonly ties: number
  readonly losses: number
  /** Tasks with a value in one of them alone. */
  readonly onlyA: number
  readonly onlyB: number
}

export function pairedTasks(
  a: ReadonlyMap<string, TaskMeans>,
  b: ReadonlyMap<string, TaskMeans>,
  metric: PairedMetric,
): Paired {
  const tasks = [...a].flatMap(([task, means]): PairedTask[] => {
    const [first, second] = [means[metric], b.get(task)?.[metric] ?? null]
    return first === null || second === null ? [] : [{ task, a: first, b: second, delta: second - first }]
  })
  const valued = (means: ReadonlyMap<string, TaskMeans>): number =>
    [...means.values()].filter((of) => of[metric] !== null).length
  const count = (sign: number): number => tasks.filter(({ delta }) => Math.sign(delta) === sign).length
  return {
    tasks,
    delta: bootstrap(tasks.map(({ delta }) => delta)),
    wins: count(1),
    ties: count(0),
    losses: count(-1),
    onlyA: valued(a) - tasks.length,
    onlyB: valued(b) - tasks.length,
  }
}
