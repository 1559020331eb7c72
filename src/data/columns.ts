/**
 * The rows of a store as columns in memory: about two hundred bytes a row, so that whatever is asked of a hundred
 * thousand of them takes milliseconds. They follow a store that another process writes: what was added is read, and
 * where rows went away all is read anew.
 */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Failure, Reward } from '../core/index.ts'
import type { Row } from './row.ts'
import { explained } from './sqlite-file.ts'

/** Texts that recur, each kept once. */
export class Coded {
  readonly names: string[] = []
  /** One a row. */
  readonly codes: number[] = []
  readonly #places = new Map<string, number>()

  code(name: string): number {
    const known = this.#places.get(name)
    if (known !== undefined) return known
    this.#places.set(name, this.names.length)
    return this.names.push(name) - 1
  }

  at(row: number): string {
    return this.names[this.codes[row]!]!
  }
}

export const NUMBERS = [
  'attempt',
  'return',
  'success',
  'steps',
  'calls',
  'promptTokens',
  'completionTokens',
  'costUsd',
  'timeMs',
] as const satisfies (keyof Row)[]
export const TEXTS = ['batch', 'task', 'env', 'agent', 'outcome', 'stop'] as const satisfies (keyof Row)[]

type NumberColumn = (typeof NUMBERS)[number]
type TextColumn = (typeof TEXTS)[number]

/** The rewards of all rows, one after the other. */
class Rewards {
  /** By name, with the weight that was seen last. */
  readonly names = new Coded()
  readonly weights: number[] = []
  /** Where the rewards of each row begin. */
  readonly start: number[] = []
  /** NaN where a reward did not judge. */
  readonly values: number[] = []
  /** Rows say the same again and again: parsed once. */
  readonly #parsed = new Map<string, readonly [code: number, value: number][]>()

  push(json: string): void {
    this.start.push(this.values.length)
    for (const [code, value] of this.#parsed.get(json) ?? this.#parse(json)) {
      this.names.codes.push(code)
      this.values.push(value)
    }
  }

  #parse(json: string): [code: number, value: number][] {
    const rewards = Object.entries(JSON.parse(json) as Record<string, Reward>)
    const parsed = rewards.map(([name, { value, weight }]): [number, number] => {
      const code = this.names.code(name)
      this.weights[code] = weight
      return [code, value ?? Number.NaN]
    })
    if (this.#parsed.size < 1000) this.#parsed.set(json, parsed)
    return parsed
  }
}

/** Failures are told apart by so much of their messages. */
const FAILURE_LENGTH = 300

/** Everything of one state of the store. Numbers are NaN where the row says null. */
export class Columns {
  readonly rowid: number[] = []
  readonly id: string[] = []
  readonly numbers = Object.fromEntries(NUMBERS.map((name) => [name, [] as number[]])) as Record<NumberColumn, number[]>
  readonly texts = Object.fromEntries(TEXTS.map((name) => [name, new Coded()])) as Record<TextColumn, Coded>
  readonly rewards = new Rewards()
  /** `<boundary>: <message>`, cut; empty where nothing broke. */
  readonly failure = new Coded()

  get size(): number {
    return this.rowid.length
  }

  push(cells: readonly SQLOutputValue[]): void {
    this.rowid.push(cells[0] as number)
    this.id.push(cells[1] as string)
    NUMBERS.forEach((name, i) => this.numbers[name].push((cells[2 + i] as number | null) ?? Number.NaN))
    TEXTS.forEach((name, i) => {
      const column = this.texts[name]
      column.codes.push(column.code(cells[2 + NUMBERS.length + i] as string))
    })
    const [rewards, failure] = cells.slice(-2) as [string, string | null]
    this.rewards.push(rewards)
    this.failure.codes.push(this.failure.code(failure === null ? '' : told(JSON.parse(failure))))
  }
}

const told = ({ boundary, message }: Failure): string => `${boundary}: ${message.slice(0, FAILURE_LENGTH)}`

const SELECTED = ['id', ...NUMBERS, ...TEXTS, 'rewards', 'failure'].map((name) => `"${name}"`).join(', ')

/** The columns of a store, as new as the store is whenever they are asked for. */
export class Following {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #version
  readonly #count
  readonly #last
  readonly #added
  #seen = -1
  /** Of the last row that was read: another may come to stand in its place. */
  #mark: unknown
  #columns = new Columns()
  /** Grows whenever the columns have changed. */
  state = 0

  constructor(path: string, database: DatabaseSync) {
    this.#path = path
    this.#database = database
    this.#version = database.prepare('PRAGMA data_version')
    this.#count = database.prepare('SELECT COUNT(*) FROM trajectories')
    this.#last = database.prepare(`SELECT id || ' ' || "timeMs" FROM trajectories WHERE rowid = ?`)
    this.#added = database.prepare(`SELECT rowid, ${SELECTED} FROM trajectories WHERE rowid > ? ORDER BY rowid`)
    for (const statement of [this.#version, this.#count, this.#last, this.#added]) statement.setReturnArrays(true)
  }

  /** Moves whenever another connection has committed. */
  version(): number {
    return explained(this.#path, () => this.#one(this.#version) as number)
  }

  now(): Columns {
    const version = this.version()
    if (version === this.#seen) return this.#columns
    explained(this.#path, () => {
      this.#database.exec('BEGIN')
      try {
        this.#read()
      } finally {
        this.#database.exec('COMMIT')
      }
    })
    this.#seen = version
    return this.#columns
  }

  #read(): void {
    const { size } = this.#columns
    const last = this.#columns.rowid.at(-1) ?? 0
    const whole = size === 0 || this.#one(this.#last, last) === this.#mark
    if (whole) this.#append(last)
    if (!whole || this.#columns.size !== this.#one(this.#count)) {
      this.#columns = new Columns()
      this.#append(0)
      this.state++
    } else if (this.#columns.size > size) this.state++
    this.#mark = this.#one(this.#last, this.#columns.rowid.at(-1) ?? 0)
  }

  #append(after: number): void {
    for (const cells of this.#added.iterate(after)) this.#columns.push(cells as unknown as SQLOutputValue[])
  }

  #one(statement: ReturnType<DatabaseSync['prepare']>, ...values: number[]): unknown {
    return (statement.get(...values) as unknown as SQLOutputValue[] | undefined)?.[0]
  }
}
