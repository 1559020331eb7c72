/** sqlite files as they are met: read where nothing may be written, and errors in words that say what to do. */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/** In a run's folder. */
export const STORE_FILE = 'trajectories.sqlite'
/** PRAGMA user_version: the format of what lies in the file of a store. */
export const STORE_VERSION = 3

/** Opens the store in this file to read it, whoever writes it meanwhile. Throws a sentence where it is none. */
export function openReadable(path: string): DatabaseSync {
  if (!existsSync(path)) throw new Error(`there is no store at '${path}'`)
  return explained(path, () => {
    const database = new DatabaseSync(readable(path), { readOnly: true, timeout: 5000 })
    try {
      checkVersion(path, database)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

export function checkVersion(path: string, database: DatabaseSync): void {
  const version = versionOf(database)
  if (version !== STORE_VERSION)
    throw new Error(`'${path}' holds format version ${version}; this Ludus reads ${STORE_VERSION}`)
}

export const versionOf = (database: DatabaseSync): number =>
  (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version

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
