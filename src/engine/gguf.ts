/**
 * Models from GGUF files, llama.cpp's format: metadata, and weights that may be quantised. A Llama comes out as the
 * engine has it: float32 under Hugging Face's names. Nothing here knows of tokenizers; see gguf-tokenizer.ts.
 */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { dequantise } from './dequantise.ts'
import { checkFinite } from './finite.ts'
import { describe, type Metadata, readHeader, type TensorInfo } from './gguf-header.ts'
import { ggufRope, positive, ROPE_FREQS } from './gguf-rope.ts'
import { hold, type Int8Weights } from './int8.ts'
import { EMBEDDING, HEAD, type LlamaConfig, type Parameters, parameterShapes } from './llama.ts'

export interface GgufModel {
  readonly config: LlamaConfig
  readonly weights: Parameters
  readonly metadata: Metadata
}

type Tensors = ReadonlyMap<string, TensorInfo>

const GGUF_EMBEDDING = 'token_embd.weight'
const GGUF_HEAD = 'output.weight'
/** Bytes of a file that are in memory at once, besides the floats they became. */
const CHUNK = 4 * 2 ** 20

/** By its name alone. */
export const isGguf = (path: string): boolean => path.endsWith('.gguf')

/**
 * A whole model: 4 bytes for each of its numbers; where `int8` is given, the matrices of the layers go there instead.
 * Throws a sentence with the path, and with the key or tensor where one is at fault, on a file that is broken or holds
 * what the engine does not compute.
 */
export async function readGguf(path: string, int8?: Int8Weights): Promise<GgufModel> {
  await using file = await openGguf(path)
  const { config, metadata, plan } = await survey(file, path)
  const weights: Parameters = new Map()
  for (const [name, tensor] of plan) {
    const data = await readTensor(file, tensor, path)
    checkFinite(new Map([[tensor.name, { dims: tensor.dims, data }]]), path)
    const rotated = /\.(q_proj|k_proj)\./.test(name)
    const turned = rotated ? halvesApart(data, tensor.dims, config.headWidth) : data
    hold(name, { dims: tensor.dims, data: turned }, { weights, int8 })
  }
  return { config, weights, metadata }
}

/** What it is, its weights unread but known to be there. Throws as `readGguf` does. */
export async function describeGguf(path: string): Promise<Omit<GgufModel, 'weights'>> {
  await using file = await openGguf(path)
  const { config, metadata } = await survey(file, path)
  return { config, metadata }
}

async function openGguf(path: string): Promise<FileHandle> {
  const found = await stat(path).catch((cause) => {
    throw new Error(`no model at '${path}': it cannot be read`, { cause })
  })
  // Opening a pipe would wait for whoever writes to it.
  if (!found.isFile()) throw new Error(`${path} is no GGUF file: it is no file`)
  return open(path)
}

async function survey(
  file: FileHandle,
  path: string,
): Promise<{ config: LlamaConfig; metadata: Metadata; plan: [string, TensorInfo][] }> {
  const { metadata, tensors } = await readHeader(file, path)
  const shape = shapeOf(metadata, tensors, path)
  const factors = await factorsOf(file, tensors.get(ROPE_FREQS), { headWidth: shape.headWidth, path })
  const config = { ...shape, ...ggufRope(metadata, { path, context: shape.context, ...(factors && { factors }) }) }
  return { config, metadata, plan: planOf(config, tensors, path) }
}

async function factorsOf(
  file: FileHandle,
  tensor: TensorInfo | undefined,
  { headWidth, path }: { readonly headWidth: number; readonly path: string },
): Promise<number[] | undefined> {
  if (!tensor) return undefined
  if (String(tensor.dims) !== String([headWidth / 2]))
    throw new Error(
      `${path}: tensor '${ROPE_FREQS}' has shape [${tensor.dims}], not [${headWidth / 2}], one for each pair`,
    )
  return [...(await readTensor(file, tensor, path))]
}

function shapeOf(metadata: Metadata, tensors: Tensors, path: string): Omit<LlamaConfig, 'ropeTheta' | 'ropeScaling'> {
  const architecture = metadata.get('general.architecture')
  if (architecture !== 'llama')
    throw new Error(`${path}: key 'general.architecture' is ${describe(architecture)}; only 'llama' is read`)
  const layers = whole(metadata, 'llama.block_count', path)
  if (layers > tensors.size)
    throw new Error(`${path}: key 'llama.block_count' is ${layers}, and there are only ${tensors.size} tensors`)
  const width = whole(metadata, 'llama.embedding_length', path)
  const heads = whole(metadata, 'llama.attention.head_count', path)
  const kvHeads = whole(metadata, 'llama.attention.head_count_kv', path, heads)
  if (heads % kvHeads !== 0)
    throw new Error(`${path}: ${heads} heads cannot share the ${kvHeads} of key 'llama.attention.head_count_kv' evenly`)
  const headWidth = whole(metadata, 'llama.attention.key_length', path, width / heads)
  if (headWidth % 2 !== 0) throw new Error(`${path}: rotary positions need an even head width, not ${headWidth}`)
  refuseOthers(metadata, headWidth, path)
  return {
    vocabulary: vocabularyOf(metadata, tensors, path),
    width,
    layers,
    heads,
    kvHeads,
    headWidth,
    hidden: whole(metadata, 'llama.feed_forward_length', path),
    context: whole(metadata, 'llama.context_length', path),
    normEpsilon: positive(metadata, 'llama.attention.layer_norm_rms_epsilon', path),
    tied: !tensors.has(GGUF_HEAD),
  }
}

