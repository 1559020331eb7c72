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
}

/** More ids than any tokenizer has: what stands in a file decides about memory only below it. */
const MAX_ID = 1_000_000

const file = z.looseObject({
  model: z.looseObject({ vocab: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]) }),
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string() })),
  decoder: z
    .looseObject({ type: z.string(), decoders: z.array(z.looseObject({ type: z.string() })).nullish() })
    .nullish(),
})

/** From the file's JSON and tokenizer_config.json's. Throws a sentence with the path where it is no tokenizer. */
export function huggingFaceWords(json: unknown, config: object, path: string): Words {
  const { data, error } = file.safeParse(json)
  if (!data) throw new Error(`'${path}' is damaged: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`)
  const size = 1 + largestId(data, path)
  let tokenizer: Tokenizer
  try {
    tokenizer = new Tokenizer(data, config)
  } catch (cause) {
    throw new Error(`'${path}' cannot be used: ${(cause as Error).message}`, { cause })
  }
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
    encode(text) {
      const encoding = tokenizer.encode(text, { add_special_tokens: false })
      const ids: readonly (number | undefined)[] = encoding.ids
      return ids.map((id, i) => {
        if (id === undefined) throw new Error(`'${path}' has no token for '${encoding.tokens[i]}'`)
        return id
      })
    },
    decode: (ids) => text(ids.filter(means), true),
    spell: (ids) => (ids.every(means) ? text(ids, false) : undefined),
    id: (token) => tokenizer.token_to_id(token),
  }
}

function largestId({ model, added_tokens }: z.infer<typeof file>, path: string): number {
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
