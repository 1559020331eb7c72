/**
 * A Llama's shape as config.json, the way transformers writes and reads it: releases 4 and 5. What this engine would
 * compute otherwise than transformers is refused by name.
 */
import type { LlamaConfig } from './llama.ts'
import type { RopeScaling } from './rope.ts'
import { shown } from './shown.ts'

type Fields = Readonly<Record<string, unknown>>

const MAX_VOCABULARY = 1_000_000
const MAX_LAYERS = 1000
const MAX_SIZE = 2 ** 20
/** What transformers takes where a config says nothing. */
const ROPE_THETA = 10_000

/** `outputs`: of the head that scores, where there is one; it makes the model one that classifies. */
export function toHuggingFace(config: LlamaConfig, outputs?: number): Fields {
  return {
    ...(outputs === undefined ? { architectures: ['LlamaForCausalLM'] } : classifier(outputs)),
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
    ...(config.ropeScaling && { rope_scaling: toRopeScaling(config.ropeScaling) }),
    rms_norm_eps: config.normEpsilon,
    hidden_act: 'silu',
    tie_word_embeddings: config.tied,
    torch_dtype: 'float32',
  }
}

/** transformers counts the outputs by their labels. */
function classifier(outputs: number): Fields {
  const labels = Array.from({ length: outputs }, (_, i) => [`${i}`, `LABEL_${i}`] as const)
  return {
    architectures: ['LlamaForSequenceClassification'],
    id2label: Object.fromEntries(labels),
    label2id: Object.fromEntries(labels.map(([i, label]) => [label, Number(i)])),
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
    ...rope(json, file),
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

/** Releases 5 keep everything of it among `rope_parameters`, releases 4 the base apart from `rope_scaling`. */
function rope(json: Fields, file: string): Pick<LlamaConfig, 'ropeTheta' | 'ropeScaling'> {
  const key = json['rope_parameters'] == null ? 'rope_scaling' : 'rope_parameters'
  const given = json[key] ?? {}
  if (!isFields(given)) throw new Error(`${file}: '${key}' is ${shown(given)}, not an object of fields`)
  const ropeTheta = positive(given['rope_theta'] ?? json['rope_theta'] ?? ROPE_THETA, 'rope_theta', file)
  const part = given['partial_rotary_factor'] ?? 1
  if (part !== 1) throw new Error(`${file}: 'partial_rotary_factor' is ${shown(part)}; heads are rotated whole or not`)
  const ropeScaling = ropeScalingOf(given, { key, file, context: json['max_position_embeddings'] })
  return { ropeTheta, ...(ropeScaling && { ropeScaling }) }
}

interface Where {
  readonly key: string
  readonly file: string
  readonly context: unknown
}

function ropeScalingOf(given: Fields, { key, file, context }: Where): RopeScaling | undefined {
  const kind = given['rope_type'] ?? given['type'] ?? 'default'
  const number = (field: string, absent?: unknown): number => positive(given[field] ?? absent, `${key}.${field}`, file)
  if (kind === 'default') return undefined
  if (kind === 'linear') return { kind, factor: number('factor') }
  if (kind !== 'llama3' && kind !== 'yarn')
    throw new Error(`${file}: '${key}' is of type ${shown(kind)}; default, linear, llama3 and yarn are supported`)
  const originalContext = number('original_max_position_embeddings', kind === 'yarn' ? context : undefined)
  if (kind === 'llama3') {
    const [low, high] = [number('low_freq_factor'), number('high_freq_factor')]
    if (low >= high)
      throw new Error(`${file}: '${key}.low_freq_factor' is ${low}, not below 'high_freq_factor', ${high}`)
    return { kind, factor: number('factor'), low, high, originalContext }
  }
  for (const field of ['mscale', 'mscale_all_dim', 'truncate'])
    if (given[field] != null) throw new Error(`${file}: '${key}.${field}' is not supported`)
  const factor = number('factor')
  const [fast, slow] = [number('beta_fast', 32), number('beta_slow', 1)]
  // Peng et al. 2023 eq. 22, on queries and keys alike.
  const magnitude = number('attention_factor', factor > 1 ? 0.1 * Math.log(factor) + 1 : 1)
  return { kind, factor, originalContext, fast, slow, magnitude }
}

function toRopeScaling(scaling: RopeScaling): Fields {
  const { kind, factor } = scaling
  if (kind === 'linear') return { rope_type: kind, factor }
  const common = { rope_type: kind, factor, original_max_position_embeddings: scaling.originalContext }
  if (kind === 'llama3') return { ...common, low_freq_factor: scaling.low, high_freq_factor: scaling.high }
  const { fast, slow, magnitude } = scaling
  return { ...common, beta_fast: fast, beta_slow: slow, attention_factor: magnitude }
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
