/**
 * The program that runs an agent's SQL: a process of its own, which can be killed in the middle of a statement. It makes
 * the database anew for each statement, in memory, lets nothing through but reading and changing rows, and hands back
 * what the tables hold. It is started without our environment and without the right to files.
 */
import { constants, DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { FUNCTIONS } from './sql-functions.ts'
import { type Cell, createTable, identifier, type Table, type Tables } from './tables.ts'

export interface Asked {
  readonly tables: Tables
  readonly sql: string
}

export type Answered =
  | {
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
      /** Rows that were left out. */
      readonly more: boolean
      /** How many rows were changed. */
      readonly changes: number
      /** Where rows were changed. */
      readonly tables?: Tables
    }
  | { readonly error: string }

/** Rows shown of an answer, characters shown of a cell, and what all tables together may hold. */
const [MOST_ROWS, LONGEST_CELL, MOST_STORED] = [50, 200, 5000]
/** Characters of a value, and bytes that the process may use. */
const [LONGEST_VALUE, MEMORY] = [100_000, 400 * 2 ** 20]

const LIMITS = { length: LONGEST_VALUE, sqlLength: 10_000, exprDepth: 100, column: 200, attach: 0, triggerDepth: 0 }
const ALLOWED = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
  constants.SQLITE_RECURSIVE,
])

/**
 * Nothing interrupts a statement but the end of the process, and Node's SQLite keeps no count of its memory: a thread
 * beside it ends the process when it has taken too much, or when whoever started it is gone.
 */
new Worker(
  `const { ppid } = process
   setInterval(() => {
     if (process.ppid !== ppid || process.memoryUsage.rss() > ${MEMORY}) process.kill(process.pid, 'SIGKILL')
   }, 20)`,
  { eval: true },
).unref()

process.on('message', (asked: Asked) => process.send?.(answer(asked)))

function answer(asked: Asked): Answered {
  try {
    return run(asked)
  } catch (error) {
    return { error: (error as Error).message }
  }
}

function run({ tables, sql }: Asked): Answered {
  using database = filled(tables)
  const before = changesIn(database)
  guard(database)
  const statement = database.prepare(sql)
  // SQLite compiles the first statement and says nothing of the others.
  const rest = sql.slice(statement.sourceSQL.length).replaceAll(/[\s;]/g, '')
  if (rest !== '') throw new Error('one statement at a time')
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const columns = statement.columns().map(({ name }) => name)
  const rows: string[][] = []
  let more = false
  for (const row of statement.iterate() as Iterable<unknown>) {
    more = rows.length >= MOST_ROWS
    if (more) break
    rows.push((row as unknown[]).map(shown))
  }
  database.setAuthorizer(null)
  const changes = changesIn(database) - before
  if (changes === 0) return { columns, rows, more, changes }
  const after = tables.map((table) => ({ ...table, rows: rowsOf(database, table) }))
  if (after.reduce((sum, table) => sum + table.rows.length, 0) > MOST_STORED)
    throw new Error(`a database holds ${MOST_STORED} rows at most: nothing was changed`)
  return { columns, rows, more, changes, tables: after }
}

/** The statements that fill it are ours, and run before the guard is up. */
function filled(tables: Tables): DatabaseSync {
  const database = new DatabaseSync(':memory:', { allowExtension: false, limits: LIMITS, defensive: true })
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY')
  for (const table of tables) {
    database.exec(createTable(table))
    const places = table.columns.map(() => '?')
    const insert = database.prepare(`INSERT INTO ${identifier(table.name)} VALUES (${places.join()})`)
    for (const row of table.rows) insert.run(...row.map(stored))
  }
  return database
}

/** Whole numbers are bound as such: a double that happens to be whole is another value to SQLite. */
const stored = (cell: Cell): Cell | bigint => (Number.isSafeInteger(cell) ? BigInt(cell as number) : cell)

/** Fails closed: what is not named is not done. */
function guard(database: DatabaseSync): void {
  database.setAuthorizer((action, first, second) => {
    if (action === constants.SQLITE_FUNCTION) {
      if (FUNCTIONS.has(`${second}`.toLowerCase())) return constants.SQLITE_OK
      throw new Error(`the function '${second}' is not to be had here`)
    }
    if (ALLOWED.has(action) && !(action !== constants.SQLITE_READ && `${first}`.startsWith('sqlite_')))
      return constants.SQLITE_OK
    throw new Error('only SELECT, INSERT, UPDATE and DELETE of rows are to be had here')
  })
}

function changesIn(database: DatabaseSync): number {
  const { changes } = database.prepare('SELECT total_changes() AS changes').get() as { changes: number }
  return changes
}

function rowsOf(database: DatabaseSync, table: Table): Cell[][] {
  const statement = database.prepare(`SELECT * FROM ${identifier(table.name)}`)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  return (statement.all() as unknown as unknown[][]).map((row) => row.map(kept))
}

function kept(value: unknown): Cell {
  if (value === null || typeof value === 'string') return value
  const number = typeof value === 'bigint' ? Number(value) : value
  if (
    typeof number === 'number' &&
    Number.isFinite(number) &&
    (typeof value !== 'bigint' || Number.isSafeInteger(number))
  )
    return number
  throw new Error('only texts, whole numbers to 2^53, finite numbers and NULL can be stored: nothing was changed')
}

function shown(value: unknown): string {
  if (value === null) return 'NULL'
  const text =
    value instanceof Uint8Array ? `x'${Buffer.from(value.subarray(0, LONGEST_CELL)).toString('hex')}'` : `${value}`
  return text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL)}…` : text
}
