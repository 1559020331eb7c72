/**
 * From the number formats of GGUF files to floats. A quantised tensor is a row of blocks; each block holds a few
 * numbers as small integers, and the half-precision scales that turn them back. The layouts are ggml's; everything is
 * little endian, and every float comes out as ggml has it, to the bit.
 */
export interface TensorFormat {
  readonly name: string
  /** Numbers in a block. */
  readonly elements: number
  /** Bytes of a block. */
  readonly bytes: number
  /** Fills `out` from whole blocks. */
  readonly unpack: (blocks: DataView, out: Float32Array) => void
}

/** By the number that a file gives the format. */
const FORMATS: ReadonlyMap<number, TensorFormat> = new Map([
  [0, { name: 'F32', elements: 1, bytes: 4, unpack: unpackF32 }],
  [1, { name: 'F16', elements: 1, bytes: 2, unpack: unpackF16 }],
  [2, { name: 'Q4_0', elements: 32, bytes: 18, unpack: unpackQ4_0 }],
  [3, { name: 'Q4_1', elements: 32, bytes: 20, unpack: unpackQ4_1 }],
  [6, { name: 'Q5_0', elements: 32, bytes: 22, unpack: unpackQ5_0 }],
  [7, { name: 'Q5_1', elements: 32, bytes: 24, unpack: unpackQ5_1 }],
  [8, { name: 'Q8_0', elements: 32, bytes: 34, unpack: unpackQ8_0 }],
  [12, { name: 'Q4_K', elements: 256, bytes: 144, unpack: unpackQ4_K }],
  [13, { name: 'Q5_K', elements: 256, bytes: 176, unpack: unpackQ5_K }],
  [14, { name: 'Q6_K', elements: 256, bytes: 210, unpack: unpackQ6_K }],
  [30, { name: 'BF16', elements: 1, bytes: 2, unpack: unpackBF16 }],
])

/** Formats that exist and are not read, so that a refusal can call them by name. */
const STRANGERS: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
  40: 'NVFP4',
}

/** Throws a sentence that names the format and those that are read. */
export function tensorFormat(type: number): TensorFormat {
  const format = FORMATS.get(type)
  if (format) return format
  const known = [...FORMATS.values()].map(({ name }) => name).join(', ')
  throw new Error(`numbers of type ${STRANGERS[type] ?? type} are not read, only ${known}`)
}

/** Fills `out` from exactly as many whole blocks as it takes. */
export function dequantise(format: TensorFormat, blocks: Uint8Array, out: Float32Array): void {
  const expected = (out.length / format.elements) * format.bytes
  if (blocks.length !== expected)
    throw new Error(`${out.length} numbers of type ${format.name} take ${expected} bytes, not ${blocks.length}`)
  format.unpack(new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength), out)
}

function unpackF32(blocks: DataView, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = blocks.getFloat32(4 * i, true)
}

function unpackF16(blocks: DataView, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = blocks.getFloat16(2 * i, true)
}

/** The upper half of a float's bits; written as bits, so that no NaN loses any. */
function unpackBF16(blocks: DataView, out: Float32Array): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length)
  for (let i = 0; i < out.length; i++) bits[i] = blocks.getUint16(2 * i, true) << 16
}

/** Scale, 32 signed bytes. */
function unpackQ8_0(blocks: DataView, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 34, to += 32) {
    const scale = blocks.getFloat16(at, true)
    for (let i = 0; i < 32; i++) out[to + i] = scale * blocks.getInt8(at + 2 + i)
  }
}

/** Scale, 16 bytes: number i in the low half of byte i, number 16 + i in its high half; 8 means 0. */
function unpackQ4_0(blocks: DataView, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 18, to += 32) {
    const scale = blocks.getFloat16(at, true)
    for (let i = 0; i < 16; i++) {
      const pair = blocks.getUint8(at + 2 + i)
      out[to + i] = scale * ((pair & 15) - 8)
      out[to + 16 + i] = scale * ((pair >> 4) - 8)
    }
  }
}

/** Scale, the least number, 16 bytes as in Q4_0. */
function unpackQ4_1(blocks: DataView, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 20, to += 32) {
    const scale = blocks.getFloat16(at, true)
    const least = blocks.getFloat16(at + 2, true)
    for (let i = 0; i < 16; i++) {
      const pair = blocks.getUint8(at + 4 + i)
      out[to + i] = scale * (pair & 15) + least
      out[to + 16 + i] = scale * (pair >> 4) + least
    }
  }
}

/** Scale, 32 fifth bits (bit i is number i's), 16 bytes as in Q4_0; 16 means 0. */
function unpackQ5_0(blocks: DataView, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 22, to += 32) {
    const scale = blocks.getFloat16(at, true)
    const fifth = blocks.getUint32(at + 2, true)
    for (let i = 0; i < 16; i++) {
      const pair = blocks.getUint8(at + 6 + i)
      out[to + i] = scale * (((pair & 15) | (((fifth >>> i) & 1) << 4)) - 16)
      out[to + 16 + i] = scale * (((pair >> 4) | (((fifth >>> (16 + i)) & 1) << 4)) - 16)
    }
  }
}

