/**
 * What a viewer asks of a run's store: pages of listings, sums, the matrix of tasks; on a run of any state, also one
 * that another process is writing. It reads and never writes.
 */

import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type Columns, Following } from './columns.ts'
import { type BrowseFilter, ordered, type Query, type Rows, selected } from './listing.ts'
import { type Cells, columnNames, type Row, rowFrom } from './row.ts'
import { explained, openReadable, STORE_FILE } from './sqlite-file.ts'
import { mean, type Outcomes, type PassAtK, passCurves, type Summary, summaryOf } from './statistics.ts'
import {
  counts,
  groupTasks,
  known,
  orNull,
  outcomesOf,
  rankTasks,
  type Solved,
  solvedOf,
  sumsOf,
  type TaskRow,
  type TaskSort,
  taskNumbers,
  taskRow,
  total,
} from './task-groups.ts'

export interface Range {
  readonly offset: number
  readonly limit: number
}

export interface Totals {
  readonly trajectories: number
  readonly outcomes: Outcomes
  /** Why they ended, each with how often. */
  readonly stops: Readonly<Record<string, number>>
  /** Sum and mean over what has a score. */
  readonly returns: number
  readonly return: number | null
  readonly success: number | null
  readonly steps: number
  readonly calls: number
  readonly promptTokens: number
  readonly completionTokens: number
  /** null where a call did not say what it cost. */
  readonly costUsd: number | null
  readonly timeMs: number
}

export interface BatchTotals extends Totals {
  readonly batch: string
}

export interface RewardTotals {
  readonly name: string
  readonly weight: number
  /** How many trajectories have it, and how many of them it could judge. */
  readonly count: number
  readonly judged: number
  readonly mean: number | null
  readonly min: number | null
  readonly max: number | null
}

/** Bins of equal width from `low` to `high`, both included; both null where there is nothing to count. */
export interface Histogram {
  readonly low: number | null
  readonly high: number | null
  readonly counts: readonly number[]
}

export interface FailureGroup {
  readonly boundary: string
  /** Cut after 300 characters. */
  readonly message: string
  readonly count: number
  /** The newest that failed so. */
  readonly id: string
}

export interface TaskQuery {
  readonly batch?: string
  readonly sort: TaskSort
  /** A part of the task's name, capitals or not. */
  readonly text?: string
}

export interface TaskPage {
  readonly total: number
  /** At the task that was tried most often. */
  readonly attempts: number
  readonly solved: Solved
  readonly tasks: readonly TaskRow[]
}

/** How many there are of each choice of a filter, all other filters as they stand. */
export interface Facets {
  readonly outcomes: Outcomes
  readonly success: { readonly yes: number; readonly no: number }
}

/** Means over the attempts at a task; null where none has a score, or one did not say what it cost. */
export interface TaskMeans {
  readonly attempts: number
  readonly success: number | null
  readonly return: number | null
  readonly costUsd: number | null
  readonly steps: number
}

export type HistogramColumn = 'return' | 'steps' | 'completionTokens' | 'timeMs'

export interface Browser extends Disposable {
  /** Any page of a listing: the last as cheap as the first. */
  page(query: Query, range: Range): { readonly total: number; readonly rows: Row[] }
  /** Another one whenever rows have been committed. May be asked ten times a second. */
  stamp(): string
  totals(filter?: BrowseFilter): Totals
  /** In the order in which they were begun. */
  batches(): BatchTotals[]
  facets(filter: BrowseFilter): Facets
  rewards(filter?: BrowseFilter): RewardTotals[]
  histogram(column: HistogramColumn, filter: BrowseFilter, bins: number): Histogram
  /** The most frequent first. */
  failures(limit: number): FailureGroup[]
  slowest(limit: number): Row[]
  tasks(query: TaskQuery, range: Range): TaskPage
  /** A task that is played in several batches counts in each. */
  passCurves(batch?: string): PassAtK[]
  taskMeans(filter?: BrowseFilter): Map<string, TaskMeans>
  /** As `summarise` has it, the attempts at a task taken together whatever their batch. */
  summary(filter?: BrowseFilter): Summary
  /** The attempts at one task in one batch, in their order. */
  group(task: string, batch: string): Row[]
}

/** Opens the store in a run's folder. Throws a sentence where there is none, or it cannot be read. */
export function openBrowser(folder: string): Browser {
  const path = join(folder, STORE_FILE)
  return new StoreBrowser(path, openReadable(path))
}

