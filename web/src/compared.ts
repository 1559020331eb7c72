/** What a comparison of runs says, in words. */
import type { Compared, ComparedTask } from '../../src/serve/view/wire.ts'
import { sideOf } from './ui/interval-plot.tsx'

export type Pair = Compared['pairs'][number]

/** Tasks that both have a mean for: the unit of the comparison. */
export const shared = ({ wins, ties, losses }: Pair): number => wins + ties + losses

const tasks = (count: number): string => (count === 1 ? '1 task' : `${count} tasks`)

/** What the difference of a run to the first means. */
export function meaning(pair: Pair, first: string, metric: Compared['metric']): string {
  const count = shared(pair)
  if (count === 0) return `It shares no task with ${first}: nothing can be said.`
  const unit = `Tasks are the unit: ${tasks(count)} that both played.`
  if (count === 1) return `One task says nothing of others. ${unit}`
  const side = sideOf(pair.delta)
  const what = metric === 'success' ? 'success' : 'return'
  if (side === 'around') return `No difference of ${what} can be told from chance: the interval holds 0. ${unit}`
  return `Its ${what} is ${side === 'above' ? 'higher' : 'lower'} than ${first}'s: the whole interval lies ${side} 0. ${unit}`
}

/** What should be known before anything is believed. */
export function warnings({ runs, pairs }: Pick<Compared, 'runs' | 'pairs'>): string[] {
  const worlds = [...new Set(runs.map(({ env }) => env))]
  const [first] = runs
  const apart = pairs.filter((pair) => shared(pair) === 0).map(({ run }) => run)
  const running = runs.filter(({ state }) => state === 'running').map(({ id }) => id)
  return [
    ...(worlds.length > 1 ? [`These runs are of different worlds: ${worlds.join(', ')}.`] : []),
    ...(apart.length > 0 ? [`${apart.join(', ')} shares no task with ${first?.id}.`] : []),
    ...(running.length > 0 ? [`Still under way: ${running.join(', ')}. The figures are of what is there.`] : []),
  ]
}

/** The runs that did best at a task, by number; none where they did alike, or one alone has it. */
export function winners({ means }: ComparedTask): number[] {
  const known = means.filter((mean) => mean !== null)
  const best = Math.max(...known)
  if (known.length < 2 || known.every((mean) => mean === best)) return []
  return means.flatMap((mean, i) => (mean === best ? [i] : []))
}

/** ▲ above the first, ▼ below it, = the same. */
export const signOf = (delta: number): string => (delta > 0 ? '▲' : delta < 0 ? '▼' : '=')
