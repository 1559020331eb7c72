/** A database as plain data: tables with their rows. What is stored is texts, whole numbers to 2^53, finite numbers and NULL. */

export type Cell = string | number | null

export interface Table {
  readonly name: string
  /** Each with its SQL type and what else is declared of it: 'INTEGER PRIMARY KEY'. */
  readonly columns: readonly (readonly [name: string, declared: string])[]
  readonly rows: readonly (readonly Cell[])[]
}

export type Tables = readonly Table[]

/** A name as SQL writes it, whatever it is. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The statement that makes a table. */
export function createTable({ name, columns }: Table): string {
  const all = columns.map(([column, declared]) => `${identifier(column)} ${declared}`)
  return `CREATE TABLE ${identifier(name)} (${all.join(', ')})`
}

/** The rows of a table by its name, in an order of their own: when two are the same, so are the tables. */
export function contentsOf(tables: Tables): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(tables.map(({ name, rows }) => [name, rows.map((row) => JSON.stringify(row)).sort()]))
}
