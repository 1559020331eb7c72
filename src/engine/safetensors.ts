/**
 * The safetensors format: an 8-byte length, a JSON header, the data. Reads F32, F16 and BF16, all to 32 bits, and
 * writes F32. Believes nothing that a header says before the file's size bears it out.
 */
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Parameter, Parameters } from './llama.ts'
import { isName, shown } from './shown.ts'

/** A tensor that lies in a file, its place checked: within the file, and as long as its shape and type make it. */
export interface Stored {
  readonly path: string
  readonly dtype: Dtype
  readonly dims: readonly number[]
  /** Its first byte, counted from the file's beginning. */
  readonly at: number
  readonly bytes: number
}

/** Bytes per number. */
const WIDTHS = { F32: 4, F16: 2, BF16: 2 } as const
type Dtype = keyof typeof WIDTHS

const MAX_HEADER = 100_000_000
const MAX_DIMS = 8
/** What is asked of the file at once: Linux reads no more than 2 GiB. */
const MAX_READ = 2 ** 30

export async function writeSafetensors(path: string, tensors: Parameters): Promise<void> {
  let at = 0
  const header: Record<string, unknown> = {}
  for (const [name, { dims, data }] of tensors) {
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [at, at + data.byteLength] }
    at += data.byteLength
  }
  const text = JSON.stringify({ __metadata__: { format: 'pt' }, ...header })
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  await using file = await open(path, 'w')
  await file.writeFile(length)
  await file.writeFile(json)
  for (const { data } of tensors.values()) {
    await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
}

/** Every tensor of a file. Throws a sentence with the path on anything that is not such a file. */
export async function readSafetensors(path: string): Promise<Parameters> {
  const tensors: Parameters = new Map()
  await readStored(await listSafetensors(path), (name, tensor) => tensors.set(name, tensor))
  return tensors
}

/** What a file holds, without the data. Throws a sentence with the path, and the tensor's name where it is at fault. */
export async function listSafetensors(path: string): Promise<Map<string, Stored>> {
  // Opening a pipe would wait for whoever writes to it.
  if (!(await stat(path)).isFile()) throw new Error(`${path} is no safetensors file: it is no file`)
  await using file = await open(path)
  const { size } = await file.stat()
  const length = Number(Buffer.from(await read(file, { at: 0, bytes: 8, path })).readBigUInt64LE())
  if (length > Math.min(MAX_HEADER, size - 8))
    throw new Error(`${path} is no safetensors file: its header says ${length} bytes, and it has ${size}`)
  const header = parseHeader(Buffer.from(await read(file, { at: 8, bytes: length, path })).toString('utf8'), path)
  const data = 8 + length
  const stored = new Map(
    header.map(([name, entry]) => [name, placed(entry, { path, data, size, what: `${path}: '${name}'` })]),
  )
  checkOverlaps(stored, path)
  return stored
}

/** The data of tensors that were listed, given to `take` one by one; each file is opened once. */
export async function readStored(
  stored: ReadonlyMap<string, Stored>,
  take: (name: string, tensor: Parameter) => void,
): Promise<void> {
  for (const path of new Set([...stored.values()].map((tensor) => tensor.path))) {
    await using file = await open(path)
    for (const [name, tensor] of stored) {
      if (tensor.path === path) take(name, decoded(tensor, await read(file, tensor)))
    }
  }
}

function parseHeader(text: string, path: string): [name: string, entry: unknown][] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${path} is no safetensors file: its header is not JSON`, { cause })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Error(`${path} is no safetensors file: its header is no object of tensors`)
  const tensors = Object.entries(json).filter(([name]) => name !== '__metadata__')
  const stranger = tensors.find(([name]) => !isName(name))
  if (stranger) throw new Error(`${path}: ${shown(stranger[0])} is no name of a tensor`)
  return tensors
}

interface Place {
  readonly path: string
  /** Where the data begins, and where the file ends. */
  readonly data: number
  readonly size: number
  /** The tensor, for errors. */
  readonly what: string
}

/** A header's entry as a place in the file. */
function placed(entry: unknown, { path, data, size, what }: Place): Stored {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Readonly<Record<string, unknown>>
  if (!isDtype(dtype))
    throw new Error(`${what} is of type ${shown(dtype)}; only ${Object.keys(WIDTHS).join(', ')} are read`)
  if (!isCounts(shape) || shape.length > MAX_DIMS)
    throw new Error(`${what} has shape ${shown(shape)}, not a list of whole numbers from 0, ${MAX_DIMS} at most`)
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    throw new Error(`${what} has offsets ${shown(offsets)}, not its first byte and the one after its last`)
  const [from, to] = offsets as [number, number]
  if (data + to > size) {
    throw new Error(`${what} ends at byte ${data + to} of a file that has ${size}: the file is cut off or damaged`)
  }
  const bytes = shape.reduce((a, b) => a * b, 1) * WIDTHS[dtype]
  if (to - from !== bytes)
    throw new Error(`${what} has ${to - from} bytes, and ${bytes} would be its shape [${shape}] in ${dtype}`)
  return { path, dtype, dims: shape, at: data + from, bytes }
}

function checkOverlaps(stored: ReadonlyMap<string, Stored>, path: string): void {
  const inOrder = [...stored].filter(([, { bytes }]) => bytes > 0).sort(([, a], [, b]) => a.at - b.at)
  inOrder.forEach(([name, { at }], i) => {
    const before = inOrder[i - 1]
    if (before && before[1].at + before[1].bytes > at)
      throw new Error(`${path}: '${before[0]}' and '${name}' overlap: the file is damaged`)
  })
}

function decoded({ dtype, dims }: Stored, buffer: ArrayBuffer): Parameter {
  if (dtype === 'F32') return { dims, data: new Float32Array(buffer) }
  if (dtype === 'F16') return { dims, data: new Float32Array(new Float16Array(buffer)) }
  // BF16 is the upper half of a 32-bit number.
  const halves = new Uint16Array(buffer)
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16
  return { dims, data: new Float32Array(bits.buffer) }
}

/** Exactly so many bytes, in a buffer of their own (aligned for any element type). */
async function read(
  file: FileHandle,
  { at, bytes, path }: Pick<Stored, 'at' | 'bytes' | 'path'>,
): Promise<ArrayBuffer> {
  const buffer = new ArrayBuffer(bytes)
  for (let done = 0; done < bytes; ) {
    const part = new Uint8Array(buffer, done, Math.min(MAX_READ, bytes - done))
    const { bytesRead } = await file.read(part, 0, part.length, at + done)
    if (bytesRead === 0) throw new Error(`${path} is cut off: ${bytes} bytes expected at ${at}, ${done} there`)
    done += bytesRead
  }
  return buffer
}

const isDtype = (value: unknown): value is Dtype => typeof value === 'string' && Object.hasOwn(WIDTHS, value)

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)