/** Scale, the least number, fifth bits and bytes as in Q5_0. */
function unpackQ5_1(blocks: DataView, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 24, to += 32) {
    const scale = blocks.getFloat16(at, true)
    const least = blocks.getFloat16(at + 2, true)
    const fifth = blocks.getUint32(at + 4, true)
    for (let i = 0; i < 16; i++) {
      const pair = blocks.getUint8(at + 8 + i)
      out[to + i] = scale * ((pair & 15) | (((fifth >>> i) & 1) << 4)) + least
      out[to + 16 + i] = scale * ((pair >> 4) | (((fifth >>> (16 + i)) & 1) << 4)) + least
    }
  }
}

/**
 * Two scales, 12 bytes with a 6-bit scale and a 6-bit minimum for each of 8 groups of 32, 128 bytes of halves: a
 * byte's low half is of an even group, its high half of the next. Number = scale·q − minimum.
 */
function unpackQ4_K(blocks: DataView, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 144, to += 256) {
    const ofScales = blocks.getFloat16(at, true)
    const ofMinima = blocks.getFloat16(at + 2, true)
    for (let group = 0; group < 8; group++) {
      const scale = ofScales * scaleBits(blocks, at + 4, group)
      const minimum = ofMinima * minimumBits(blocks, at + 4, group)
      const shift = (group & 1) * 4
      const from = at + 16 + (group >> 1) * 32
      for (let i = 0; i < 32; i++) {
        out[to + group * 32 + i] = scale * ((blocks.getUint8(from + i) >> shift) & 15) - minimum
      }
    }
  }
}

/** As Q4_K, with 32 bytes of fifth bits before the halves: bit `group` of byte i is that of the group's number i. */
function unpackQ5_K(blocks: DataView, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 176, to += 256) {
    const ofScales = blocks.getFloat16(at, true)
    const ofMinima = blocks.getFloat16(at + 2, true)
    for (let group = 0; group < 8; group++) {
      const scale = ofScales * scaleBits(blocks, at + 4, group)
      const minimum = ofMinima * minimumBits(blocks, at + 4, group)
      const shift = (group & 1) * 4
      const from = at + 48 + (group >> 1) * 32
      for (let i = 0; i < 32; i++) {
        const four = (blocks.getUint8(from + i) >> shift) & 15
        const fifth = (blocks.getUint8(at + 16 + i) >> group) & 1
        out[to + group * 32 + i] = scale * (four | (fifth << 4)) - minimum
      }
    }
  }
}

/**
 * A group's 6 bits out of Q4_K's 12 bytes. Groups 0–3 have their scales at the bottom of bytes 0–3 and their minima at
 * that of bytes 4–7; groups 4–7 have the upper 2 bits at the top of those bytes, and the lower 4 in bytes 8–11, the
 * scale's in the low half.
 */
function scaleBits(blocks: DataView, at: number, group: number): number {
  if (group < 4) return blocks.getUint8(at + group) & 63
  return (blocks.getUint8(at + 4 + group) & 15) | ((blocks.getUint8(at + group - 4) >> 6) << 4)
}

function minimumBits(blocks: DataView, at: number, group: number): number {
  if (group < 4) return blocks.getUint8(at + 4 + group) & 63
  return (blocks.getUint8(at + 4 + group) >> 4) | ((blocks.getUint8(at + group) >> 6) << 4)
}

/**
 * 128 bytes of low halves, 64 bytes of upper bit pairs, 16 signed scales of 16 numbers each, their scale; 32 means 0.
 * Each half of the block stands in 64 and 32 of those bytes: 32 numbers in each quarter of it, quarters 0 and 2 in
 * the two halves of the first 32 bytes, 1 and 3 in those of the next, and quarter k in bit pair k.
 */
function unpackQ6_K(blocks: DataView, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 210, to += 256) {
    const ofScales = blocks.getFloat16(at + 208, true)
    for (let group = 0; group < 16; group++) {
      const scale = ofScales * blocks.getInt8(at + 192 + group)
      const half = group >> 3
      const quarter = (group >> 1) & 3
      const within = (group & 1) * 16
      const low = at + half * 64 + (quarter & 1) * 32 + within
      const upper = at + 128 + half * 32 + within
      for (let i = 0; i < 16; i++) {
        const four = (blocks.getUint8(low + i) >> ((quarter >> 1) * 4)) & 15
        const two = (blocks.getUint8(upper + i) >> (quarter * 2)) & 3
        out[to + group * 16 + i] = scale * ((four | (two << 4)) - 32)
      }
    }
  }
}
