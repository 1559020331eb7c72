/** A small writer of GGUF files, right ones and wrong ones: `length`, `offset` and `counts` are there for lies. */
import { random } from '../src/core/index.ts'

export const [U8, U32, F32, BOOL, TEXT, LIST] = [0, 4, 6, 7, 8, 9]
export type Value = number | bigint | boolean | string
export interface Pair {
  readonly key: string
  readonly type: number
  readonly value: Value | readonly Value[]
  /** Of a list's elements. */
  readonly of?: number
  readonly length?: number
}
export interface Tensor {
  readonly name: string
  /** As the file has them: innermost first. */
  readonly dims: readonly number[]
  readonly type: number
  readonly data: Uint8Array
  readonly offset?: number
}
export interface File {
  readonly version?: number
  readonly pairs: readonly Pair[]
  readonly tensors: readonly Tensor[]
  readonly alignment?: number
  readonly counts?: readonly [tensors: number, keys: number]
}

const raw = ({ buffer }: ArrayBufferView<ArrayBuffer>): Buffer => Buffer.from(buffer)
const u32 = (value: number): Buffer => raw(Uint32Array.of(value))
const u64 = (value: number | bigint): Buffer => raw(BigUint64Array.of(BigInt(value)))
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
const SCALAR: Readonly<Record<number, (value: Value) => Buffer>> = {
  0: (value) => raw(Uint8Array.of(Number(value))),
  1: (value) => raw(Int8Array.of(Number(value))),
  2: (value) => raw(Uint16Array.of(Number(value))),
  3: (value) => raw(Int16Array.of(Number(value))),
  4: (value) => raw(Uint32Array.of(Number(value))),
  5: (value) => raw(Int32Array.of(Number(value))),
  6: (value) => raw(Float32Array.of(Number(value))),
  7: (value) => raw(Uint8Array.of(Number(value))),
  8: (value) => text(String(value)),
  10: (value) => raw(BigUint64Array.of(BigInt(value))),
  11: (value) => raw(BigInt64Array.of(BigInt(value))),
  12: (value) => raw(Float64Array.of(Number(value))),
}
const one = (type: number, value: Value): Buffer => SCALAR[type]?.(value) ?? Buffer.alloc(0)
const written = ({ type, value, of = TEXT, length }: Pair): Buffer => {
  if (!Array.isArray(value)) return one(type, value as Value)
  const elements = value as readonly Value[]
  return Buffer.concat([u32(of), u64(length ?? elements.length), ...elements.map((element) => one(of, element))])
}
export const padded = (bytes: Uint8Array, to: number): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to)])

export function encode({ version = 3, pairs, tensors, alignment = 32, counts }: File): Buffer {
  let end = 0
  const infos = tensors.map(({ name, dims, type, data, offset }) => {
    const at = end
    end += padded(data, alignment).length
    return Buffer.concat([text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset ?? at)])
  })
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(version),
    u64(counts?.[0] ?? tensors.length),
    u64(counts?.[1] ?? pairs.length),
    ...pairs.map((pair) => Buffer.concat([text(pair.key), u32(pair.type), written(pair)])),
    ...infos,
  ])
  // The last tensor is not padded, so that every byte of the file counts.
  const data = tensors.map((tensor, i) => (i < tensors.length - 1 ? padded(tensor.data, alignment) : tensor.data))
  return Buffer.concat([padded(header, alignment), ...data])
}

/** A Llama of two layers. Every number differs from every other. */
export const shape = { width: 12, heads: 3, kvHeads: 1, headWidth: 4, hidden: 10, vocabulary: 5, layers: 2 }
export const floats = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
export const tensor = (name: string, ...dims: number[]): Tensor => {
  const rng = random(1).split(name)
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => rng.normal())
  return { name, dims, type: 0, data: floats(data) }
}
export const llama = (key: string, value: number, type = U32): Pair => ({ key: `llama.${key}`, type, value })

export function llamaOf({ width, heads, kvHeads, headWidth, hidden, vocabulary, layers }: typeof shape): File {
  const layer = (i: number): Tensor[] => [
    tensor(`blk.${i}.attn_norm.weight`, width),
    tensor(`blk.${i}.attn_q.weight`, width, heads * headWidth),
    tensor(`blk.${i}.attn_k.weight`, width, kvHeads * headWidth),
    tensor(`blk.${i}.attn_v.weight`, width, kvHeads * headWidth),
    tensor(`blk.${i}.attn_output.weight`, heads * headWidth, width),
    tensor(`blk.${i}.ffn_norm.weight`, width),
    tensor(`blk.${i}.ffn_gate.weight`, width, hidden),
    tensor(`blk.${i}.ffn_up.weight`, width, hidden),
    tensor(`blk.${i}.ffn_down.weight`, hidden, width),
  ]
  const ends = [tensor('output_norm.weight', width), tensor('token_embd.weight', width, vocabulary)]
  const pairs: Pair[] = [
    { key: 'general.architecture', type: TEXT, value: 'llama' },
    llama('block_count', layers),
    llama('embedding_length', width),
    llama('feed_forward_length', hidden),
    llama('attention.head_count', heads),
    llama('attention.head_count_kv', kvHeads),
    llama('attention.layer_norm_rms_epsilon', 2 ** -16, F32),
    llama('rope.freq_base', 5000, F32),
    llama('rope.dimension_count', headWidth),
    llama('context_length', 64),
    { key: 'tokenizer.ggml.tokens', type: LIST, value: Array.from({ length: vocabulary }, (_, i) => `token ${i}`) },
  ]
  return { pairs, tensors: [...ends, ...Array.from({ length: layers }, (_, i) => layer(i)).flat()] }
}
