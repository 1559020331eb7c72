/** MedAgentGym's request_info over an sqlite database: a table's columns, a column's values, or where a term stands. */
import type { DatabaseSync } from 'node:sqlite'

export interface InfoRequest {
  /** The table, as 'labs', 'labs.csv' or 'hospital.db/labs'; of a term, anything. */
  readonly data_path: string
  readonly info_type: string
  /** A column or a term. */
  readonly keyterm: string
}

/** A column with more values than this is not listed. */
const FEW = 10
/** How unlike a term a value may be: edits over the length of the term. */
const NEAR = 0.5

export function requestInfo(db: DatabaseSync, { data_path, info_type, keyterm }: InfoRequest): string {
  if (info_type === 'term') return whereIs(db, keyterm)
  const tables = tablesOf(db)
  const name = data_path
    .split('/')
    .at(-1)!
    .replace(/\.\w+$/, '')
  const table = tables.find((one) => one.toLowerCase() === name.toLowerCase())
  if (!table) return `There is no table '${name}': there are ${tables.join(', ')}.`
  const columns = columnsOf(db, table)
  if (info_type === 'column_names') return `The columns of ${table}: ${columns.join(', ')}`
  if (info_type !== 'column_values')
    return `The info_type is column_names, column_values or term, not '${info_type.slice(0, 100)}'.`
  const column = columns.find((one) => one.toLowerCase() === keyterm.toLowerCase())
  if (!column) return `There is no column '${keyterm.slice(0, 100)}' in ${table}: there are ${columns.join(', ')}.`
  const values = valuesOf(db, { table, column, most: FEW + 1 })
  return values.length > FEW
    ? `More than ${FEW} values stand in ${column}: ask for a term.`
    : `The values of ${column}: ${values.join(', ')}`
}

function whereIs(db: DatabaseSync, term: string): string {
  if (term.trim() === '') return 'The term is empty.'
  if (term.length > 200) return 'The term is too long.'
  const lines = tablesOf(db).map((table) => {
    const columns = columnsOf(db, table).map((column) => ({
      column,
      values: valuesOf(db, { table, column, most: 5000 }),
    }))
    const holding = columns.filter(({ values }) => values.includes(term)).map(({ column }) => column)
    if (holding.length > 0) return `${table}: in ${holding.join(', ')}`
    const near = [...new Set(columns.flatMap(({ values }) => values))]
      .filter((value) => Math.abs(value.length - term.length) < NEAR * term.length)
      .map((value) => ({ value, far: edits(value, term) / term.length }))
      .filter(({ far }) => far < NEAR)
      .sort((a, b) => a.far - b.far || (a.value < b.value ? -1 : 1))
      .slice(0, 5)
    return near.length > 0 ? `${table}: no; closest ${near.map(({ value }) => value).join(', ')}` : `${table}: no`
  })
  return `'${term}' in the tables:\n${lines.join('\n')}`
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const tablesOf = (db: DatabaseSync): string[] =>
  db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all()
    .map(({ name }) => `${name}`)

const columnsOf = (db: DatabaseSync, table: string): string[] =>
  db
    .prepare(`PRAGMA table_info(${quoted(table)})`)
    .all()
    .map(({ name }) => `${name}`)

const valuesOf = (
  db: DatabaseSync,
  { table, column, most }: { readonly table: string; readonly column: string; readonly most: number },
): string[] =>
  db
    .prepare(
      `SELECT DISTINCT ${quoted(column)} AS value FROM ${quoted(table)} WHERE value IS NOT NULL ORDER BY 1 LIMIT ${most}`,
    )
    .all()
    .map(({ value }) => `${value}`)

/** Levenshtein's distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
