/** The safetensors format: an 8-byte length, a JSON header, the data. Reads and writes F32. */
import { type FileHandle, open } from 'node:fs/promises'
import type { Parameter, Parameters } from './llama.ts'

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

const MAX_HEADER = 100_000_000

export async function writeSafetensors(path: string, tensors: Parameters): Promise<void> {
  let at = 0
  const header: Record<string, Entry> = {}
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

/** Throws a sentence with the path on anything that is not such a file. */
export async function readSafetensors(path: string): Promise<Parameters> {
  await using file = await open(path)
  const { size } = await file.stat()
  const length = Number((await read(file, 0, 8, path)).readBigUInt64LE())
  if (length > Math.min(MAX_HEADER, size - 8))
    throw new Error(`${path} is no safetensors file: its header says ${length} bytes`)
  const header = parseHeader(await read(file, 8, length, path), path)
  const tensors = new Map<string, Parameter>()
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of header) {
    if (dtype !== 'F32') throw new Error(`${path}: '${name}' is ${dtype}; only F32 is read`)
    const count = shape.reduce((a, b) => a * b, 1)
    if (to - from !== count * 4) throw new Error(`${path}: '${name}' has ${to - from} bytes for shape [${shape}]`)
    const bytes = await read(file, 8 + length + from, to - from, path)
    tensors.set(name, { dims: shape, data: new Float32Array(bytes.buffer, bytes.byteOffset, count) })
  }
  return tensors
}

function parseHeader(json: Buffer, path: string): [string, Entry][] {
  try {
    const { __metadata__: _, ...entries } = JSON.parse(json.toString('utf8'))
    return Object.entries(entries as Record<string, Entry>)
  } catch (cause) {
    throw new Error(`${path} is no safetensors file: its header is not JSON`, { cause })
  }
}

/** Exactly so many bytes, in a buffer of their own (aligned for any element type). */
async function read(file: FileHandle, at: number, length: number, path: string): Promise<Buffer> {
  const buffer = Buffer.from(new ArrayBuffer(length))
  const { bytesRead } = await file.read(buffer, 0, length, at)
  if (bytesRead !== length) throw new Error(`${path} is cut off: ${length} bytes expected at ${at}, ${bytesRead} there`)
  return buffer
}
