/**
 * The tokenizer that a GGUF file carries in its metadata, as the two files that Hugging Face's tokenizers read:
 * tokenizer.json and tokenizer_config.json. Plain data; nothing here turns text into tokens.
 */
import { describeGguf } from './gguf.ts'
import { describe, type Metadata } from './gguf-header.ts'

/** The texts of both files, for a GGUF file on disk: names to texts. Throws a sentence where it has no tokenizer we know. */
export async function ggufFiles(path: string): Promise<Record<string, string>> {
  const { tokenizer, config } = ggufTokenizer((await describeGguf(path)).metadata, path)
  return { 'tokenizer.json': JSON.stringify(tokenizer), 'tokenizer_config.json': JSON.stringify(config) }
}

export interface TokenizerFiles {
  /** tokenizer.json */
  readonly tokenizer: TokenizerJson
  /** tokenizer_config.json */
  readonly config: TokenizerConfig
}

export interface TokenizerJson {
  readonly version: '1.0'
  readonly truncation: null
  readonly padding: null
  readonly added_tokens: readonly AddedToken[]
  readonly normalizer: null
  readonly pre_tokenizer: { readonly type: 'Sequence'; readonly pretokenizers: readonly object[] }
  readonly post_processor: object
  readonly decoder: object
  readonly model: BytePairModel
}

export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly single_word: false
  readonly lstrip: false
  readonly rstrip: false
  readonly normalized: false
  readonly special: boolean
}

interface BytePairModel {
  readonly type: 'BPE'
  readonly dropout: null
  readonly unk_token: null
  readonly continuing_subword_prefix: null
  readonly end_of_word_suffix: null
  readonly fuse_unk: false
  readonly byte_fallback: false
  readonly ignore_merges: boolean
  readonly vocab: Readonly<Record<string, number>>
  readonly merges: readonly (readonly [string, string])[]
}

export interface TokenizerConfig {
  readonly tokenizer_class: 'PreTrainedTokenizerFast'
  readonly add_bos_token: boolean
  readonly add_eos_token: boolean
  readonly clean_up_tokenization_spaces: false
  readonly bos_token?: string
  readonly eos_token?: string
  readonly unk_token?: string
  readonly pad_token?: string
  readonly chat_template?: string
}

/** How llama.cpp cuts text before it merges bytes, by the name under 'tokenizer.ggml.pre'. */
interface Rule {
  /** One after another, each within the pieces that the one before left. */
  readonly patterns: readonly string[]
  /** Whether a piece that is a token as it stands is taken whole. */
  readonly ignoreMerges?: true
  /** Whether a text begins with the bos token where the file does not say. */
  readonly addBos?: true
}

const GPT2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`
const LLAMA3 =
  `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|` +
  ` ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['smollm', { patterns: ['\\p{N}', GPT2] }],
  ['llama-bpe', { patterns: [LLAMA3], ignoreMerges: true, addBos: true }],
  ['gpt-2', { patterns: [GPT2] }],
  ['default', { patterns: ['[\\p{P}\\$\\+<=>\\^~\\|]+', GPT2, '\\p{N}+', '[0-9][0-9][0-9]'] }],
])

/** What 'tokenizer.ggml.token_type' says of a token: found in text as it stands, before any merging. */
const CONTROL = 3
const USER_DEFINED = 4

/** Throws a sentence with the path and the key on a tokenizer of another kind, or one that is not whole. */
export function ggufTokenizer(metadata: Metadata, path: string): TokenizerFiles {
  const model = metadata.get('tokenizer.ggml.model')
  if (model !== 'gpt2') {
    throw new Error(`${path}: key 'tokenizer.ggml.model' is ${describe(model)}; only 'gpt2', byte-level BPE, is read`)
  }
  const rule = ruleOf(metadata, path)
  const tokens = texts(metadata, 'tokenizer.ggml.tokens', path)
  const vocabulary = new Map(tokens.map((token, id) => [token, id]))
  if (vocabulary.size < tokens.length) {
    const twice = tokens.find((token, id) => vocabulary.get(token) !== id)
    throw new Error(`${path}: key 'tokenizer.ggml.tokens' has ${describe(twice)} twice`)
  }
  const config = configOf(metadata, { rule, tokens, path })
  const tokenizer: TokenizerJson = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(metadata, tokens, path),
    normalizer: null,
    pre_tokenizer: preTokenizer(rule),
    post_processor: postProcessor(config, vocabulary, path),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      // Bytes without a token vanish, in llama.cpp as well; the unknown token never stands in for them.
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: rule.ignoreMerges ?? false,
      vocab: Object.fromEntries(vocabulary),
      merges: mergesOf(metadata, vocabulary, path),
    },
  }
  return { tokenizer, config }
}

