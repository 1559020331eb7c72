/**
 * What stands before the weights in a GGUF file: its metadata, and the list of its tensors. No number in it is
 * believed, and nothing made to its size, before it has been held against the bytes that are really there.
 */
import type { FileHandle } from 'node:fs/promises'
import { type TensorFormat, tensorFormat } from './dequantise.ts'
import { isName, shown } from './shown.ts'

/** A 64-bit integer is a bigint where a number would lose digits. */
export type MetadataValue = number | bigint | boolean | string | readonly (number | bigint | boolean | string)[]
export type Metadata = ReadonlyMap<string, MetadataValue>

export interface TensorInfo {
  readonly name: string
  /** Outermost first, as the engine has them; the file lists them innermost first. */
  readonly dims: readonly number[]
  readonly format: TensorFormat
  /** How many numbers. */
  readonly count: number
  /** Where its bytes stand in the file, and how many they are. */
  readonly at: number
  readonly bytes: number
}

export interface GgufHeader {
  readonly metadata: Metadata
  readonly tensors: ReadonlyMap<string, TensorInfo>
}

/** The header of a 128k vocabulary is some 8 MB. */
const MAX_HEADER = 64 * 2 ** 20
/** Keys, and tensors. */
const MAX_ENTRIES = 2 ** 16
/** Bytes of a key or of a tensor's name. */
const MAX_NAME = 256
/** Elements: room for the merges of a vocabulary of 256k. */
const MAX_LIST = 2 ** 19
/** Elements of all lists together: tokens, their types and scores, merges. */
const MAX_ELEMENTS = 4 * MAX_LIST
const MAX_DIMS = 4
const DEFAULT_ALIGNMENT = 32
const WINDOW = 2 ** 20
/** At least: a name, a type and a value; a name, the number of dimensions, one of them, a type and an offset. */
const KEY_BYTES = 8 + 4 + 1
const TENSOR_BYTES = 8 + 4 + 8 + 4 + 8

/** Throws a sentence with the path, and with the key or tensor where one is at fault, on anything not right. */
export async function readHeader(file: FileHandle, path: string): Promise<GgufHeader> {
  const { size } = await file.stat()
  const front = new Front(file, path, size)
  await checkVersion(front)
  const tensorCount = await readCount(front, 'tensors', TENSOR_BYTES)
  const keyCount = await readCount(front, 'keys', KEY_BYTES)
  const metadata = new Map<string, MetadataValue>()
  for (let i = 0; i < keyCount; i++) {
    const key = await front.name(`the name of key ${i + 1}`)
    if (metadata.has(key)) throw new Error(`${path}: the key '${key}' is there twice`)
    metadata.set(key, await readValue(front, key))
  }
  const tensors = new Map<string, TensorInfo>()
  for (let i = 0; i < tensorCount; i++) {
    const tensor = await readTensorInfo(front, i)
    if (tensors.has(tensor.name)) throw new Error(`${path}: the tensor '${tensor.name}' is there twice`)
    tensors.set(tensor.name, tensor)
  }
  return { metadata, tensors: place(tensors, alignmentOf(metadata, path), front) }
}

/** Reads a file from its start, a window at a time, and knows its name and where it ends. */
class Front {
  readonly path: string
  readonly size: number
  at = 0
  /** Of the lists so far. */
  elements = 0
  readonly #file: FileHandle
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  /** The bytes from `#from` on. */
  #window = Buffer.alloc(0)
  #from = 0

  constructor(file: FileHandle, path: string, size: number) {
    this.#file = file
    this.path = path
    this.size = size
  }

  /** Throws where `count` things of at least `bytes` each cannot stand in what is left. */
  expect(count: number, bytes: number, what: string): void {
    const left = this.size - this.at
    if (count * bytes > left)
      throw new Error(`${this.path} is broken or cut off: ${what} of length ${count} at byte ${this.at}, ${left} left`)
    if (this.at + count * bytes > MAX_HEADER)
      throw new Error(`${this.path}: ${what} of length ${count} ends after the ${MAX_HEADER} bytes read as a header`)
  }

