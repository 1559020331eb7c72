/** Runs side by side, task by task: each against the first. */
import { pairedTasks } from '../../data/index.ts'
import { Refused, type RunFolders } from './runs.ts'
import type { Compared } from './wire.ts'

const MOST_RUNS = 8

export function comparison(runs: RunFolders, ids: readonly string[], metric: 'success' | 'return'): Compared {
  if (ids.length < 2 || ids.length > MOST_RUNS)
    throw new Refused(400, `from 2 to ${MOST_RUNS} runs can be compared, not ${ids.length}`)
  const means = ids.map((id) => runs.browser(id).taskMeans())
  const [first, ...others] = means
  const tasks = [...new Set(means.flatMap((of) => [...of.keys()]))]
  return {
    runs: ids.map((id) => runs.line(id)),
    metric,
    pairs: others.map((other, i) => {
      const { delta, wins, ties, losses, onlyA, onlyB } = pairedTasks(first!, other, metric)
      return { run: ids[i + 1]!, delta, wins, ties, losses, onlyHere: onlyB, onlyThere: onlyA }
    }),
    tasks: tasks.map((task) => ({ task, means: means.map((of) => of.get(task)?.[metric] ?? null) })),
  }
}
