/** Text to token ids and back. Lossless: decode(encode(text)) is text. */

export interface Tokenizer {
  /** Ids run from 0 to size − 1. */
  readonly size: number
  encode(text: string): number[]
  /** Bytes that are no UTF-8 come out as U+FFFD. */
  decode(ids: readonly number[]): string
  /** Each id's bytes. */
  readonly spelled: readonly (readonly number[])[]
  /** What `tokenizerFrom` reads back. */
  toJSON(): TokenizerData
}

/** Pairs of ids, in the order they were learned: pair i became id 256 + i. None: bytes. */
export interface TokenizerData {
  readonly kind: 'byte-pairs'
  readonly merges: readonly (readonly [number, number])[]
}

const utf8 = new TextEncoder()
const text = new TextDecoder()

/** One id per byte. */
export const bytes = (): Tokenizer => tokenizerFrom({ kind: 'byte-pairs', merges: [] })

/**
 * Byte-pair encoding (Sennrich et al. 2016) with merges learned from an environment's own text: at most `merges` of
 * them, the most frequent pair first. Digits stay single tokens, so that a number is read by its digits; nothing
 * else stops a merge, so that a sentence the world repeats becomes one token.
 */
export function learnTokenizer(texts: Iterable<string>, merges: number): Tokenizer {
  const counts = new Map<string, number>()
  for (const text of texts) for (const piece of pieces(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1)
  const words = [...counts].map(([piece, count]) => ({ ids: [...utf8.encode(piece)], count }))
  const learned: [number, number][] = []
  while (learned.length < merges) {
    const best = mostFrequentPair(words)
    if (!best) break
    const id = 256 + learned.push(best) - 1
    for (const word of words) word.ids = merge(word.ids, best, id)
  }
  return tokenizerFrom({ kind: 'byte-pairs', merges: learned })
}

/** Ties go to the pair of lower ids, so that the same text gives the same vocabulary. */
function mostFrequentPair(words: readonly { ids: number[]; count: number }[]): [number, number] | undefined {
  const counts = new Map<number, number>()
  for (const { ids, count } of words) {
    for (let i = 1; i < ids.length; i++) {
      const pair = ids[i - 1]! * 2 ** 24 + ids[i]!
      counts.set(pair, (counts.get(pair) ?? 0) + count)
    }
  }
  let best: number | undefined
  let most = 1
  for (const [pair, count] of counts) {
    if (count > most || (count === most && best !== undefined && pair < best)) {
      best = pair
      most = count
    }
  }
  return best === undefined ? undefined : [Math.floor(best / 2 ** 24), best % 2 ** 24]
}

export function tokenizerFrom({ merges }: TokenizerData): Tokenizer {
  const ranks = new Map(merges.map(([a, b], i) => [a * 2 ** 24 + b, i]))
  const spelled: number[][] = Array.from({ length: 256 }, (_, byte) => [byte])
  for (const [a, b] of merges) spelled.push([...spelled[a]!, ...spelled[b]!])
  const known = new Map<string, readonly number[]>()
  const encodePiece = (piece: string): readonly number[] => {
    const before = known.get(piece)
    if (before) return before
    const ids = applyMerges([...utf8.encode(piece)], ranks)
    if (known.size < 10_000) known.set(piece, ids)
    return ids
  }
  return {
    size: 256 + merges.length,
    encode: (text) => pieces(text).flatMap(encodePiece),
    decode: (ids) => text.decode(Uint8Array.from(ids.flatMap((id) => spelled[id] ?? []))),
    spelled,
    toJSON: () => ({ kind: 'byte-pairs', merges }),
  }
}

function applyMerges(start: number[], ranks: ReadonlyMap<number, number>): number[] {
  let ids = start
  while (true) {
    let best = Number.POSITIVE_INFINITY
    let pair: [number, number] | undefined
    for (let i = 1; i < ids.length; i++) {
      const rank = ranks.get(ids[i - 1]! * 2 ** 24 + ids[i]!)
      if (rank !== undefined && rank < best) {
        best = rank
        pair = [ids[i - 1]!, ids[i]!]
      }
    }
    if (!pair) return ids
    ids = merge(ids, pair, 256 + best)
  }
}

function merge(ids: readonly number[], [a, b]: readonly [number, number], id: number): number[] {
  const out: number[] = []
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === a && ids[i + 1] === b) {
      out.push(id)
      i++
    } else out.push(ids[i]!)
  }
  return out
}

const pieces = (text: string): string[] => text.match(/\d|\D+/g) ?? []