function whole(metadata: Metadata, key: string, path: string, otherwise?: number): number {
  const value = positive(metadata, key, path, otherwise)
  if (Number.isInteger(value) && value < 2 ** 31) return value
  throw new Error(`${path}: key '${key}' is ${describe(value)}, not a whole number below 2³¹`)
}

/** What would change the computation in ways that the engine does not know. */
function refuseOthers(metadata: Metadata, headWidth: number, path: string): void {
  const only = (key: string, plain: readonly unknown[], what: string): void => {
    const value = metadata.get(key)
    if (value !== undefined && !plain.includes(value))
      throw new Error(`${path}: key '${key}' is ${describe(value)}: ${what} is not read`)
  }
  only('llama.rope.dimension_count', [headWidth], `rotation of other than the ${headWidth} numbers of a head`)
  only('llama.attention.value_length', [headWidth], `a head whose keys have ${headWidth} numbers and its values others`)
  only('llama.attention.sliding_window', [0], 'attention through a window')
  only('llama.expert_count', [0], 'a mixture of experts')
}

function vocabularyOf(metadata: Metadata, tensors: Tensors, path: string): number {
  const rows = tensors.get(GGUF_EMBEDDING)?.dims[0]
  if (rows === undefined) throw new Error(`${path}: the tensor '${GGUF_EMBEDDING}' is missing`)
  const tokens = metadata.get('tokenizer.ggml.tokens')
  if (tokens === undefined || (Array.isArray(tokens) && tokens.length === rows)) return rows
  throw new Error(
    `${path}: key 'tokenizer.ggml.tokens' is ${describe(tokens)}, and the tensor '${GGUF_EMBEDDING}' has ${rows} rows`,
  )
}

/** Which tensor becomes which weight. All of them, each of the right shape, and no others. */
function planOf(config: LlamaConfig, tensors: Tensors, path: string): [string, TensorInfo][] {
  const plan = parameterShapes(config).map(([name, dims]): [string, TensorInfo] => {
    const theirs = ggufName(name)
    const tensor = tensors.get(theirs)
    if (!tensor) throw new Error(`${path}: the tensor '${theirs}' is missing`)
    if (String(tensor.dims) !== String(dims))
      throw new Error(`${path}: tensor '${theirs}' has shape [${tensor.dims}], not [${dims}] as the metadata has it`)
    return [name, tensor]
  })
  const planned = new Set([ROPE_FREQS, ...plan.map(([, { name }]) => name)])
  const stranger = [...tensors.keys()].find((name) => !planned.has(name))
  if (stranger !== undefined) throw new Error(`${path}: the tensor '${stranger}' is no weight of such a Llama`)
  return plan
}

const LAYER_NAMES: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
}

/** 'model.layers.3.mlp.up_proj.weight' → 'blk.3.ffn_up.weight'. */
function ggufName(name: string): string {
  if (name === EMBEDDING) return GGUF_EMBEDDING
  if (name === HEAD) return GGUF_HEAD
  if (name === 'model.norm.weight') return 'output_norm.weight'
  const [, layer, part] = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name) ?? []
  return `blk.${layer}.${LAYER_NAMES[part ?? '']}.weight`
}

async function readTensor(file: FileHandle, tensor: TensorInfo, path: string): Promise<Float32Array> {
  const { name, format, count, at, bytes } = tensor
  const data = new Float32Array(count)
  const step = Math.floor(CHUNK / format.bytes) * format.bytes
  const buffer = Buffer.from(new ArrayBuffer(Math.min(step, bytes)))
  for (let from = 0; from < bytes; from += step) {
    const chunk = buffer.subarray(0, Math.min(step, bytes - from))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at + from)
    if (bytesRead !== chunk.length)
      throw new Error(
        `${path}: tensor '${name}' is cut off: ${chunk.length} bytes expected at ${at + from}, ${bytesRead} there`,
      )
    const [first, end] = [from, from + chunk.length].map((byte) => (byte / format.bytes) * format.elements)
    dequantise(format, chunk, data.subarray(first, end))
  }
  return data
}

/**
 * llama.cpp rotates neighbours, rows 2i and 2i + 1 of a head; the engine, as transformers, rotates row i with the one
 * half a head further. The converter has moved the rows of queries and keys accordingly; this moves them back.
 */
function halvesApart(data: Float32Array, dims: readonly number[], headWidth: number): Float32Array {
  const [rows, columns] = dims as [number, number]
  const half = headWidth / 2
  const moved = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    const within = row % headWidth
    const from = row - within + (within < half ? 2 * within : 2 * (within - half) + 1)
    moved.set(data.subarray(from * columns, (from + 1) * columns), row * columns)
  }
  return moved
}