  /** The next bytes; good until the next call. */
  async take(length: number, what: string): Promise<DataView> {
    this.expect(length, 1, what)
    if (this.at + length > this.#from + this.#window.length) await this.#fill(length)
    const at = this.#window.byteOffset + this.at - this.#from
    this.at += length
    return new DataView(this.#window.buffer, at, length)
  }

  async name(what: string): Promise<string> {
    const name = await this.text(what, MAX_NAME)
    if (!isName(name)) throw new Error(`${this.path}: ${what} is ${shown(name)}, which is no name`)
    return name
  }

  async text(what: string, most = MAX_HEADER): Promise<string> {
    const length = Number((await this.take(8, what)).getBigUint64(0, true))
    if (length > most) throw new Error(`${this.path}: ${what} is ${length} bytes long; at most ${most} are read`)
    try {
      return this.#decoder.decode(await this.take(length, what))
    } catch (cause) {
      if (cause instanceof TypeError) throw new Error(`${this.path}: ${what} is not UTF-8`, { cause })
      throw cause
    }
  }

  async #fill(length: number): Promise<void> {
    const window = Buffer.from(new ArrayBuffer(Math.min(Math.max(length, WINDOW), this.size - this.at)))
    const { bytesRead } = await this.#file.read(window, 0, window.length, this.at)
    if (bytesRead < length) throw new Error(`${this.path} became shorter while it was read`)
    this.#window = window.subarray(0, bytesRead)
    this.#from = this.at
  }
}

async function checkVersion(front: Front): Promise<void> {
  const { path, size } = front
  if (size < 24) throw new Error(`${path} is no GGUF file: it has ${size} bytes, and the header alone takes 24`)
  const start = await front.take(8, 'the version')
  const magic = Array.from({ length: 4 }, (_, i) => String.fromCharCode(start.getUint8(i))).join('')
  if (magic !== 'GGUF')
    throw new Error(`${path} is no GGUF file: it begins with ${JSON.stringify(magic)}, not with "GGUF"`)
  const version = start.getUint32(4, true)
  if (version === 2 || version === 3) return
  const swapped = start.getUint32(4, false)
  if (swapped >= 1 && swapped <= 3)
    throw new Error(`${path} is a big-endian GGUF file; only little-endian ones are read`)
  throw new Error(`${path} is of GGUF version ${version}; versions 2 and 3 are read: convert it again`)
}

async function readCount(front: Front, what: string, bytes: number): Promise<number> {
  const count = Number((await front.take(8, `the number of ${what}`)).getBigUint64(0, true))
  front.expect(count, bytes, `a list of ${what}`)
  if (count > MAX_ENTRIES) throw new Error(`${front.path} has ${count} ${what}; at most ${MAX_ENTRIES} are read`)
  return count
}

const TEXT = 8
const LIST = 9

interface Scalar {
  readonly bytes: number
  readonly read: (view: DataView, at: number) => number | bigint | boolean
}

/** By the number that a file gives the type. */
const SCALARS: ReadonlyMap<number, Scalar> = new Map<number, Scalar>([
  [0, { bytes: 1, read: (view, at) => view.getUint8(at) }],
  [1, { bytes: 1, read: (view, at) => view.getInt8(at) }],
  [2, { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  [3, { bytes: 2, read: (view, at) => view.getInt16(at, true) }],
  [4, { bytes: 4, read: (view, at) => view.getUint32(at, true) }],
  [5, { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  [6, { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  [7, { bytes: 1, read: readBoolean }],
  [10, { bytes: 8, read: (view, at) => numberIfSafe(view.getBigUint64(at, true)) }],
  [11, { bytes: 8, read: (view, at) => numberIfSafe(view.getBigInt64(at, true)) }],
  [12, { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
])

function readBoolean(view: DataView, at: number): boolean {
  const byte = view.getUint8(at)
  if (byte > 1) throw new RangeError(`a truth value is 0 or 1, not ${byte}`)
  return byte === 1
}

function numberIfSafe(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

async function readValue(front: Front, key: string): Promise<MetadataValue> {
  const what = `the value of key '${key}'`
  const type = (await front.take(4, what)).getUint32(0, true)
  if (type === TEXT) return front.text(what)
  if (type === LIST) return readList(front, key)
  const { bytes, read } = scalarOf(type, front, key)
  return readAll(await front.take(bytes, what), { bytes, read }, front, key)[0]!
}

async function readList(front: Front, key: string): Promise<MetadataValue> {
  const what = `the list of key '${key}'`
  const type = (await front.take(4, what)).getUint32(0, true)
  const length = Number((await front.take(8, what)).getBigUint64(0, true))
  if (type === LIST) throw new Error(`${front.path}: key '${key}' is a list of lists, which is not read`)
  if (length > MAX_LIST) throw new Error(`${front.path}: ${what} has ${length} elements; at most ${MAX_LIST} are read`)
  front.elements += length
  if (front.elements > MAX_ELEMENTS)
    throw new Error(
      `${front.path}: with ${what}, lists have ${front.elements} elements; at most ${MAX_ELEMENTS} are read`,
    )
  if (type !== TEXT) {
    const scalar = scalarOf(type, front, key)
    front.expect(length, scalar.bytes, what)
    return readAll(await front.take(length * scalar.bytes, what), scalar, front, key)
  }
  front.expect(length, 8, what)
  const texts: string[] = []
  while (texts.length < length) texts.push(await front.text(`element ${texts.length} of ${what}`))
  return texts
}

function scalarOf(type: number, { path }: Front, key: string): Scalar {
  const scalar = SCALARS.get(type)
  if (!scalar) throw new Error(`${path}: key '${key}' is of type ${type}; types 0 to 12 are known`)
  return scalar
}

function readAll(view: DataView, { bytes, read }: Scalar, { path }: Front, key: string): (number | bigint | boolean)[] {
  try {
    return Array.from({ length: view.byteLength / bytes }, (_, i) => read(view, i * bytes))
  } catch (cause) {
    throw new Error(`${path}: key '${key}': ${(cause as Error).message}`, { cause })
  }
}

/** `at` is still relative to where the weights begin. */
async function readTensorInfo(front: Front, i: number): Promise<TensorInfo> {
  const { path, size } = front
  const name = await front.name(`the name of tensor ${i + 1}`)
  const what = `the description of tensor '${name}'`
  const rank = (await front.take(4, what)).getUint32(0, true)
  if (rank < 1 || rank > MAX_DIMS)
    throw new Error(`${path}: tensor '${name}' has ${rank} dimensions, not 1 to ${MAX_DIMS}`)
  const sizes = await front.take(8 * rank, what)
  const dims = Array.from({ length: rank }, (_, d) => Number(sizes.getBigUint64(8 * (rank - 1 - d), true)))
  const end = await front.take(12, what)
  const format = formatOf(end.getUint32(0, true), name, path)
  const at = Number(end.getBigUint64(4, true))
  const count = dims.reduce((a, b) => a * b, 1)
  if (count === 0) throw new Error(`${path}: tensor '${name}' of shape [${dims}] is empty`)
  if (dims.at(-1)! % format.elements !== 0) {
    throw new Error(
      `${path}: tensor '${name}' of shape [${dims}] has rows that are no multiple of ${format.elements}, as ${format.name} wants`,
    )
  }
  const bytes = (count / format.elements) * format.bytes
  if (bytes > size)
    throw new Error(`${path}: tensor '${name}' of shape [${dims}] takes ${bytes} bytes; the file has ${size}`)
  return { name, dims, format, count, at, bytes }
}

function formatOf(type: number, name: string, path: string): TensorFormat {
  try {
    return tensorFormat(type)
  } catch (cause) {
    throw new Error(`${path}: tensor '${name}': ${(cause as Error).message}`, { cause })
  }
}

function alignmentOf(metadata: Metadata, path: string): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT
  if (typeof alignment === 'number' && alignment >= 8 && alignment <= 2 ** 31 && Number.isInteger(Math.log2(alignment)))
    return alignment
  throw new Error(`${path}: key 'general.alignment' is ${describe(alignment)}, not a power of two from 8 on`)
}

/** The tensors where they stand in the file: aligned, inside it, and none in another's bytes. */
function place(tensors: ReadonlyMap<string, TensorInfo>, alignment: number, front: Front): Map<string, TensorInfo> {
  const { path, size } = front
  const start = Math.ceil(front.at / alignment) * alignment
  const placed = [...tensors.values()].map((tensor) => ({ ...tensor, at: start + tensor.at }))
  for (const { name, at, bytes } of placed) {
    if ((at - start) % alignment !== 0)
      throw new Error(`${path}: tensor '${name}' begins at offset ${at - start}, no multiple of ${alignment}`)
    if (at + bytes > size) {
      throw new Error(
        `${path} is broken or cut off: tensor '${name}' takes bytes ${at} to ${at + bytes}; the file has ${size}`,
      )
    }
  }
  const inOrder = placed.toSorted((a, b) => a.at - b.at)
  inOrder.forEach((tensor, i) => {
    const before = inOrder[i - 1]
    if (before && before.at + before.bytes > tensor.at)
      throw new Error(`${path}: tensors '${before.name}' and '${tensor.name}' overlap at byte ${tensor.at}`)
  })
  return new Map(placed.map((tensor) => [tensor.name, tensor]))
}

/** For messages: short, whatever the file holds. */
export function describe(value: MetadataValue | undefined): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value !== 'string') return String(value)
  const short = value.length > 60 ? `${value.slice(0, 60)}…` : value
  return `'${short.replace(/\p{Cc}/gu, '\uFFFD')}'`
}
