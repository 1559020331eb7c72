/** What all of a run's sqlite files share: how they are opened to be read, written all at once, and what goes wrong with them. */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/** sqlite writes beside a file even to read it. Where nothing may be written, it is told that nobody else will either. */
export function readable(path: string): string | URL {
  if (existsSync(`${path}-wal`)) return path
  try {
    accessSync(dirname(path), constants.W_OK)
    return path
  } catch {
    const url = pathToFileURL(path)
    url.searchParams.set('immutable', '1')
    return url
  }
}

/** All of it, or nothing. */
export function atomically(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** What sqlite throws in there is thrown as a sentence. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explain(path, error)
  }
}

/** sqlite's result codes, in words that say what to do. */
const REASONS: Record<number, string> = {
  5: 'another process is writing to it: wait until that one is done',
  8: 'it may not be written to',
  10: 'the disk could not be read or written',
  11: 'it is damaged',
  13: 'the disk is full: make room and run again; what was written before is kept',
  14: 'it cannot be opened',
  26: 'it is no store of Ludus',
}

export function explain(path: string, error: unknown): Error {
  const code = (error as { errcode?: number }).errcode
  if (code === undefined) return error as Error
  // The low byte is the result, the rest its detail.
  return new Error(`'${path}': ${REASONS[code & 0xff] ?? (error as Error).message}`, { cause: error })
}
