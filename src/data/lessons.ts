/**
 * What was learned from each trajectory, token by token: learned.sqlite in a run's folder holds a row for each update
 * that a trajectory was part of. All of an update is written at once; what is on disk survives the process.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Datum, Origin, Span } from '../core/index.ts'
import { atomically, explained, readable } from './sqlite-file.ts'

/** What an update made of a trajectory. */
export interface TaughtUpdate {
  /** Of the arm; from 1. */
  readonly round: number
  /** Of the round; from 1. */
  readonly update: number
  readonly arm: string
  /** For each of `callsOf(trajectory)`; null for a call that was no part of it. */
  readonly calls: readonly (TaughtCall | null)[]
}

/** Per token of a call's completion, in single precision. */
export interface TaughtCall {
  /** −∂L/∂log p, as it was handed to the engine; their sum where the call was part of the update more than once. */
  readonly weights: readonly number[]
  /** null where the algorithm knows of none. */
  readonly advantages: readonly number[] | null
  /** What was learned, where that is not what the call captured: made of its text, or of another's. */
  readonly tokens?: readonly number[]
}

export interface MadeUpdate extends Omit<TaughtUpdate, 'calls'> {
  readonly data: readonly Datum[]
}

export interface LearnedLog extends Disposable {
  /** What does not say whose words it is is not kept. Throws a sentence where it cannot be written. */
  add(update: MadeUpdate): void
}

const FILE = 'learned.sqlite'
const VERSION = 1

/** Opens, or makes, the log in a run's folder. */
export function openLearned(folder: string): LearnedLog {
  const path = join(folder, FILE)
  const database = explained(path, () => {
    const opened = new DatabaseSync(path, { timeout: 5000 })
    opened.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      BEGIN;
      CREATE TABLE IF NOT EXISTS updates (id INTEGER PRIMARY KEY, arm TEXT, round INTEGER, number INTEGER);
      CREATE TABLE IF NOT EXISTS learned (trajectory TEXT, at INTEGER, body BLOB, PRIMARY KEY (trajectory, at)) WITHOUT ROWID;
      PRAGMA user_version = ${VERSION};
      COMMIT`)
    return opened
  })
  const begin = database.prepare('INSERT INTO updates (arm, round, number) VALUES (?, ?, ?)')
  const insert = database.prepare('INSERT INTO learned (trajectory, at, body) VALUES (?, ?, ?)')
  return {
    add({ arm, round, update, data }) {
      const known = data.filter((datum): datum is Known => datum.of !== undefined)
      if (known.length === 0) return
      const write = (): void => {
        const at = begin.run(arm, round, update).lastInsertRowid
        for (const [trajectory, own] of Map.groupBy(known, ({ of }) => of.trajectory))
          insert.run(trajectory, at, encoded(callsIn(own)))
      }
      explained(path, () => atomically(database, write))
    },
    [Symbol.dispose]: () => database.close(),
  }
}

/** In the order of the updates; none where nothing was learned from it. Throws a sentence on a file that is none of ours. */
export function learnedFrom(folder: string, trajectory: string): TaughtUpdate[] {
  const path = join(folder, FILE)
  if (!existsSync(path)) return []
  return explained(path, () => {
    using database = new DatabaseSync(readable(path), { readOnly: true, timeout: 5000 })
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version !== VERSION) throw new Error(`'${path}' holds format version ${version}; this Ludus reads ${VERSION}`)
    const sql = `
      SELECT arm, round, number AS "update", body FROM learned JOIN updates ON updates.id = at
      WHERE trajectory = ? ORDER BY at`
    const rows = database.prepare(sql).all(trajectory) as unknown as (Omit<TaughtUpdate, 'calls'> & {
      body: Uint8Array
    })[]
    return rows.map(({ body, ...of }) => ({ ...of, calls: decoded(body, `what was learned of '${trajectory}'`) }))
  })
}

type Known = Datum & { readonly of: Origin }

/** What one update makes of one trajectory. */
function callsIn(data: readonly Known[]): (TaughtCall | null)[] {
  const calls: (TaughtCall | null)[] = Array.from({ length: data[0]!.of.calls }, () => null)
  for (const datum of data)
    for (const span of datum.of.completions) calls[span.call] = together(calls[span.call] ?? null, callIn(datum, span))
  return calls
}

function callIn({ tokens, weights, of: { advantages } }: Known, { start, end, captured }: Span): TaughtCall {
  return {
    weights: weights.slice(start, end),
    advantages: advantages?.slice(start, end) ?? null,
    ...(!captured && { tokens: tokens.slice(start, end) }),
  }
}

/** Gradients add up. */
const together = (before: TaughtCall | null, call: TaughtCall): TaughtCall =>
  before ? { ...call, weights: call.weights.map((weight, i) => weight + before.weights[i]!) } : call

/** A shorter body stands as it is. */
const PLAIN_BYTES = 256
/** What a zstd frame begins with (RFC 8878 §3.1.1), read as an Int32. No number of calls is negative. */
const ZSTD = 0xfd2fb528 | 0

const [ADVANTAGES, TOKENS] = [1, 2]

/**
 * Words of four bytes, little-endian: the number of calls; for each its number of tokens, or −1 for none; then what it
 * has of advantages and tokens; and these, one after another.
 */
function encoded(calls: readonly (TaughtCall | null)[]): Uint8Array {
  const words: number[] = [calls.length]
  const float = new Float32Array(1)
  const bits = new Int32Array(float.buffer)
  const put = (values: readonly number[]): void => {
    for (const value of values) {
      float[0] = value
      words.push(bits[0]!)
    }
  }
  for (const call of calls) {
    if (!call) {
      words.push(-1)
      continue
    }
    const { weights, advantages, tokens } = call
    words.push(weights.length, (advantages ? ADVANTAGES : 0) | (tokens ? TOKENS : 0))
    put(weights)
    if (advantages) put(advantages)
    if (tokens) for (const token of tokens) words.push(token)
  }
  const bytes = Buffer.from(Int32Array.from(words).buffer)
  return bytes.length < PLAIN_BYTES ? bytes : zstdCompressSync(bytes, { pledgedSrcSize: bytes.length })
}

/** Throws a sentence on anything else. */
function decoded(body: Uint8Array, what: string): (TaughtCall | null)[] {
  const plain = body.length >= 4 && Buffer.from(body).readInt32LE() === ZSTD ? zstdDecompressSync(body) : body
  const words = new Int32Array(Uint8Array.from(plain).buffer, 0, plain.length >> 2)
  let at = 0
  const take = (count: number): Int32Array => {
    if (count < 0 || at + count > words.length) throw new Error(`${what} is damaged: it ends before it should`)
    at += count
    return words.slice(at - count, at)
  }
  const floats = (count: number): number[] => [...new Float32Array(take(count).buffer)]
  return Array.from({ length: take(1)[0]! }, () => {
    const length = take(1)[0]!
    if (length < 0) return null
    const has = take(1)[0]!
    const weights = floats(length)
    const advantages = has & ADVANTAGES ? floats(length) : null
    return { weights, advantages, ...(has & TOKENS && { tokens: [...take(length)] }) }
  })
}