function ruleOf(metadata: Metadata, path: string): Rule {
  const pre = metadata.get('tokenizer.ggml.pre') ?? 'default'
  const rule = typeof pre === 'string' ? RULES.get(pre) : undefined
  if (rule) return rule
  const known = [...RULES.keys()].map((name) => `'${name}'`).join(', ')
  throw new Error(
    `${path}: key 'tokenizer.ggml.pre' is ${describe(pre)}; the ways to split that are known are ${known}`,
  )
}

function texts(metadata: Metadata, key: string, path: string): readonly string[] {
  const value = metadata.get(key)
  if (Array.isArray(value) && value.every((element) => typeof element === 'string')) return value
  throw new Error(`${path}: key '${key}' is ${describe(value)}, not a list of texts`)
}

/** A merge is two tokens with a space between; what they make must be a token too. */
function mergesOf(
  metadata: Metadata,
  vocabulary: ReadonlyMap<string, number>,
  path: string,
): readonly (readonly [string, string])[] {
  const key = 'tokenizer.ggml.merges'
  return texts(metadata, key, path).map((merge, i) => {
    const space = merge.indexOf(' ', 1)
    const pair = [merge.slice(0, space), merge.slice(space + 1)] as const
    const whole = space > 0 && [...pair, pair.join('')].every((token) => vocabulary.has(token))
    if (!whole) throw new Error(`${path}: key '${key}': merge ${i}, ${describe(merge)}, is not of two tokens into one`)
    return pair
  })
}

function addedTokens(metadata: Metadata, tokens: readonly string[], path: string): AddedToken[] {
  const key = 'tokenizer.ggml.token_type'
  const types = metadata.get(key)
  if (types === undefined) return []
  if (!Array.isArray(types) || types.length !== tokens.length)
    throw new Error(`${path}: key '${key}' is ${describe(types)}, not a list of ${tokens.length}, one for each token`)
  return tokens.flatMap((content, id) => {
    const special = types[id] === CONTROL
    if (!special && types[id] !== USER_DEFINED) return []
    return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }
  })
}

/** The cuts, then bytes as the characters that stand for them in the vocabulary. */
function preTokenizer({ patterns }: Rule): TokenizerJson['pre_tokenizer'] {
  const splits = patterns.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }))
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  return { type: 'Sequence', pretokenizers: [...splits, bytes] }
}

/** Puts the bos and eos tokens around a text, where the model was trained with them. */
function postProcessor(config: TokenizerConfig, vocabulary: ReadonlyMap<string, number>, path: string): object {
  const special = (wanted: boolean, name: 'bos' | 'eos'): string[] => {
    const token = config[`${name}_token`]
    if (wanted && token === undefined)
      throw new Error(`${path}: texts take the ${name} token, and key 'tokenizer.ggml.${name}_token_id' is missing`)
    return wanted && token !== undefined ? [token] : []
  }
  const [before, after] = [special(config.add_bos_token, 'bos'), special(config.add_eos_token, 'eos')]
  if (before.length + after.length === 0) return { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false }
  const sequence = (id: 'A' | 'B', type_id: number): object[] => {
    const item = (token: string): object => ({ SpecialToken: { id: token, type_id } })
    return [...before.map(item), { Sequence: { id, type_id } }, ...after.map(item)]
  }
  const used = [...new Set([...before, ...after])]
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries(
      used.map((token) => [token, { id: token, ids: [vocabulary.get(token)], tokens: [token] }]),
    ),
  }
}

interface Known {
  readonly rule: Rule
  readonly tokens: readonly string[]
  readonly path: string
}

function configOf(metadata: Metadata, { rule, tokens, path }: Known): TokenizerConfig {
  const token = (name: string): string | undefined => {
    const key = `tokenizer.ggml.${name}_token_id`
    const id = metadata.get(key)
    if (id === undefined) return undefined
    const text = typeof id === 'number' ? tokens[id] : undefined
    if (text === undefined) throw new Error(`${path}: key '${key}' is ${describe(id)}, none of ${tokens.length} tokens`)
    return text
  }
  const flag = (name: string, otherwise: boolean): boolean => {
    const key = `tokenizer.ggml.${name}`
    const value = metadata.get(key) ?? otherwise
    if (typeof value !== 'boolean') throw new Error(`${path}: key '${key}' is ${describe(value)}, not a truth value`)
    return value
  }
  const template = metadata.get('tokenizer.chat_template')
  if (template !== undefined && typeof template !== 'string')
    throw new Error(`${path}: key 'tokenizer.chat_template' is ${describe(template)}, not a text`)
  const [bos, eos, unknown, padding] = ['bos', 'eos', 'unknown', 'padding'].map(token)
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_bos_token: flag('add_bos_token', rule.addBos ?? false),
    add_eos_token: flag('add_eos_token', false),
    clean_up_tokenization_spaces: false,
    ...(bos !== undefined && { bos_token: bos }),
    ...(eos !== undefined && { eos_token: eos }),
    ...(unknown !== undefined && { unk_token: unknown }),
    ...(padding !== undefined && { pad_token: padding }),
    ...(template !== undefined && { chat_template: template }),
  }
}
