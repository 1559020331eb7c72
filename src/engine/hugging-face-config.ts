/**
 * A Llama's shape as config.json, the way transformers writes and reads it: releases 4 and 5. What this engine would
 * compute otherwise than transformers is refused by name.
 */
import type { LlamaConfig } from './llama.ts'
import { shown } from './shown.ts'

type Fields = Readonly<Record<string, unknown>>

const MAX_VOCABULARY = 1_000_000
const MAX_LAYERS = 1000
const MAX_SIZE = 2 ** 20
/** What transformers takes where a config says nothing. */
const ROPE_THETA = 10_000

export function toHuggingFace(config: LlamaConfig): Fields {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: config.vocabulary,
    hidden_size: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headWidth,
    intermediate_size: config.hidden,
    max_position_embeddings: config.context,
    rope_theta: config.ropeTheta,
    rms_norm_eps: config.normEpsilon,
    hidden_act: 'silu',
    tie_word_embeddings: config.tied,
    torch_dtype: 'float32',
  }
}

/** Throws a sentence with the file, the field and its value on a model that is none of ours. */
export function fromHuggingFace(json: unknown, file: string): LlamaConfig {
  if (!isFields(json)) throw new Error(`${file} holds no object of fields`)
  checkKind(json, file)
  const size = (key: string, { max = MAX_SIZE, absent }: { max?: number; absent?: number } = {}): number => {
    const value = json[key] ?? absent
    if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > max)
      throw new Error(`${file}: '${key}' is ${shown(json[key])}, not a whole number from 1 to ${max}`)
    return value as number
  }
  const vocabulary = size('vocab_size', { max: MAX_VOCABULARY })
  const width = size('hidden_size')
  const heads = size('num_attention_heads')
  if (json['head_dim'] == null && width % heads !== 0)
    throw new Error(`${file}: 'hidden_size' ${width} cannot be split among ${heads} heads, and there is no 'head_dim'`)
  return {
    vocabulary,
    width,
    layers: size('num_hidden_layers', { max: MAX_LAYERS }),
    heads,
    kvHeads: size('num_key_value_heads', { absent: heads }),
    headWidth: size('head_dim', { absent: width / heads }),
    hidden: size('intermediate_size'),
    context: size('max_position_embeddings'),
    ropeTheta: ropeTheta(json, file),
    normEpsilon: positive(json['rms_norm_eps'], 'rms_norm_eps', file),
    tied: flag(json['tie_word_embeddings'], 'tie_word_embeddings', file),
  }
}

/** What a Llama may have and this one has not. */
function checkKind(json: Fields, file: string): void {
  if (json['model_type'] !== 'llama')
    throw new Error(`${file}: the model type is '${json['model_type']}', not 'llama'; no other is supported`)
  const act = json['hidden_act'] ?? 'silu'
  if (act !== 'silu') throw new Error(`${file}: 'hidden_act' is ${shown(act)}; only 'silu' is supported`)
  for (const key of ['attention_bias', 'mlp_bias']) {
    if (flag(json[key], key, file)) throw new Error(`${file}: '${key}' is true; weights with biases are not supported`)
  }
  if (json['quantization_config'] != null)
    throw new Error(`${file}: there is a 'quantization_config'; quantised weights are not supported`)
}

/** The base of the rotary angles: on its own, or among transformers 5's `rope_parameters`. */
function ropeTheta(json: Fields, file: string): number {
  for (const key of ['rope_scaling', 'rope_parameters']) {
    const given = json[key] ?? {}
    const { rope_type, type, partial_rotary_factor: part = 1 } = isFields(given) ? given : { type: given }
    if ((rope_type ?? type ?? 'default') !== 'default' || part !== 1)
      throw new Error(`${file}: '${key}' is ${shown(given)}; only plain rotary positions ('default') are supported`)
  }
  const parameters = json['rope_parameters']
  const inner = isFields(parameters) ? parameters['rope_theta'] : undefined
  return positive(inner ?? json['rope_theta'] ?? ROPE_THETA, 'rope_theta', file)
}

function positive(value: unknown, key: string, file: string): number {
  if (typeof value !== 'number' || !(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new Error(`${file}: '${key}' is ${shown(value)}, not a positive number`)
  return value
}

/** false where it is absent, as in transformers' LlamaConfig. */
function flag(value: unknown, key: string, file: string): boolean {
  if (value != null && typeof value !== 'boolean')
    throw new Error(`${file}: '${key}' is ${shown(value)}, neither true nor false`)
  return value ?? false
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
