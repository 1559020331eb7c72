/** A tokenizer.json, read by Hugging Face's own package: text to token ids and back. Knows nothing of conversations. */
import { Tokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import type { Spelling } from '../core/index.ts'
import { BYTE_OF, spellingOf } from './spelling.ts'

export interface Words {
  /** Ids run from 0 to size − 1, perhaps with gaps. */
  readonly size: number
  /** Adds no special tokens; those that the text spells out become what they are, as in transformers. */
  encode(text: string): number[]
  /** Without special tokens and ids that mean nothing. Bytes that are no UTF-8 come out as U+FFFD. */
  decode(ids: readonly number[]): string
  /** With special tokens spelled out; undefined where an id means nothing. */
  spell(ids: readonly number[]): string | undefined
  id(token: string): number | undefined
  /** What each id says; special tokens nothing. */
  spelling(): Spelling
  /** Ids of special tokens: ends, marks of turns, padding. */
  readonly special: ReadonlySet<number>
  /**
   * An encoder of texts of mixed origin, cut as one text between tokens: in ours each of `marks` is its token, where
   * there is one; in theirs no special token comes about, and none of `marks`. It throws rather than let one through.
   */
  mixed(marks: readonly string[]): (pieces: readonly Piece[]) => number[]
}

export interface Piece {
  readonly text: string
  readonly ours: boolean
}

export const ours = (text: string): Piece => ({ text, ours: true })
export const theirs = (text: string): Piece => ({ text, ours: false })

/** More ids than any tokenizer has: what stands in a file decides about memory only below it. */
const MAX_ID = 1_000_000

const file = z.looseObject({
  model: z.looseObject({ vocab: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]) }),
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string(), special: z.boolean().optional() })),
  decoder: z
    .looseObject({ type: z.string(), decoders: z.array(z.looseObject({ type: z.string() })).nullish() })
    .nullish(),
})
type File = z.infer<typeof file>

/** From the file's JSON and tokenizer_config.json's. Throws a sentence with the path where it is no tokenizer. */
export function huggingFaceWords(json: unknown, config: object, path: string): Words {
  const { data, error } = file.safeParse(json)
  if (!data) throw new Error(`'${path}' is damaged: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`)
  const size = 1 + largestId(data, path)
  const tokenizer = open(data, config, path)
  const means = (id: number): boolean => tokenizer.id_to_token(id) !== undefined
  const text = (ids: readonly number[], skip: boolean): string =>
    ids.length === 0
      ? ''
      : tokenizer.decode([...ids], { skip_special_tokens: skip, clean_up_tokenization_spaces: false })
  const token = (id: number): string | undefined => tokenizer.id_to_token(id)
  let spelling: Spelling | undefined
  return {
    size,
    spelling() {
      spelling ??= spell({ size, token, decode: (ids) => text(ids.filter(means), true) }, data)
      return spelling
    },
    special: new Set(data.added_tokens.filter((token) => token.special).map((token) => token.id)),
    encode: (text) => encoded(tokenizer, text, path),
    mixed: (marks) => mixedEncoder(data, { marks, config, path }),
    decode: (ids) => text(ids.filter(means), true),
    spell: (ids) => (ids.every(means) ? text(ids, false) : undefined),
    id: (token) => tokenizer.token_to_id(token),
  }
}

function open(data: File, config: object, path: string): Tokenizer {
  try {
    return new Tokenizer(data, config)
  } catch (cause) {
    throw new Error(`'${path}' cannot be used: ${(cause as Error).message}`, { cause })
  }
}

function encoded(tokenizer: Tokenizer, text: string, path: string): number[] {
  const encoding = tokenizer.encode(text, { add_special_tokens: false })
  const ids: readonly (number | undefined)[] = encoding.ids
  return ids.map((id, i) => {
    if (id === undefined) throw new Error(`'${path}' has no token for '${encoding.tokens[i]}'`)
    return id
  })
}

interface Mixing {
  readonly marks: readonly string[]
  readonly config: object
  readonly path: string
}

function mixedEncoder(data: File, { marks, config, path }: Mixing): (pieces: readonly Piece[]) => number[] {
  const own = new Map(data.added_tokens.filter(({ content }) => marks.includes(content)).map((t) => [t.content, t.id]))
  const guarded = ({ special, content }: File['added_tokens'][number]): boolean => !!special || own.has(content)
  const plain = open({ ...data, added_tokens: data.added_tokens.filter((token) => !guarded(token)) }, config, path)
  const forbidden = new Set(data.added_tokens.filter(guarded).map((token) => token.id))
  const text = (words: string): number[] => {
    const ids = encoded(plain, words, path)
    const forged = ids.find((id) => forbidden.has(id))
    // The model's own merges may spell a mark, in a file that was made to.
    if (forged !== undefined) throw new Error(`'${path}' makes the special token ${forged} of plain text`)
    return ids
  }
  return (pieces) => {
    // A token's id ends a run of text.
    const runs: (string | number)[] = ['']
    for (const piece of pieces) {
      for (const part of piece.ours ? split(piece.text, [...own.keys()]) : [piece.text]) {
        const id = piece.ours ? own.get(part) : undefined
        if (id === undefined) runs.push(`${runs.pop()}${part}`)
        else runs.push(id, '')
      }
    }
    return runs.flatMap((run) => (typeof run === 'number' ? [run] : text(run)))
  }
}

/** A text's marks, and what stands between them. */
function split(text: string, marks: readonly string[]): string[] {
  const mark = new RegExp(`(${marks.map((content) => RegExp.escape(content)).join('|')})`)
  return marks.length > 0 ? text.split(mark) : [text]
}

function largestId({ model, added_tokens }: File, path: string): number {
  const { vocab } = model
  const ids = Array.isArray(vocab) ? vocab.map((_, i) => i) : Object.values(vocab)
  let largest = -1
  for (const id of [...ids, ...added_tokens.map((token) => token.id)]) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= MAX_ID)
      throw new Error(`'${path}' is damaged: ${id} is no token's id: they run from 0 to ${MAX_ID - 1}`)
    largest = Math.max(largest, id as number)
  }
  return largest
}

interface Vocabulary {
  readonly size: number
  readonly token: (id: number) => string | undefined
  readonly decode: (ids: readonly number[]) => string
}

function spell({ size, token, decode }: Vocabulary, { decoder, added_tokens }: z.infer<typeof file>): Spelling {
  const steps = [decoder?.type, ...(decoder?.decoders ?? []).map(({ type }) => type)]
  const [letters, fallback] = [steps.includes('ByteLevel'), steps.includes('ByteFallback')]
  const whole = new Set(added_tokens.map(({ id }) => id))
  // What a token says behind another: in front of a text some tokenizers drop its space.
  const anchor = Array.from({ length: size }, (_, id) => id).find((id) => /^\w+$/.test(decode([id]))) ?? 0
  const before = decode([anchor]).length
  let dropsSpace = false
  const spelled = Array.from({ length: size }, (_, id): ArrayLike<number> => {
    const name = token(id)
    if (name === undefined) return []
    if (letters && !whole.has(id)) return [...name].flatMap((letter) => BYTE_OF.get(letter) ?? [])
    if (fallback && /^<0x[0-9A-Fa-f]{2}>$/.test(name)) return [Number.parseInt(name.slice(3, 5), 16)]
    const said = decode([anchor, id]).slice(before)
    dropsSpace ||= said.startsWith(' ') && decode([id]) === said.slice(1)
    return Buffer.from(said)
  })
  return spellingOf(spelled, { dropsSpace })
}
