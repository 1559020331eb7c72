/** What the tokens of a vocabulary say, in the form that an engine reads while it samples. */
import type { Spelling } from '../core/index.ts'

/** From each id's bytes, in order. */
export function spellingOf(tokens: readonly ArrayLike<number>[], { dropsSpace = false } = {}): Spelling {
  const length = tokens.reduce((sum, token) => sum + token.length, 0)
  const bytes = new Uint8Array(new SharedArrayBuffer(length))
  const ends = new Uint32Array(new SharedArrayBuffer(4 * tokens.length))
  let at = 0
  tokens.forEach((token, id) => {
    bytes.set(token, at)
    at += token.length
    ends[id] = at
  })
  return { bytes, ends, dropsSpace }
}

/** The byte that each letter of a byte-level vocabulary stands for (GPT-2): itself where it is seen in print, and all others behind Latin-1. */
export const BYTE_OF: ReadonlyMap<string, number> = new Map(
  (() => {
    let spare = 256
    return Array.from({ length: 256 }, (_, byte): [string, number] => {
      const seen = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
      return [String.fromCodePoint(seen ? byte : spare++), byte]
    })
  })(),
)
