/** A tokenizer.json, read by Hugging Face's own package: text to token ids and back. Knows nothing of conversations. */
import { Tokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'

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
}

/** More ids than any tokenizer has: what stands in a file decides about memory only below it. */
const MAX_ID = 1_000_000

const file = z.looseObject({
  model: z.looseObject({ vocab: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]) }),
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string() })),
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
  return {
    size,
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