/** So many answers are kept until the store changes. */
const KEPT = 8

class StoreBrowser implements Browser {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #following: Following
  readonly #row
  readonly #kept = new Map<string, unknown>()
  #state = 0

  constructor(path: string, database: DatabaseSync) {
    this.#path = path
    this.#database = database
    this.#following = new Following(path, database)
    this.#row = database.prepare(`SELECT ${columnNames.join(', ')} FROM trajectories WHERE rowid = ?`)
  }

  stamp(): string {
    return `${this.#following.version()}`
  }

  page(query: Query, { offset, limit }: Range): { total: number; rows: Row[] } {
    const { columns, rows } = this.#keep(['order', query], (columns) => ({ columns, rows: ordered(columns, query) }))
    return { total: rows.length, rows: this.#rows(columns, rows.slice(offset, offset + limit)) }
  }

  totals(filter?: BrowseFilter): Totals {
    const columns = this.#following.now()
    return totalsOf(columns, selected(columns, filter))
  }

  batches(): BatchTotals[] {
    const columns = this.#following.now()
    const { batch } = columns.texts
    const groups = Map.groupBy(selected(columns), (row) => batch.codes[row]!)
    return [...groups].map(([code, rows]) => ({
      batch: batch.names[code]!,
      ...totalsOf(columns, Uint32Array.from(rows)),
    }))
  }

  facets({ outcome, success, ...rest }: BrowseFilter): Facets {
    const columns = this.#following.now()
    const scores = known(columns.numbers.success, selected(columns, { ...rest, ...(outcome && { outcome }) }))
    const yes = scores.filter((score) => score >= 1).length
    return {
      outcomes: outcomesOf(columns, selected(columns, { ...rest, ...(success && { success }) })),
      success: { yes, no: scores.length - yes },
    }
  }

  rewards(filter?: BrowseFilter): RewardTotals[] {
    const columns = this.#following.now()
    return rewardsOf(columns, selected(columns, filter))
  }

  histogram(column: HistogramColumn, filter: BrowseFilter, bins: number): Histogram {
    const columns = this.#following.now()
    return histogramOf(known(columns.numbers[column], selected(columns, filter)), bins)
  }

  failures(limit: number): FailureGroup[] {
    const { failure, id } = this.#following.now()
    const found = new Map<number, { count: number; id: string }>()
    for (const [row, code] of failure.codes.entries())
      if (failure.names[code]) found.set(code, { count: (found.get(code)?.count ?? 0) + 1, id: id[row]! })
    const sorted = [...found].sort(([, a], [, b]) => b.count - a.count).slice(0, limit)
    return sorted.map(([code, group]) => {
      const [boundary = '', ...message] = failure.names[code]!.split(': ')
      return { boundary, message: message.join(': '), ...group }
    })
  }

  slowest(limit: number): Row[] {
    return this.page({ sort: 'timeMs', descending: true }, { offset: 0, limit }).rows
  }

  tasks({ batch, sort, text }: TaskQuery, { offset, limit }: Range): TaskPage {
    const part = text?.toLowerCase() ?? ''
    const { columns, tasks, ...all } = this.#keep(['tasks', batch, sort, part], (columns) => {
      const groups = groupTasks(columns, selected(columns, filterOf(batch)), 'batch')
      const tasks = rankTasks(
        columns,
        groups.filter(({ task }) => task.toLowerCase().includes(part)),
        sort,
      )
      return {
        ...{ columns, tasks, solved: solvedOf(columns, tasks) },
        attempts: tasks.reduce((most, { rows }) => Math.max(most, rows.length), 0),
      }
    })
    const shown = tasks.slice(offset, offset + limit)
    return { total: tasks.length, ...all, tasks: shown.map((task) => taskRow(columns, task)) }
  }

  passCurves(batch?: string): PassAtK[] {
    return this.#keep(['curves', batch], (columns) => {
      const scores = columns.numbers.success
      const groups = groupTasks(columns, selected(columns, filterOf(batch)), 'batch')
      return passCurves(
        groups.map(({ rows }) => {
          const judged = known(scores, rows)
          return { scored: judged.length, won: judged.filter((score) => score >= 1).length }
        }),
      )
    })
  }

  taskMeans(filter?: BrowseFilter): Map<string, TaskMeans> {
    const columns = this.#following.now()
    const groups = groupTasks(columns, selected(columns, filter))
    return new Map(groups.map(({ task, rows }) => [task, meansOf(columns, rows)]))
  }

  summary(filter?: BrowseFilter): Summary {
    return this.#keep(['summary', filter], (columns) => {
      const rows = selected(columns, filter)
      const tasks = groupTasks(columns, rows).map((group) => taskNumbers(columns, group.rows))
      return summaryOf(tasks, sumsOf(columns, rows))
    })
  }

  group(task: string, batch: string): Row[] {
    const columns = this.#following.now()
    const rows = ordered(columns, { filter: { task }, sort: 'attempt' })
    const within = rows.filter((row) => columns.texts.batch.at(row) === batch)
    return this.#rows(columns, within)
  }

  /** Those that are still there: between two reads another process may have removed one. */
  #rows({ rowid }: Columns, rows: Rows): Row[] {
    return explained(this.#path, () =>
      [...rows].flatMap((row) => {
        const cells = this.#row.get(rowid[row]!) as Cells | undefined
        return cells ? [rowFrom(cells)] : []
      }),
    )
  }

  /** What `work` makes of the columns, kept while they stay the same; the last few such things. */
  #keep<T>(key: readonly unknown[], work: (columns: Columns) => T): T {
    const columns = this.#following.now()
    if (this.#following.state !== this.#state) this.#kept.clear()
    this.#state = this.#following.state
    const name = JSON.stringify(key)
    const made = this.#kept.has(name) ? (this.#kept.get(name) as T) : work(columns)
    this.#kept.delete(name)
    this.#kept.set(name, made)
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    return made
  }

  [Symbol.dispose](): void {
    this.#kept.clear()
    this.#database.close()
  }
}

