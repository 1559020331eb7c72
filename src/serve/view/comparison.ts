/** Runs side by side, task by task: each against the first. The tasks come a page at a time, in the order asked for. */
import { type PairedMetric, pairedTasks, type Range, type TaskMeans } from '../../data/index.ts'
import { Refused, type RunFolders } from './runs.ts'
import type { Compared, ComparedTask, ComparedTasks, Comparing } from './wire.ts'

const MOST_RUNS = 8

type Means = ReadonlyMap<string, TaskMeans>

function meansOf(runs: RunFolders, ids: readonly string[]): Means[] {
  if (ids.length < 2 || ids.length > MOST_RUNS)
    throw new Refused(400, `from 2 to ${MOST_RUNS} runs can be compared, not ${ids.length}`)
  return ids.map((id) => runs.browser(id).taskMeans())
}

export function comparison(
  runs: RunFolders,
  ids: readonly string[],
  metric: PairedMetric & Compared['metric'],
): Compared {
  const [first, ...others] = meansOf(runs, ids)
  return {
    runs: ids.map((id) => runs.line(id)),
    metric,
    pairs: others.map((other, i) => {
      const { delta, wins, ties, losses, onlyA, onlyB } = pairedTasks(first!, other, metric)
      return { run: ids[i + 1]!, delta, wins, ties, losses, onlyHere: onlyB, onlyThere: onlyA }
    }),
  }
}

/** Every task that one of the runs has, as they were begun. */
function tasksOf(means: readonly Means[], metric: Compared['metric']): ComparedTask[] {
  const tasks = new Set(means.flatMap((of) => [...of.keys()]))
  return [...tasks].map((task) => ({ task, means: means.map((of) => of.get(task)?.[metric] ?? null) }))
}

/** Those that are asked for, sorted; what cannot be compared comes last. */
export function comparedTasks(
  runs: RunFolders,
  { runs: ids, metric, only, text, sort, descending }: Comparing,
  { offset, limit }: Range,
): ComparedTasks {
  const part = text?.toLowerCase() ?? ''
  const all = tasksOf(meansOf(runs, ids), metric)
  const found = all.filter((task) => task.task.toLowerCase().includes(part) && isAsked(task, only))
  const sorted = sort === 'task' ? byName(found) : byNumber(found, sort, descending)
  if (sort === 'task' && descending) sorted.reverse()
  return { total: sorted.length, offset, tasks: sorted.slice(offset, offset + limit) }
}

const isKnown = (mean: number | null): mean is number => mean !== null

/** The number of a run: that one alone is the best. */
function isAsked({ means }: ComparedTask, only: Comparing['only']): boolean {
  if (only === undefined) return true
  const known = means.filter(isKnown)
  if (only === 'alone') return known.length < means.length
  const best = Math.max(...known)
  if (only === 'ties') return known.length > 1 && known.every((mean) => mean === best)
  return known.length > 1 && means[only] === best && known.filter((mean) => mean === best).length === 1
}

const names = new Intl.Collator('en', { numeric: true })
const byName = (tasks: ComparedTask[]): ComparedTask[] => tasks.sort((a, b) => names.compare(a.task, b.task))

/** By what lies between the best and the worst; or by the difference of a run to the first, of the first by its mean. */
function byNumber(tasks: ComparedTask[], sort: 'disagreement' | number, descending: boolean): ComparedTask[] {
  const sign = descending ? -1 : 1
  const valued = tasks.map((task) => ({ task, value: sortedBy(task, sort) }))
  valued.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null)
    return sign * (a.value - b.value)
  })
  return valued.map(({ task }) => task)
}

function sortedBy({ means }: ComparedTask, sort: 'disagreement' | number): number | null {
  if (sort === 'disagreement') {
    const known = means.filter(isKnown)
    return known.length > 1 ? Math.max(...known) - Math.min(...known) : null
  }
  const [first = null, mean = null] = [means[0], means[sort]]
  if (sort === 0 || mean === null) return mean
  return first === null ? null : mean - first
}
