/** Answered calls by episode, as they lie on disk and travel between processes: a line of JSON each. */
import { hash } from 'node:crypto'
import { z } from 'zod'
import type { Answer, JournalCall } from '../core/index.ts'

/** Short names, for there are millions: the episode, the call's name in it, the request's hash, milliseconds, the completion. */
const entry = z.object({ e: z.string(), n: z.string(), h: z.string(), t: z.number(), c: z.unknown() })

export function entryOf(call: JournalCall, { completion, timeMs }: Answer): string {
  return JSON.stringify({ e: call.episode, n: call.call, h: hashOf(call), t: timeMs, c: completion })
}

/** Whose entry this is, without parsing the rest of it; '' where it is none. */
export function episodeOf(text: string): string {
  const end = text.startsWith('{"e":"') ? text.indexOf('","n":"') : -1
  try {
    return end < 0 ? '' : JSON.parse(text.slice(5, end + 1))
  } catch {
    return ''
  }
}

const hashOf = ({ model, request }: JournalCall): string => hash('sha1', JSON.stringify([model, request]), 'base64')

interface Held {
  readonly hash: string
  /** Parsed when it is asked for. */
  readonly text: string
}

export class Remembered {
  readonly #episodes = new Map<string, Map<string, Held>>()

  get size(): number {
    let size = 0
    for (const held of this.#episodes.values()) size += held.size
    return size
  }

  /** The newer of two answers to one call counts. Throws on a text that is no entry. */
  put(text: string): void {
    const { e, n, h } = entry.parse(JSON.parse(text))
    const held = this.#episodes.get(e) ?? new Map<string, Held>()
    this.#episodes.set(e, held.set(n, { hash: h, text }))
  }

  /** The answer to this call; 'other' where another one was asked in its place. */
  find(call: JournalCall): Answer | 'other' | undefined {
    const found = this.#episodes.get(call.episode)?.get(call.call)
    if (!found) return undefined
    if (found.hash !== hashOf(call)) return 'other'
    const { c, t } = JSON.parse(found.text)
    return { completion: c, timeMs: t }
  }

  /** What is known of an episode, an entry each. */
  of(episode: string): string[] {
    return [...(this.#episodes.get(episode)?.values() ?? [])].map(({ text }) => text)
  }

  forget(episode: string): void {
    this.#episodes.delete(episode)
  }
}