const filterOf = (batch: string | undefined): BrowseFilter => (batch === undefined ? {} : { batch })

function totalsOf(columns: Columns, rows: Rows): Totals {
  const { numbers, texts } = columns
  const returns = known(numbers.return, rows)
  return {
    trajectories: rows.length,
    outcomes: outcomesOf(columns, rows),
    stops: Object.fromEntries(counts(texts.stop, rows)),
    returns: returns.reduce((sum, value) => sum + value, 0),
    return: mean(returns) ?? null,
    success: mean(known(numbers.success, rows)) ?? null,
    steps: total(numbers.steps, rows),
    calls: total(numbers.calls, rows),
    promptTokens: total(numbers.promptTokens, rows),
    completionTokens: total(numbers.completionTokens, rows),
    costUsd: orNull(total(numbers.costUsd, rows)),
    timeMs: total(numbers.timeMs, rows),
  }
}

function rewardsOf({ rewards }: Columns, rows: Rows): RewardTotals[] {
  const { names, weights, start, values } = rewards
  const sums = names.names.map(() => ({ count: 0, judged: 0, sum: 0, min: Infinity, max: -Infinity }))
  for (const row of rows)
    for (let i = start[row]!; i < (start[row + 1] ?? values.length); i++) {
      const of = sums[names.codes[i]!]!
      const value = values[i]!
      of.count++
      if (Number.isNaN(value)) continue
      of.judged++
      of.sum += value
      of.min = Math.min(of.min, value)
      of.max = Math.max(of.max, value)
    }
  return sums.flatMap(({ count, judged, sum, min, max }, code) => {
    if (count === 0) return []
    const said = judged > 0 ? { mean: sum / judged, min, max } : { mean: null, min: null, max: null }
    return [{ name: names.names[code]!, weight: weights[code]!, count, judged, ...said }]
  })
}

function histogramOf(values: Float64Array, bins: number): Histogram {
  if (values.length === 0) return { low: null, high: null, counts: [] }
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const found: number[] = Array.from({ length: low === high ? 1 : bins }, () => 0)
  const width = (high - low) / found.length || 1
  for (const value of values) found[Math.min(found.length - 1, Math.floor((value - low) / width))]!++
  return { low, high, counts: found }
}

function meansOf({ numbers }: Columns, rows: readonly number[]): TaskMeans {
  const of = (name: 'success' | 'return'): number | null => mean(known(numbers[name], rows)) ?? null
  const attempts = rows.length
  const costUsd = orNull(total(numbers.costUsd, rows) / attempts)
  return {
    attempts,
    success: of('success'),
    return: of('return'),
    costUsd,
    steps: total(numbers.steps, rows) / attempts,
  }
}
