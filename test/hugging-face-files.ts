/** The texts that lie beside a model on the Hugging Face hub, in small: byte-level pairs and a ChatML template. */

/** GPT-2's letters for bytes: printable ones are themselves, the others come after all of Latin-1. */
function letters(): string[] {
  let spare = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
    return String.fromCodePoint(printable ? byte : spare++)
  })
}

export const CHAT_ML =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
const MERGES = ['h e', 'l l', 'he ll', 'hell o', 'Ċ Ċ']

/** Ids 0 to 2 are special, then come the bytes, then what the merges make. */
export const SIZE = SPECIAL.length + 256 + MERGES.length
export const END = 2

/** `more`: tokens behind all others, which stand for their own text and are not special. */
export function tokenizerJson(more: readonly string[] = []): string {
  const tokens = [...SPECIAL, ...letters(), ...MERGES.map((merge) => merge.replace(' ', ''))]
  const added_tokens = [...SPECIAL, ...more].map((content, i) => {
    const special = i < SPECIAL.length
    const id = special ? i : SIZE + i - SPECIAL.length
    return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }
  })
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  return JSON.stringify({
    version: '1.0',
    ...{ truncation: null, padding: null, added_tokens, normalizer: null },
    ...{ pre_tokenizer: bytes, post_processor: null, decoder: bytes },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: MERGES,
    },
  })
}

/** As its four files, with the template in tokenizer_config.json. */
export function huggingFaceFiles(template: string = CHAT_ML): Record<string, string> {
  return {
    'tokenizer.json': tokenizerJson(),
    'tokenizer_config.json': JSON.stringify({
      ...{ bos_token: '<|im_start|>', eos_token: { content: '<|im_end|>' }, chat_template: template },
      tokenizer_class: 'GPT2Tokenizer',
    }),
    'generation_config.json': JSON.stringify({ eos_token_id: [END, 0] }),
  }
}
