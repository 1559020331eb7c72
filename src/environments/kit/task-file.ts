/** Reads task files: JSON lines, gzipped or not, checked field by field. An error names file, line and field. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { z } from 'zod'

/** One line, and where it stands: 'HumanEval.jsonl.gz, line 17'. */
export interface Row<T> {
  readonly where: string
  readonly value: T
}

export interface TaskFileOptions<T> {
  readonly schema: z.ZodType<T>
  readonly id: (value: T) => string
  /** Of the files, those whose name fits; all of them unless given. */
  readonly files?: RegExp
  /** Leaves out a line that is wrong, with a warning, instead of giving up. */
  readonly skipBroken?: boolean
}

/**
 * Every line of every .jsonl and .jsonl.gz file of the folder, files by name. Throws a sentence where the folder is
 * none or holds no such file, and at the first line that is wrong, unless those are to be skipped.
 */
export function readTaskFiles<T>(folder: string, { files = /^/, ...options }: TaskFileOptions<T>): Row<T>[] {
  return readTaskLines(linesIn(folder, files), options)
}

/** A line, and where it stands. */
interface Line {
  readonly where: string
  readonly text: string
}

/** The same of lines that were read already. */
export function readTaskLines<T>(
  lines: Iterable<Line>,
  { schema, id, skipBroken = false }: Omit<TaskFileOptions<T>, 'files'>,
): Row<T>[] {
  const rows: Row<T>[] = []
  const seen = new Map<string, string>()
  for (const { where, text } of lines) {
    try {
      const value = checked(text, schema)
      const before = seen.get(id(value))
      if (before) throw new Error(`the task '${id(value)}' stands in ${before} already`)
      seen.set(id(value), where)
      rows.push({ where, value })
    } catch (error) {
      const message = `${where}: ${(error as Error).message}`
      if (!skipBroken) throw new Error(`${message}; 'skip-broken' leaves such tasks out`, { cause: error })
      process.emitWarning(`${message}; this task is left out`, 'BrokenTask')
    }
  }
  return rows
}

/** One JSON file of a folder. Throws a sentence, with the file and the field, where it is not what it should be. */
export function readJsonFile<T>(folder: string, file: string, schema: z.ZodType<T>): T {
  const path = join(folder, file)
  if (!existsSync(path)) throw new Error(`there is no file '${file}' in the folder '${folder}'`)
  try {
    return checked(readFileSync(path, 'utf8'), schema)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
}

function* linesIn(folder: string, wanted: RegExp): Generator<Line> {
  if (!existsSync(folder)) throw new Error(`there is no folder '${folder}'`)
  if (!statSync(folder).isDirectory()) throw new Error(`'${folder}' is a file: name the folder that it is in`)
  const files = readdirSync(folder)
    .filter((name) => /\.jsonl(\.gz)?$/.test(name) && wanted.test(name))
    .sort()
  if (files.length === 0) throw new Error(`the folder '${folder}' holds no task file: no .jsonl and no .jsonl.gz`)
  for (const file of files) {
    yield* linesOf(file, contentOf(join(folder, file)))
  }
}

/** The lines of a file's content, the empty ones aside. */
export function* linesOf(file: string, content: string): Generator<Line> {
  for (const [index, text] of content.split('\n').entries()) {
    if (text.trim() !== '') yield { where: `${file}, line ${index + 1}`, text }
  }
}

function contentOf(path: string): string {
  const bytes = readFileSync(path)
  if (!path.endsWith('.gz')) return bytes.toString('utf8')
  try {
    return gunzipSync(bytes).toString('utf8')
  } catch (cause) {
    throw new Error(`${basename(path)} is no gzip file: ${(cause as Error).message}`, { cause })
  }
}

function checked<T>(text: string, schema: z.ZodType<T>): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`this is no JSON: ${(cause as Error).message}`, { cause })
  }
  const { success, data, error } = schema.safeParse(json)
  if (success) return data
  const [issue] = error.issues
  const field = issue?.path.join('.')
  const missing = issue?.code === 'invalid_type' && issue.path.length === 1 && !(`${field}` in Object(json))
  throw new Error(
    field ? `the field '${field}' ${missing ? 'is missing' : `is wrong: ${issue?.message}`}` : `${issue?.message}`,
  )
}
