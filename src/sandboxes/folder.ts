/** What is the same of every sandbox's working folder, wherever it lies. */
import type { FileChange } from '../core/index.ts'

/** The largest file that is read. */
export const MOST_READ = 16 * 1024 * 1024

export const leadsOut = (path: string): string => `'${path}' leads out of the working folder`

/** Files as their sandbox lists them: it was opened empty, so that whatever is there was added. Sorted by path. */
export function added(found: unknown): FileChange[] {
  const entries = Array.isArray(found) ? found.filter(isFile) : []
  const all = entries.map(([path, bytes]): FileChange => ({ path, kind: 'added', bytes }))
  return all.sort((a, b) => (a.path < b.path ? -1 : 1))
}

const isFile = (entry: unknown): entry is [path: string, bytes: number] =>
  Array.isArray(entry) && typeof entry[0] === 'string' && Number.isInteger(entry[1])
