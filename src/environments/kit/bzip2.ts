/**
 * Reads bzip2 files (Julian Seward's format, version 1.0), which Node does not: some public data come as such. A file
 * is blocks, each of Huffman codes for a move-to-front list of a Burrows–Wheeler transform of runs.
 */

const BLOCK = 0x314159265359
const END = 0x177245385090
/** Symbols in front of each change of the code. */
const GROUP = 50
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc
})

/** The content of one bzip2 stream. Throws a sentence on bytes that are none, are cut off, or fail their checksum. */
export function bunzip2(bytes: Uint8Array): Uint8Array {
  const bits = bitsOf(bytes)
  const size = bits(32) - 0x425a6830
  if (!(size >= 1 && size <= 9)) throw new Error("a bzip2 file begins with 'BZh' and a digit from 1 to 9")
  const blocks: Uint8Array[] = []
  let all = 0
  for (;;) {
    const magic = bits(24) * 2 ** 24 + bits(24)
    if (magic === END && bits(32) !== all) throw new Error('this bzip2 file is damaged: it fails its checksum')
    if (magic === END) return joined(blocks)
    if (magic !== BLOCK) throw new Error('this bzip2 file is damaged: no block where one should begin')
    const crc = bits(32)
    const block = runs(blockOf(bits, size * 100_000))
    if (crcOf(block) !== crc) throw new Error('this bzip2 file is damaged: a block fails its checksum')
    all = (((all << 1) | (all >>> 31)) ^ crc) >>> 0
    blocks.push(block)
  }
}

type Bits = (count: number) => number

/** Reads up to 32 bits at a time, the highest first. */
function bitsOf(bytes: Uint8Array): Bits {
  let at = 0
  return (count) => {
    let value = 0
    for (let i = 0; i < count; i++, at++) {
      const byte = bytes[at >> 3]
      if (byte === undefined) throw new Error('this bzip2 file is cut off')
      value = value * 2 + ((byte >> (7 - (at & 7))) & 1)
    }
    return value
  }
}

/** A block as it was before its transform: runs of more than three bytes still have their rest as a number. */
function blockOf(bits: Bits, most: number): Uint8Array {
  if (bits(1) === 1) throw new Error('this bzip2 file has randomised blocks, as versions before 0.9.5 wrote them')
  const start = bits(24)
  const bytes = bytesUsed(bits)
  const codes = bits(3)
  const selectors = selectorsOf(bits, codes)
  const tables = Array.from({ length: codes }, () => codeOf(bits, bytes.length + 2))
  const last = Uint8Array.from(symbols({ bits, bytes, selectors, tables }, most))
  return untransformed(last, start)
}

function bytesUsed(bits: Bits): number[] {
  const rows = Array.from({ length: 16 }, () => bits(1))
  return rows.flatMap((used, row) =>
    used ? Array.from({ length: 16 }, () => bits(1)).flatMap((one, column) => (one ? [16 * row + column] : [])) : [],
  )
}

/** Which code is used for each group, told as places in a list of codes in which the last used one is first. */
function selectorsOf(bits: Bits, codes: number): number[] {
  const order = Array.from({ length: codes }, (_, i) => i)
  return Array.from({ length: bits(15) }, () => {
    let place = 0
    while (bits(1) === 1) place++
    if (place >= codes) throw new Error('this bzip2 file is damaged: a code that there is not')
    order.unshift(...order.splice(place, 1))
    return order[0]!
  })
}

/** A symbol by its length and its code. */
type Code = ReadonlyMap<number, number>

/** Canonical Huffman: codes of a length follow one another in the order of the symbols, the shorter lengths first. */
function codeOf(bits: Bits, count: number): Code {
  let length = bits(5)
  const lengths = Array.from({ length: count }, () => {
    while (bits(1) === 1) length += bits(1) === 1 ? -1 : 1
    return length
  })
  const code = new Map<number, number>()
  let next = 0
  for (let of = 1; of <= LONGEST; of++, next *= 2)
    for (const [symbol, own] of lengths.entries()) if (own === of) code.set(of * KEY + next++, symbol)
  return code
}

const LONGEST = 20
const KEY = 2 ** 24

interface Coded {
  readonly bits: Bits
  readonly bytes: readonly number[]
  readonly selectors: readonly number[]
  readonly tables: readonly Code[]
}

/** The bytes that the symbols stand for: 0 and 1 are digits of a run of the first byte in the list, the last is the end. */
function* symbols({ bits, bytes, selectors, tables }: Coded, most: number): Generator<number> {
  const order = [...bytes]
  let [run, digit, made] = [0, 1, 0]
  for (let read = 0; ; read++) {
    const table = tables[selectors[Math.floor(read / GROUP)] ?? -1]
    if (!table) throw new Error('this bzip2 file is damaged: a block without end')
    const symbol = symbolIn(bits, table)
    if (symbol <= 1) {
      run += digit * (symbol + 1)
      digit *= 2
      if (run <= most) continue
    }
    made += run + 1
    if (made > most + 1) throw new Error('this bzip2 file is damaged: a block is too long')
    for (; run > 0; run--) yield order[0]!
    digit = 1
    if (symbol === bytes.length + 1) return
    order.unshift(...order.splice(symbol - 1, 1))
    yield order[0]!
  }
}

function symbolIn(bits: Bits, table: Code): number {
  let code = 0
  for (let length = 1; length <= LONGEST; length++) {
    code = code * 2 + bits(1)
    const symbol = table.get(length * KEY + code)
    if (symbol !== undefined) return symbol
  }
  throw new Error('this bzip2 file is damaged: a code that there is not')
}

/** The inverse of Burrows and Wheeler's transform: `last` is the last column of the sorted rotations. */
function untransformed(last: Uint8Array, start: number): Uint8Array {
  if (start >= last.length) throw new Error('this bzip2 file is damaged: a block begins outside of itself')
  const places = new Uint32Array(256)
  for (const byte of last) places[byte]!++
  let sum = 0
  for (const [byte, count] of places.entries()) {
    places[byte] = sum
    sum += count
  }
  const next = new Uint32Array(last.length)
  for (let i = 0; i < last.length; i++) next[places[last[i]!]!++] = i
  let at = next[start]!
  return last.map(() => {
    const byte = last[at]!
    at = next[at]!
    return byte
  })
}

/** Four bytes alike are followed by how many more there are. */
function runs(packed: Uint8Array): Uint8Array {
  const out: number[] = []
  let alike = 0
  for (let i = 0; i < packed.length; i++) {
    const byte = packed[i]!
    if (alike === 4) {
      for (let more = 0; more < byte; more++) out.push(packed[i - 1]!)
      alike = 0
    } else {
      alike = alike > 0 && packed[i - 1] === byte ? alike + 1 : 1
      out.push(byte)
    }
  }
  return Uint8Array.from(out)
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc << 8) ^ CRC[(crc >>> 24) ^ byte]!
  return ~crc >>> 0
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
