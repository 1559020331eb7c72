/**
 * The full-text index of a run in a sqlite file of its own, made from the store and never needed to understand it: it
 * may be deleted at any time. It holds which words stand where, and no text.
 */
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { matchOf, type SnippetPart, snippetOf, type Term, termsOf } from './search-query.ts'
import { type Piece, type Place, piecesOf } from './search-text.ts'
import { atomically, explained, openReadable, STORE_FILE, versionOf } from './sqlite-file.ts'
import { unpacked } from './unpacked.ts'

export interface SearchHit {
  readonly id: string
  /** null where the words stand in its head; the number of its steps where they came after the last. */
  readonly step: number | null
  readonly where: Place
  readonly snippet: readonly SnippetPart[]
}

export interface SearchResult {
  readonly hits: readonly SearchHit[]
  /** Steps and heads that match; with `more`, there are more than that. */
  readonly total: number
  readonly more: boolean
  /** How many trajectories have been read into the index, of all in the store. */
  readonly indexed: number
  readonly of: number
}

export interface Indexed {
  readonly indexed: number
  readonly total: number
}

const VERSION = 1
/** Steps a trajectory may have in the index; those beyond are taken for the last. */
const STEPS = 4096
/** Of more matches than these, the newest come first and not the best: to weigh them all would take too long. */
const WEIGHED = 20_000
/** Longer trajectories would not fit into the thread's memory. */
const MOST_BYTES = 32 * 2 ** 20
/** What is looked through first for the newest: the steps of so many trajectories. */
const NEWEST = 64
/** A transaction is over after this long, so that a search has not long to wait. */
const TURN_MS = 40

export class SearchFile {
  readonly #path: string
  readonly #folder: string
  readonly #temporary: boolean
  readonly #store: DatabaseSync
  readonly #index: DatabaseSync
  #version: unknown
  /** Whether all that is in the store is in the index, as of that version. */
  #settled = false

  /** Throws a sentence where the folder holds no store. */
  constructor(folder: string) {
    this.#path = join(folder, STORE_FILE)
    this.#store = openReadable(this.#path)
    this.#folder = indexFolder(folder)
    this.#temporary = this.#folder !== folder
    this.#index = openIndex(join(this.#folder, 'search.sqlite'))
  }

