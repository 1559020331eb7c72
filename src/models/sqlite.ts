/** A small sqlite file that several processes may write to at once. Errors are sentences that name the file. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** sqlite's result codes, in words that say what to do. */
const REASONS: Readonly<Record<number, string>> = {
  5: 'another process is writing to it: wait until that one is done',
  8: 'it may not be written to',
  13: 'the disk is full',
  14: 'it cannot be opened',
  26: 'it is no file of Ludus',
}

/** Opens, or makes, the file, and runs `schema`, which has to bear being run again. */
export function openSqlite(path: string, schema: string): DatabaseSync {
  return explained(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    const database = new DatabaseSync(path, { timeout: 5000 })
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`)
    return database
  })
}

export function explained<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const { errcode, message } = cause as Error & { errcode?: number }
    throw new Error(`'${path}': ${REASONS[(errcode ?? 0) & 0xff] ?? message}`, { cause })
  }
}
