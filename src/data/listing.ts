/** Which rows of a store are meant, and in what order: filters and sorting over its columns in memory. */
import { type Columns, NUMBERS, TEXTS } from './columns.ts'
import type { Row } from './row.ts'

export interface BrowseFilter {
  /** Exact, or all that begin so where it ends in '/'. */
  readonly batch?: string
  readonly task?: string
  readonly outcome?: Row['outcome']
  readonly stop?: Row['stop']
  /** Done, or judged and not done. */
  readonly success?: 'yes' | 'no'
  /** A part of the id, capitals or not. */
  readonly text?: string
}

export const SORTS = ['id', ...NUMBERS, ...TEXTS] as const satisfies (keyof Row)[]

export interface Query {
  readonly filter?: BrowseFilter
  /** In the order in which they were added, unless given. What has no value comes last. */
  readonly sort?: (typeof SORTS)[number]
  readonly descending?: boolean
}

/** Numbers of rows. */
export type Rows = Uint32Array

type Test = (row: number) => boolean

/** The numbers of the rows that pass, in the order in which they were added. */
export function selected(columns: Columns, filter: BrowseFilter = {}): Rows {
  const tests = testsOf(columns, filter)
  const rows = new Uint32Array(columns.size)
  let count = 0
  for (let row = 0; row < columns.size; row++) if (tests.every((test) => test(row))) rows[count++] = row
  return rows.subarray(0, count)
}

function testsOf(columns: Columns, { batch, success, text, ...exact }: BrowseFilter): Test[] {
  const tests: Test[] = []
  const named = (column: keyof Columns['texts'], accept: (name: string) => boolean): void => {
    const { names, codes } = columns.texts[column]
    const accepted = names.map(accept)
    tests.push((row) => accepted[codes[row]!]!)
  }
  if (batch !== undefined) named('batch', (name) => (batch.endsWith('/') ? name.startsWith(batch) : name === batch))
  for (const column of ['task', 'outcome', 'stop'] as const) {
    const wanted = exact[column]
    if (wanted !== undefined) named(column, (name) => name === wanted)
  }
  const scores = columns.numbers.success
  if (success === 'yes') tests.push((row) => scores[row]! >= 1)
  if (success === 'no') tests.push((row) => scores[row]! < 1)
  const part = text?.toLowerCase()
  if (part) tests.push((row) => columns.id[row]!.toLowerCase().includes(part))
  return tests
}

type Compare = (a: number, b: number) => number

/** The same rows, sorted; equals stay in the order in which they were added. */
export function ordered(columns: Columns, { filter, sort, descending = false }: Query): Rows {
  const rows = selected(columns, filter)
  if (sort === undefined) return descending ? rows.reverse() : rows
  const compare = comparing(columns, sort)
  const sign = descending ? -1 : 1
  const missing = missingIn(columns, sort)
  return rows.sort((a, b) => missing(a) - missing(b) || sign * compare(a, b) || a - b)
}

function missingIn(columns: Columns, sort: NonNullable<Query['sort']>): (row: number) => number {
  if (!isNumber(sort)) return () => 0
  const values = columns.numbers[sort]
  return (row) => Number(Number.isNaN(values[row]))
}

function comparing(columns: Columns, sort: NonNullable<Query['sort']>): Compare {
  if (sort === 'id') return byId(columns)
  if (isNumber(sort)) {
    const values = columns.numbers[sort]
    return (a, b) => values[a]! - values[b]! || 0
  }
  const { names, codes } = columns.texts[sort]
  const ranks = ranksOf(names)
  return (a, b) => ranks[codes[a]!]! - ranks[codes[b]!]!
}

/** An id is `<batch>/<task>/<attempt>`, whose parts are ranked already. */
function byId(columns: Columns): Compare {
  const parts = (['batch', 'task', 'attempt'] as const).map((part) => comparing(columns, part))
  return (a, b) => {
    for (const compare of parts) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return columns.id[a]! < columns.id[b]! ? -1 : 1
  }
}

const isNumber = (name: string): name is (typeof NUMBERS)[number] => (NUMBERS as readonly string[]).includes(name)

/** Where each name stands when they are sorted as people do: 'task 9' before 'task 10'. */
function ranksOf(names: readonly string[]): number[] {
  const keys = names.map((name) => name.replace(/\d+/g, (digits) => digits.padStart(12, '0')))
  const ranks: number[] = []
  const sorted = names.map((_, code) => code).sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0))
  for (const [rank, code] of sorted.entries()) ranks[code] = rank
  return ranks
}
