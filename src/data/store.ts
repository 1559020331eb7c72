/**
 * Trajectories in one sqlite file: columns to look things up by, the body compressed. Written in groups, one commit
 * for all that come within a few milliseconds; what has been acknowledged survives a crash of the process.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Trajectory } from '../core/index.ts'
import { packed } from './body.ts'
import { decodeTrajectory } from './format.ts'
import { type Cells, COLUMNS, cell, columnNames, type Row, rowFrom, rowOf } from './row.ts'
import { atomically, checkVersion, explain, explained, openReadable, STORE_VERSION, versionOf } from './sqlite-file.ts'
import { unpacked } from './unpacked.ts'

export interface Filter {
  readonly batch?: string
  readonly task?: string
  readonly outcome?: Row['outcome']
}

/** Sums over the trajectories of one batch. */
export interface BatchRow {
  readonly batch: string
  readonly trajectories: number
  readonly scored: number
  /** Of those that have one. */
  readonly returns: number
  readonly judged: number
  readonly successes: number
  readonly steps: number
}

export interface Store extends AsyncDisposable {
  /** Resolves when the trajectory is on disk. One with the same id is replaced. */
  add(trajectory: Trajectory): Promise<void>
  /** In the order they were added, one at a time: nothing is held that was not asked for. */
  rows(filter?: Filter, most?: number): Iterable<Row>
  /** Of all that is kept. */
  ids(): Iterable<string>
  /** What can be said of many without reading them one by one. */
  batches(): Iterable<BatchRow>
  trajectories(filter?: Filter): Iterable<Trajectory>
  get(id: string): Trajectory | undefined
  /** Forgets these trajectories: they are to be played anew. */
  remove(filter: Filter): void
}

const GROUP_MS = 5
const GROUP_ROWS = 50

/** Opens, or makes, the store in this file. Throws a sentence where the file is none, or cannot be had. */
export function openStore(path: string, { readOnly = false } = {}): Store {
  return new SqliteStore(path, readOnly)
}

interface Waiting {
  readonly row: Row
  readonly body: Uint8Array
  resolve(): void
  reject(error: unknown): void
}

class SqliteStore implements Store {
  readonly #path: string
  readonly #database: DatabaseSync
  #queue: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(path: string, readOnly: boolean) {
    this.#path = path
    this.#database = readOnly
      ? openReadable(path)
      : explained(path, () => {
          const database = new DatabaseSync(path, { timeout: 5000 })
          create(database)
          checkVersion(path, database)
          return database
        })
  }

  async add(trajectory: Trajectory): Promise<void> {
    const body = await packed(trajectory)
    return new Promise((resolve, reject) => {
      this.#queue.push({ row: rowOf(trajectory), body, resolve, reject })
      if (this.#queue.length >= GROUP_ROWS) this.#commit()
      else this.#timer ??= setTimeout(() => this.#commit(), GROUP_MS)
    })
  }

  #commit(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const group = this.#queue
    this.#queue = []
    if (group.length === 0) return
    try {
      explained(this.#path, () => this.#insert(group))
      for (const { resolve } of group) resolve()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  #insert(group: readonly Waiting[]): void {
    const insert = this.#database.prepare(
      `INSERT OR REPLACE INTO trajectories (${columnNames.join(', ')}) VALUES (${columnNames.map(() => '?').join(', ')})`,
    )
    const insertBody = this.#database.prepare('INSERT OR REPLACE INTO bodies (id, body) VALUES (?, ?)')
    atomically(this.#database, () => {
      for (const { row, body } of group) {
        insert.run(...(Object.keys(COLUMNS) as (keyof Row)[]).map((name) => cell(row[name])))
        insertBody.run(row.id, body)
      }
    })
  }

  *rows(filter: Filter = {}, most = -1): Iterable<Row> {
    const [where, values] = conditions(filter)
    const sql = `SELECT ${columnNames.join(', ')} FROM trajectories ${where} ORDER BY rowid LIMIT ?`
    for (const cells of this.#query<Cells>(sql, [...values, most])) yield rowFrom(cells)
  }

  *batches(): Iterable<BatchRow> {
    yield* this.#query<BatchRow>(`
      SELECT batch, COUNT(*) AS trajectories, SUM(outcome = 'scored') AS scored, TOTAL("return") AS returns,
        COUNT(success) AS judged, TOTAL(success) AS successes, SUM(steps) AS steps
      FROM trajectories GROUP BY batch ORDER BY MIN(rowid)`)
  }

  *trajectories(filter: Filter = {}): Iterable<Trajectory> {
    const [where, values] = conditions(filter)
    const sql = `SELECT id, body FROM trajectories JOIN bodies USING (id) ${where} ORDER BY trajectories.rowid`
    for (const { id, body } of this.#query<{ id: string; body: Uint8Array }>(sql, values)) yield this.#decode(id, body)
  }

  get(id: string): Trajectory | undefined {
    const query = (): unknown => this.#database.prepare('SELECT body FROM bodies WHERE id = ?').get(id)
    const found = explained(this.#path, query) as { body: Uint8Array } | undefined
    return found && this.#decode(id, found.body)
  }

  *ids(): Iterable<string> {
    for (const { id } of this.#query<{ id: string }>('SELECT id FROM trajectories')) yield id
  }

  remove(filter: Filter): void {
    const [where, values] = conditions(filter)
    const bodies = `DELETE FROM bodies WHERE id IN (SELECT id FROM trajectories ${where})`
    explained(this.#path, () =>
      atomically(this.#database, () => {
        for (const sql of [bodies, `DELETE FROM trajectories ${where}`]) this.#database.prepare(sql).run(...values)
      }),
    )
  }

  *#query<T>(sql: string, values: readonly SQLInputValue[] = []): Iterable<T> {
    try {
      yield* this.#database.prepare(sql).iterate(...values) as Iterable<T>
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  #decode(id: string, body: Uint8Array): Trajectory {
    try {
      return decodeTrajectory(unpacked(body))
    } catch (cause) {
      throw new Error(`'${this.#path}': trajectory '${id}' is damaged: ${(cause as Error).message}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#commit()
    this.#database.close()
  }
}

function create(database: DatabaseSync): void {
  const columns = Object.entries(COLUMNS).map(([name, type]) => `"${name}" ${type}`)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  if (versionOf(database) !== 0) return
  database.exec(`
    BEGIN;
    CREATE TABLE trajectories (${columns.join(', ')});
    -- Apart, so that whoever lists a gigabyte of trajectories reads none of it.
    CREATE TABLE bodies (id TEXT PRIMARY KEY, body BLOB);
    CREATE INDEX by_batch ON trajectories (batch);
    CREATE INDEX by_task ON trajectories (task);
    PRAGMA user_version = ${STORE_VERSION};
    COMMIT`)
}

function conditions(filter: Filter): [where: string, values: SQLInputValue[]] {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  const where = given.length > 0 ? `WHERE ${given.map(([name]) => `"${name}" = ?`).join(' AND ')}` : ''
  return [where, given.map(([, value]) => value as SQLInputValue)]
}
