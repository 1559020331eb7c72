/** A small writer of GGUF files, right ones and wrong ones: `length`, `offset` and `counts` are there for lies. */
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
