/** Who works on a run: one process at a time. The lock is the operating system's, and gone when its process is. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const LOCK = 'lock'

/** Throws a sentence where another process has it. */
export function lockRun(path: string): Disposable {
  const database = new DatabaseSync(join(path, LOCK), { timeout: 1000 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    if (!isBusy(cause)) throw new Error(`the run in '${path}' cannot be locked: ${(cause as Error).message}`, { cause })
    throw new Error(`another process is working on the run in '${path}': wait for it, or stop it with ludus ctl`, {
      cause,
    })
  }
  return { [Symbol.dispose]: () => database.close() }
}

export function isLocked(path: string): boolean {
  const file = join(path, LOCK)
  if (!existsSync(file)) return false
  const database = new DatabaseSync(file, { readOnly: true, timeout: 0 })
  try {
    database.prepare('SELECT 1 FROM sqlite_schema').all()
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    database.close()
  }
}

const isBusy = (error: unknown): boolean => (((error as { errcode?: number }).errcode ?? 0) & 0xff) === 5
