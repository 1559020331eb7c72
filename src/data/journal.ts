/**
 * The calls that were answered, a line each in the order of their answers, on disk before anybody sees the answer. A
 * line carries its checksum: what a crash tore off is cut when the file is opened. Survives the death of the process
 * at any instant; like the store, not that of the machine.
 */

import { closeSync, createReadStream, existsSync, ftruncateSync, openSync, renameSync, write, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { Answer, Journal, JournalCall } from '../core/index.ts'
import { entryOf, episodeOf, Remembered } from './remembered.ts'

export interface DiskJournal extends Journal, AsyncDisposable {
  /** How many answers an earlier life of the run left for this one. */
  readonly held: number
  /** Answers given from the journal so far. */
  readonly recalled: number
  /** Keeps an answer that another process was given, as `entryOf` writes it. */
  append(entry: string): Promise<void>
  /** What is known of an episode, in the same form. */
  answersOf(episode: string): string[]
  /** Forgets an episode: its trajectory is on disk. */
  forget(episode: string): void
  /** Closes the journal and removes it: every episode is on disk. */
  remove(): Promise<void>
}

export interface JournalOptions {
  /** Remembers this life's answers too, for episodes that somebody else may have to go on with. */
  readonly keep?: boolean
}

/**
 * Opens, or makes, the journal in this file. Answers of episodes that `finished` names are dropped, and the file is
 * written anew without them. Throws a sentence where the file cannot be had.
 */
export async function openJournal(
  path: string,
  finished: (episode: string) => boolean,
  { keep = false }: JournalOptions = {},
): Promise<DiskJournal> {
  const remembered = new Remembered()
  const fresh = `${path}.new`
  const file = explained(path, () => openSync(fresh, 'w'))
  let length = 0
  if (existsSync(path)) {
    for await (const line of linesOf(path)) {
      const text = line.slice(9)
      // Most are of episodes that are over: they go before their checksum costs anything.
      if (finished(episodeOf(text)) || line !== framed(text).slice(0, -1)) continue
      remembered.put(text)
      length += explained(path, () => writeSync(file, `${line}\n`))
    }
  }
  explained(path, () => renameSync(fresh, path))
  return new LineJournal({ path, file, length, remembered, keep })
}

const framed = (text: string): string => `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`

/** The lines that were ended; what a crash tore off at the end is none. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 2 ** 20 })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

interface Opened {
  readonly path: string
  readonly file: number
  /** Bytes that are known to be whole. */
  readonly length: number
  readonly remembered: Remembered
  readonly keep: boolean
}

interface Waiting {
  readonly bytes: Buffer
  resolve(): void
  reject(error: unknown): void
}

class LineJournal implements DiskJournal {
  readonly #path: string
  readonly #file: number
  readonly #remembered: Remembered
  readonly #keep: boolean
  readonly held: number
  recalled = 0
  #length: number
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #failure: Error | undefined
  #closed = false

  constructor({ path, file, length, remembered, keep }: Opened) {
    this.#path = path
    this.#file = file
    this.#length = length
    this.#remembered = remembered
    this.#keep = keep
    this.held = remembered.size
  }

  recall(call: JournalCall): Answer | 'other' | undefined {
    const found = this.#remembered.find(call)
    if (found !== undefined && found !== 'other') this.recalled++
    return found
  }

  record(call: JournalCall, answer: Answer): Promise<void> {
    return this.append(entryOf(call, answer))
  }

  append(entry: string): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#keep) this.#remembered.put(entry)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: Buffer.from(framed(entry)), resolve, reject })
      this.#writing ??= this.#drain()
    })
  }

  answersOf(episode: string): string[] {
    return this.#remembered.of(episode)
  }

  /** What comes while a write is under way goes together into the next one. */
  async #drain(): Promise<void> {
    await undefined
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        await this.#append(Buffer.concat(group.map(({ bytes }) => bytes)))
        for (const { resolve } of group) resolve()
      } catch (error) {
        this.#failure = explain(this.#path, error)
        for (const { reject } of [...group, ...this.#waiting]) reject(this.#failure)
        this.#waiting = []
      }
    }
    this.#writing = undefined
  }

  async #append(bytes: Buffer): Promise<void> {
    let done = 0
    try {
      while (done < bytes.length) done += await writeAt(this.#file, bytes.subarray(done), this.#length + done)
      this.#length += done
    } catch (error) {
      // What got through of it is taken back, so that the next line does not begin in the middle of this one.
      ftruncateSync(this.#file, this.#length)
      throw error
    }
  }

  forget(episode: string): void {
    this.#remembered.forget(episode)
  }

  async remove(): Promise<void> {
    await this[Symbol.asyncDispose]()
    await rm(this.#path, { force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#file)
  }
}

const writeAt = (file: number, bytes: Buffer, at: number): Promise<number> =>
  new Promise((resolve, reject) => {
    write(file, bytes, 0, bytes.length, at, (error, written) => (error ? reject(error) : resolve(written)))
  })

function explained<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explain(path, error)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room and resume the run; what was written before is kept',
  EFBIG: 'the file may not grow any further; what was written before is kept',
  EACCES: 'it may not be written to',
  EROFS: 'it may not be written to',
}

function explain(path: string, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException
  return new Error(`the journal '${path}': ${REASONS[code] ?? message}`, { cause: error })
}
