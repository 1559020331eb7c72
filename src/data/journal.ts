/**
 * The calls that were answered, a line each in the order of their answers, on disk before anybody sees the answer. A
 * line carries its checksum: what a crash tore off is cut when the file is opened. Survives the death of the process
 * at any instant; like the store, not that of the machine.
 */

import { hash } from 'node:crypto'
import { closeSync, createReadStream, existsSync, ftruncateSync, openSync, renameSync, write, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { Answer, Journal, JournalCall } from '../core/index.ts'

export interface DiskJournal extends Journal, AsyncDisposable {
  /** How many answers an earlier life of the run left for this one. */
  readonly held: number
  /** Answers given from the journal so far. */
  readonly recalled: number
  /** Forgets an episode: its trajectory is on disk. */
  forget(episode: string): void
  /** Closes the journal and removes it: every episode is on disk. */
  remove(): Promise<void>
}

const line = z.object({ e: z.string(), n: z.string(), h: z.string(), t: z.number(), c: z.unknown() })

interface Held {
  readonly hash: string
  /** The line's JSON: parsed when it is asked for. */
  readonly text: string
}

/**
 * Opens, or makes, the journal in this file. Answers of episodes that `finished` names are dropped, and the file is
 * written anew without them. Throws a sentence where the file cannot be had.
 */
export async function openJournal(path: string, finished: (episode: string) => boolean): Promise<DiskJournal> {
  const held = new Map<string, Map<string, Held>>()
  let count = 0
  const fresh = `${path}.new`
  const file = explained(path, () => openSync(fresh, 'w'))
  let length = 0
  if (existsSync(path)) {
    for await (const text of wholeLines(path)) {
      const { e, n, h } = line.parse(JSON.parse(text))
      if (finished(e)) continue
      const episode = held.get(e) ?? new Map<string, Held>()
      held.set(e, episode.set(n, { hash: h, text }))
      length += explained(path, () => writeSync(file, framed(text)))
    }
    for (const episode of held.values()) count += episode.size
  }
  explained(path, () => renameSync(fresh, path))
  return new LineJournal({ path, file, length, held, count })
}

const framed = (text: string): string => `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`

/** Lines whose checksum is theirs. What is torn, at the end or anywhere, is left out. */
async function* wholeLines(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const one of lines) {
      const text = one.slice(9)
      if (one === framed(text).slice(0, -1)) yield text
    }
  }
}

interface Opened {
  readonly path: string
  readonly file: number
  /** Bytes that are known to be whole. */
  readonly length: number
  readonly held: Map<string, Map<string, Held>>
  readonly count: number
}

interface Waiting {
  readonly bytes: Buffer
  resolve(): void
  reject(error: unknown): void
}

class LineJournal implements DiskJournal {
  readonly #path: string
  readonly #file: number
  readonly #held: Map<string, Map<string, Held>>
  readonly held: number
  recalled = 0
  #length: number
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #failure: Error | undefined
  #closed = false

  constructor({ path, file, length, held, count }: Opened) {
    this.#path = path
    this.#file = file
    this.#length = length
    this.#held = held
    this.held = count
  }

  recall(call: JournalCall): Answer | 'other' | undefined {
    const found = this.#held.get(call.episode)?.get(call.call)
    if (!found) return undefined
    if (found.hash !== hashOf(call)) return 'other'
    this.recalled++
    const { c, t } = JSON.parse(found.text)
    return { completion: c, timeMs: t }
  }

  record(call: JournalCall, { completion, timeMs }: Answer): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    const text = JSON.stringify({ e: call.episode, n: call.call, h: hashOf(call), t: timeMs, c: completion })
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: Buffer.from(framed(text)), resolve, reject })
      this.#writing ??= this.#drain()
    })
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
    this.#held.delete(episode)
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

const hashOf = ({ model, request }: JournalCall): string => hash('sha1', JSON.stringify([model, request]), 'base64')

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