  progress(): Indexed {
    return { indexed: count(this.#index, 'done'), total: count(this.#store, 'trajectories') }
  }

  /** Brings the index a little nearer to the store; false where there was nothing to do. */
  advance(): boolean {
    const version = explained(this.#path, () => this.#store.prepare('PRAGMA data_version').get()!['data_version'])
    if (version !== this.#version) this.#settled = false
    if (this.#settled) return false
    this.#version = version
    atomically(this.#index, () => {
      if (this.#moved()) this.#forget()
      if (this.#append()) return
      const { indexed, total } = this.progress()
      this.#settled = indexed === total
      if (!this.#settled) this.#forget()
    })
    return true
  }

  /** Whether another stands in the place of the last that was read: rowids at the end are given out again. */
  #moved(): boolean {
    const last = this.#index.prepare('SELECT trajectory, mark FROM done ORDER BY trajectory DESC LIMIT 1').get()
    return last !== undefined && this.#mark(Number(last['trajectory'])) !== last['mark']
  }

  /** Reads what stands behind the last that was read; false where there is nothing. */
  #append(): boolean {
    const until = performance.now() + TURN_MS
    const last = Number(this.#index.prepare('SELECT MAX(trajectory) AS last FROM done').get()!['last'] ?? 0)
    const added = this.#store.prepare(
      `SELECT t.rowid, t.id, t."timeMs", body FROM trajectories t JOIN bodies USING (id) WHERE t.rowid > ? ORDER BY t.rowid`,
    )
    let some = false
    for (const row of added.iterate(last)) {
      this.#add(row as unknown as StoredBody)
      some = true
      if (performance.now() > until) break
    }
    return some
  }

  #add({ rowid, id, timeMs, body }: StoredBody): void {
    const insert = this.#index.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)')
    for (const [step, pieces] of byStep(id, body))
      insert.run(rowid * STEPS + step, pieces.map(({ text }) => text).join('\n'))
    this.#index.prepare('INSERT INTO done (trajectory, mark) VALUES (?, ?)').run(rowid, markOf(id, timeMs))
  }

  /** Takes out what is no longer in the store as it was. */
  #forget(): void {
    const gone = this.#index.prepare('DELETE FROM words WHERE rowid BETWEEN ? AND ?')
    const undone = this.#index.prepare('DELETE FROM done WHERE trajectory = ?')
    for (const { trajectory, mark } of this.#index.prepare('SELECT trajectory, mark FROM done').all()) {
      const rowid = Number(trajectory)
      if (this.#mark(rowid) === mark) continue
      gone.run(rowid * STEPS, rowid * STEPS + STEPS - 1)
      undone.run(rowid)
    }
  }

  #mark(rowid: number): string | undefined {
    const row = this.#store.prepare('SELECT id, "timeMs" FROM trajectories WHERE rowid = ?').get(rowid)
    return row && markOf(row['id'] as string, row['timeMs'] as number)
  }

  search(text: string, { offset, limit }: { readonly offset: number; readonly limit: number }): SearchResult {
    const terms = termsOf(text)
    const { indexed, total: of } = this.progress()
    if (terms.length === 0) return { hits: [], total: 0, more: false, indexed, of }
    const match = matchOf(terms)
    const counted = this.#index.prepare('SELECT COUNT(*) AS n FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)')
    const total = Number(counted.get(match, WEIGHED + 1)!['n'])
    const more = total > WEIGHED
    const rowids = more ? this.#newest(match, offset, limit) : this.#best(match, offset, limit)
    return { hits: this.#hits(rowids, terms), total: Math.min(total, WEIGHED), more, indexed, of }
  }

  #best(match: string, offset: number, limit: number): number[] {
    const query = 'SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ? OFFSET ?'
    return this.#index.prepare(query).all(match, limit, offset).map(numbered)
  }

  /** FTS5 is slow to read beginnings of words backwards: forwards then, from further and further back. */
  #newest(match: string, offset: number, limit: number): number[] {
    const last = Number(this.#index.prepare('SELECT MAX(trajectory) AS last FROM done').get()!['last'] ?? 0)
    const query = this.#index.prepare('SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ? ORDER BY rowid')
    for (let back = NEWEST; ; back *= 8) {
      const found = query.all(match, Math.max(0, last - back) * STEPS).map(numbered)
      if (found.length >= offset + limit || back >= last) return found.reverse().slice(offset, offset + limit)
    }
  }

  #hits(rowids: readonly number[], terms: readonly Term[]): SearchHit[] {
    const read = new Map<number, { id: string; steps: Map<number, Piece[]> } | undefined>()
    return rowids.flatMap((rowid): SearchHit[] => {
      const [trajectory, step] = [Math.floor(rowid / STEPS), rowid % STEPS]
      if (!read.has(trajectory)) read.set(trajectory, this.#read(trajectory))
      const found = read.get(trajectory)
      const pieces = found?.steps.get(step)
      if (!found || !pieces) return []
      const { piece, snippet } = snippetOf(pieces, terms)
      return [{ id: found.id, step: piece.step, where: piece.where, snippet }]
    })
  }

  #read(rowid: number): { id: string; steps: Map<number, Piece[]> } | undefined {
    const query = 'SELECT id, body FROM trajectories JOIN bodies USING (id) WHERE trajectories.rowid = ?'
    const row = this.#store.prepare(query).get(rowid) as { id: string; body: Uint8Array } | undefined
    return row && { id: row.id, steps: byStep(row.id, row.body) }
  }

  close(): void {
    this.#store.close()
    this.#index.close()
    if (this.#temporary) rmSync(this.#folder, { recursive: true, force: true })
  }
}

interface StoredBody {
  readonly rowid: number
  readonly id: string
  readonly timeMs: number
  readonly body: Uint8Array
}

/** 0 is the head, and step n stands at n + 1. Of a trajectory that is damaged, or too long, the id can be found. */
function byStep(id: string, body: Uint8Array): Map<number, Piece[]> {
  let pieces: Piece[]
  try {
    pieces = piecesOf(unpacked(body, MOST_BYTES))
  } catch {
    pieces = [{ step: null, where: 'head', text: id }]
  }
  return Map.groupBy(pieces, ({ step }) => (step === null ? 0 : Math.min(step + 1, STEPS - 1)))
}

const numbered = ({ rowid }: Record<string, unknown>): number => Number(rowid)

/** Tells a trajectory from another that has come to stand in its place. */
const markOf = (id: string, timeMs: number): string => `${id} ${timeMs}`

const count = (database: DatabaseSync, table: string): number =>
  Number(database.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get()!['n'])

/** In the run's folder; where that cannot be written, in a temporary one that goes when the index is closed. */
function indexFolder(folder: string): string {
  try {
    accessSync(folder, constants.W_OK)
    return folder
  } catch {
    return mkdtempSync(join(tmpdir(), 'ludus-search-'))
  }
}

/** What is damaged, or of another version, is made anew. */
function openIndex(path: string): DatabaseSync {
  try {
    return created(path)
  } catch {
    for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
    return explained(path, () => created(path))
  }
}

function created(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 })
  try {
    create(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function create(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  const version = versionOf(database)
  if (version === VERSION) return
  if (version !== 0) throw new Error(`it is of version ${version}, not ${VERSION}`)
  database.exec(`
    BEGIN;
    CREATE VIRTUAL TABLE words USING fts5(text, content='', contentless_delete=1,
      tokenize='unicode61 remove_diacritics 2');
    CREATE TABLE done (trajectory INTEGER PRIMARY KEY, mark TEXT);
    PRAGMA user_version = ${VERSION};
    COMMIT`)
}
