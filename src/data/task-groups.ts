/** Attempts gathered by their task: the matrix of tasks by attempts, and the numbers whose unit is a task. */
import type { Columns } from './columns.ts'
import type { Rows } from './listing.ts'
import type { Row } from './row.ts'
import { mean, type Outcomes, type Sums, type TaskNumbers } from './statistics.ts'

/** The attempts at one task, as numbers of rows, in the order in which they were added. */
export interface TaskGroup {
  readonly task: string
  readonly rows: number[]
}

/** `within` tells batches apart too: the attempts at a task in one of them, where it is played in many. */
export function groupTasks(columns: Columns, rows: Rows, within?: 'batch'): TaskGroup[] {
  const { task, batch } = columns.texts
  const groups = new Map<number, TaskGroup>()
  for (const row of rows) {
    const key = task.codes[row]! + (within ? batch.codes[row]! * task.names.length : 0)
    const group = groups.get(key)
    if (group) group.rows.push(row)
    else groups.set(key, { task: task.at(row), rows: [row] })
  }
  return [...groups.values()]
}

export interface TaskCell {
  readonly id: string
  readonly attempt: number
  readonly outcome: Row['outcome']
  readonly success: number | null
  readonly return: number | null
}

export interface TaskRow {
  readonly task: string
  readonly batch: string
  readonly attempts: number
  /** Of these the means are. */
  readonly scored: number
  readonly success: number | null
  readonly return: number | null
  /** In the order of the attempts. */
  readonly cells: readonly TaskCell[]
}

export type TaskSort = 'order' | 'hardest' | 'easiest' | 'flakiest'

/** A group, with what it is sorted by. */
export interface Ranked extends TaskGroup {
  /** Means; undefined where nothing was scored. */
  readonly success: number | undefined
  readonly return: number | undefined
}

const ranked = (columns: Columns, group: TaskGroup): Ranked => ({
  ...group,
  success: mean(known(columns.numbers.success, group.rows)),
  return: mean(known(columns.numbers.return, group.rows)),
})

/** Sorted; tasks without a score come last, and of equals those first that were tried most often. */
export function rankTasks(columns: Columns, groups: readonly TaskGroup[], sort: TaskSort): Ranked[] {
  const all = groups.map((group) => ranked(columns, group))
  if (sort === 'order') return all
  const worth = ({ success }: Ranked): number => {
    if (success === undefined) return Number.MAX_VALUE
    return sort === 'hardest' ? success : sort === 'easiest' ? -success : -success * (1 - success)
  }
  return all.sort((a, b) => worth(a) - worth(b) || b.rows.length - a.rows.length || a.rows[0]! - b.rows[0]!)
}

/** Tasks by what their scored attempts came to. */
export interface Solved {
  readonly always: number
  readonly sometimes: number
  readonly never: number
  /** No attempt has a score. */
  readonly unscored: number
}

export function solvedOf({ numbers }: Columns, tasks: readonly TaskGroup[]): Solved {
  const found = { always: 0, sometimes: 0, never: 0, unscored: 0 }
  for (const { rows } of tasks) {
    const scores = known(numbers.success, rows)
    const won = scores.filter((score) => score >= 1).length
    found[scores.length === 0 ? 'unscored' : won === 0 ? 'never' : won === scores.length ? 'always' : 'sometimes']++
  }
  return found
}

export function taskRow(columns: Columns, { task, rows, success, return: paid }: Ranked): TaskRow {
  const { attempt } = columns.numbers
  const cells = rows.toSorted((a, b) => attempt[a]! - attempt[b]! || a - b).map((row) => cellOf(columns, row))
  return {
    task,
    batch: columns.texts.batch.at(rows[0]!),
    attempts: rows.length,
    scored: cells.filter(({ outcome }) => outcome === 'scored').length,
    success: success ?? null,
    return: paid ?? null,
    cells,
  }
}

const cellOf = (columns: Columns, row: number): TaskCell => ({
  id: columns.id[row]!,
  attempt: columns.numbers.attempt[row]!,
  outcome: columns.texts.outcome.at(row) as Row['outcome'],
  success: orNull(columns.numbers.success[row]!),
  return: orNull(columns.numbers.return[row]!),
})

/** As `statistics.ts` wants them. */
export function taskNumbers(columns: Columns, rows: readonly number[]): TaskNumbers {
  const scores = known(columns.numbers.success, rows)
  return {
    attempts: rows.length,
    scored: scores.length,
    won: scores.filter((score) => score >= 1).length,
    success: mean(scores),
    return: mean(known(columns.numbers.return, rows)),
    metrics: metricsOf(columns, rows),
  }
}

function metricsOf({ rewards }: Columns, rows: readonly number[]): Map<string, number> {
  const values = new Map<number, number[]>()
  for (const row of rows)
    for (let i = rewards.start[row]!; i < (rewards.start[row + 1] ?? rewards.values.length); i++) {
      const [code, value] = [rewards.names.codes[i]!, rewards.values[i]!]
      if (rewards.weights[code] !== 0 || rewards.names.names[code] === 'success' || Number.isNaN(value)) continue
      const found = values.get(code)
      if (found) found.push(value)
      else values.set(code, [value])
    }
  return new Map([...values].map(([code, found]) => [rewards.names.names[code]!, mean(found)!]))
}

export function sumsOf(columns: Columns, rows: Rows): Sums {
  const { steps, promptTokens, completionTokens, costUsd } = columns.numbers
  return {
    outcomes: outcomesOf(columns, rows),
    steps: total(steps, rows),
    tokens: total(promptTokens, rows) + total(completionTokens, rows),
    costUsd: orNull(total(costUsd, rows)),
  }
}

export function outcomesOf({ texts }: Columns, rows: Rows): Outcomes {
  const count = counts(texts.outcome, rows)
  const of = (kind: Row['outcome']): number => count.get(kind) ?? 0
  const [scored, unscored, broken] = [of('scored'), of('unscored'), of('broken')]
  return { scored, unscored, broken, cancelled: of('cancelled'), overBudget: of('over-budget') }
}

/** How often each name stands in the rows. */
export function counts({ names, codes }: Columns['texts']['batch'], rows: Rows): Map<string, number> {
  const found = new Uint32Array(names.length)
  for (const row of rows) found[codes[row]!]!++
  return new Map(names.map((name, code) => [name, found[code]!] as const).filter(([, count]) => count > 0))
}

/** NaN where one of them is. */
export function total(values: readonly number[], rows: Rows | readonly number[]): number {
  let sum = 0
  for (const row of rows) sum += values[row]!
  return sum
}

/** Those that are not missing. */
export function known(values: readonly number[], rows: Rows | readonly number[]): Float64Array {
  const found = new Float64Array(rows.length)
  let count = 0
  for (const row of rows) if (!Number.isNaN(values[row])) found[count++] = values[row]!
  return found.subarray(0, count)
}

export const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)
