/** Programs judged by what they print, and databases by what they hold; each in a fresh sandbox. */
import { createHash } from 'node:crypto'
import type { Json, Language } from '../core/index.ts'
import type { Place, Scored } from './hidden-tests.ts'

export interface Program {
  /** The agent's, whole. */
  readonly code: string
  /** What it has to print. It is never in the sandbox. */
  readonly stdout: string
  readonly language?: Language
  /** 10,000 unless given. */
  readonly timeoutMs?: number
}

/** 1 where the program ends well (exit code 0) and prints what it should, space at the ends of lines apart; else 0. */
export async function prints(place: Place, { code, stdout, language = 'python', timeoutMs }: Program): Promise<Scored> {
  await using sandbox = await place({ language, outputBytes: Math.max(2 ** 16, 4 * stdout.length) })
  const result = await sandbox.exec(code, timeoutMs === undefined ? {} : { timeoutMs })
  if (result.timedOut) return { value: 0, why: 'the program took too long' }
  if (result.exitCode !== 0) return { value: 0, why: `the program failed: ${lastLine(result.stderr)}` }
  const [said, wanted] = [trimmed(result.stdout), trimmed(stdout)]
  if (!result.truncated && said === wanted) return { value: 1, why: 'it prints what it should' }
  return { value: 0, why: `it prints ${JSON.stringify(said.slice(0, 200))}` }
}

const trimmed = (text: string): string => text.replace(/[^\S\n]+$/gm, '').trimEnd()
const lastLine = (text: string): string => text.trim().split('\n').at(-1)!.slice(0, 300)

/**
 * The SHA-256 (hex) of what a SQLite database holds: its tables and views by name with their definitions, and the rows
 * of each table whatever their order. Read in a fresh Python sandbox: the file is the agent's. null where it is none.
 */
export async function databaseHash(place: Place, file: Uint8Array): Promise<string | null> {
  await using sandbox = await place({ language: 'python', diskMb: 64 })
  await sandbox.write('state.sqlite', file)
  const { exitCode, stdout } = await sandbox.exec(HASH)
  const hash = stdout.trim()
  return exitCode === 0 && /^[0-9a-f]{64}$/.test(hash) ? hash : null
}

// Floats by repr and everything else by type and value: 1 and '1' differ, as they do in SQLite.
const HASH = String.raw`
import hashlib, sqlite3
base = sqlite3.connect('file:state.sqlite?mode=ro', uri=True)
base.text_factory = bytes
digest = hashlib.sha256()
def add(value):
    text = repr(value).encode()
    digest.update(str(len(text)).encode() + b':' + text)
names = base.execute("select type, name, sql from sqlite_master where name not like 'sqlite\\_%' escape '\\' order by type, name").fetchall()
for kind, name, sql in names:
    add((kind, name, b' '.join((sql or b'').split())))
    if kind == b'table':
        quoted = name.decode().replace('"', '""')
        for row in sorted(map(repr, base.execute('select * from "' + quoted + '"'))):
            add(row)
print(digest.hexdigest())
`

/** The SHA-256 (hex) of a JSON value, whatever the order of its keys: the state of a world that keeps it as plain data. */
export function stateHash(state: Json): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(state)))
    .digest('hex')
}

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, ordered(item)]))
}
