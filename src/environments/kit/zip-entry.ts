/** Reads one file out of a zip archive: stored or deflated, neither encrypted nor in parts (APPNOTE.TXT 6.3, 4.3). */
import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

/** What an entry may unpack to. */
const LARGEST = 2 ** 28
const [END, ENTRY, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50]
const END_LENGTH = 22

/** The content of the entry of this name; undefined where the archive has none. Throws a sentence where it is no archive. */
export function zipEntry(path: string, name: string): Buffer | undefined {
  const zip = readFileSync(path)
  try {
    return contentOf(zip, name)
  } catch (cause) {
    throw new Error(`'${path}' cannot be read as a zip archive: ${(cause as Error).message}`, { cause })
  }
}

function contentOf(zip: Buffer, name: string): Buffer | undefined {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]), zip.length - END_LENGTH)
  if (end < 0 || zip.readUInt32LE(end) !== END) throw new Error('it has no directory')
  let at = zip.readUInt32LE(end + 16)
  for (let entries = zip.readUInt16LE(end + 10); entries > 0; entries--) {
    expectSignature(zip, at, ENTRY)
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ]
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) return unpacked(zip, at)
    at += 46 + nameLength + extra + comment
  }
  return undefined
}

function unpacked(zip: Buffer, entry: number): Buffer {
  const [method, packed, local] = [
    zip.readUInt16LE(entry + 10),
    zip.readUInt32LE(entry + 20),
    zip.readUInt32LE(entry + 42),
  ]
  expectSignature(zip, local, LOCAL)
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const bytes = zip.subarray(start, start + packed)
  if (method === 0) return bytes
  if (method === 8) return inflateRawSync(bytes, { maxOutputLength: LARGEST })
  throw new Error(`an entry is packed by method ${method}, and only 0 and 8 are known`)
}

function expectSignature(zip: Buffer, at: number, signature: number): void {
  if (zip.readUInt32LE(at) !== signature) throw new Error(`there is no entry at byte ${at}`)
}
