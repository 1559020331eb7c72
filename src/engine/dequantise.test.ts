import { describe, expect, it } from 'vitest'
import { dequantise, tensorFormat } from './dequantise.ts'

const read = (type: number, bytes: readonly number[]): number[] => {
  const format = tensorFormat(type)
  const out = new Float32Array((bytes.length / format.bytes) * format.elements)
  dequantise(format, Uint8Array.from(bytes), out)
  return [...out]
}
const range = (length: number): number[] => Array.from({ length }, (_, i) => i)
/** Halves, little endian. */
const HALF = { quarter: [0x00, 0x34], half: [0x00, 0x38], one: [0x00, 0x3c], two: [0x00, 0x40], minusOne: [0x00, 0xbc] }
/** Byte i holds i below and 15 − i above. */
const pairs = range(16).map((i) => i | ((15 - i) << 4))

describe('dequantise', () => {
  it('reads F32', () => {
    expect(read(0, [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0])).toEqual([1, -2.5])
  })

  it('reads F16, with its smallest number and infinity', () => {
    expect(read(1, [...HALF.one, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c])).toEqual([
      1,
      -2,
      2 ** -24,
      Number.POSITIVE_INFINITY,
    ])
  })

  it('reads BF16, the upper half of a float', () => {
    expect(read(30, [0x80, 0x3f, 0x49, 0xc0])).toEqual([1, -3.140625])
  })

  it('reads Q8_0: scale · signed byte', () => {
    const bytes = [...HALF.half, 0x80, ...range(31).map((i) => i)]
    expect(read(8, bytes)).toEqual([-64, ...range(31).map((i) => i / 2)])
  })

  it('reads Q4_0: scale · (q − 8), low halves first', () => {
    expect(read(2, [...HALF.two, ...pairs])).toEqual([
      ...range(16).map((i) => 2 * (i - 8)),
      ...range(16).map((i) => 2 * (7 - i)),
    ])
  })

  it('reads Q4_1: scale · q + least', () => {
    expect(read(3, [...HALF.quarter, ...HALF.minusOne, ...pairs])).toEqual([
      ...range(16).map((i) => i / 4 - 1),
      ...range(16).map((i) => (15 - i) / 4 - 1),
    ])
  })

  it('reads Q5_0: the fifth bit of number i is bit i of 32', () => {
    // Numbers 0–3 and 12–15 have theirs, and of the second half 16 and 31.
    const fifth = [0x0f, 0xf0, 0x01, 0x80]
    const set = (i: number): number => ([0, 1, 2, 3, 12, 13, 14, 15, 16, 31].includes(i) ? 16 : 0)
    expect(read(6, [...HALF.two, ...fifth, ...pairs])).toEqual([
      ...range(16).map((i) => 2 * (i + set(i) - 16)),
      ...range(16).map((i) => 2 * (15 - i + set(16 + i) - 16)),
    ])
  })

  it('reads Q5_1: scale · q + least, with fifth bits', () => {
    const fifth = [0x0f, 0xf0, 0x01, 0x80]
    const set = (i: number): number => ([0, 1, 2, 3, 12, 13, 14, 15, 16, 31].includes(i) ? 16 : 0)
    expect(read(7, [...HALF.half, ...HALF.minusOne, ...fifth, ...pairs])).toEqual([
      ...range(16).map((i) => (i + set(i)) / 2 - 1),
      ...range(16).map((i) => (15 - i + set(16 + i)) / 2 - 1),
    ])
  })

  it('reads Q4_K: eight groups with 6-bit scales and minima', () => {
    // The upper two bits of groups 4–7 stand above groups 0–3: 17 = 1·16 + 1 puts a 1 above group 0's scale of 1.
    const scales = [1, 2, 3, 63, 17, 34, 51, 0]
    const minima = [4, 5, 6, 62, 63, 32, 16, 9]
    const packed = [0x41, 0x82, 0xc3, 0x3f, 0xc4, 0x85, 0x46, 0x3e, 0xf1, 0x02, 0x03, 0x90]
    // Group 2k has the low halves of bytes 32k to 32k + 31, group 2k + 1 the high ones.
    const halves = range(128).map((i) => pairs[i % 16]!)
    const expected = range(256).map((i) => {
      const group = Math.floor(i / 32)
      const q = group % 2 === 0 ? i % 16 : 15 - (i % 16)
      return scales[group]! * q - 0.5 * minima[group]!
    })
    expect(read(12, [...HALF.one, ...HALF.half, ...packed, ...halves])).toEqual(expected)
  })

  it('reads Q5_K: as Q4_K, with the fifth bit of each group in a bit of its own', () => {
    const bytes = [...HALF.half, ...HALF.quarter, ...range(12).map(() => 0x41), ...range(32).map((i) => 1 << (i % 8))]
    const halves = range(128).map((i) => pairs[i % 16]!)
    // 0x41 is a scale, or a minimum, of 1; of groups 4–7 it is 1 below and 1 above for scales, 4 and 1 for minima.
    const expected = range(256).map((i) => {
      const group = Math.floor(i / 32)
      const q = (group % 2 === 0 ? i % 16 : 15 - (i % 16)) + (i % 8 === group ? 16 : 0)
      return group < 4 ? q / 2 - 0.25 : (17 * q) / 2 - 20 / 4
    })
    expect(read(13, [...bytes, ...halves])).toEqual(expected)
  })

  it('reads Q5_K as the gguf package 0.19 does', () => {
    const bytes = range(176).map((i) => (73 * i + 41) & 255)
    bytes.splice(0, 4, 0x00, 0x24, ...HALF.half)
    const out = read(13, bytes)
    expect(out.filter((_, i) => i % 17 === 0)).toEqual([
      ...[-19.421875, -24.09375, -21.4375, -27.625, 12.546875, 9.15625, 10.25, 9, -12.171875, -3.96875, -11.71875],
      ...[-2.375, 3.296875, 24.78125, -11.5, -11.5],
    ])
    expect(out.reduce((sum, value) => sum + value, 0)).toBe(-1697.875)
    expect(out.reduce((sum, value, i) => sum + i * value, 0)).toBe(-123204.125)
  })

  it('reads Q6_K: sixteen signed scales, four bits here and two there', () => {
    const q = range(256).map((i) => ((i * 7 + Math.floor(i / 64)) % 64) - 32)
    const low = new Array<number>(128).fill(0)
    const upper = new Array<number>(64).fill(0)
    for (const half of [0, 1]) {
      for (const l of range(32)) {
        const six = [0, 32, 64, 96].map((quarter) => q[128 * half + quarter + l]! + 32)
        low[64 * half + l] = (six[0]! & 15) | ((six[2]! & 15) << 4)
        low[64 * half + 32 + l] = (six[1]! & 15) | ((six[3]! & 15) << 4)
        upper[32 * half + l] = (six[0]! >> 4) | ((six[1]! >> 4) << 2) | ((six[2]! >> 4) << 4) | ((six[3]! >> 4) << 6)
      }
    }
    const scales = range(16).map((i) => i - 8)
    const expected = q.map((value, i) => 0.5 * scales[Math.floor(i / 16)]! * value + 0)
    const bytes = [...low, ...upper, ...scales.map((scale) => scale & 255), ...HALF.half]
    expect(read(14, bytes).map((value) => value + 0)).toEqual(expected)
  })

  it('gives each block its own scale', () => {
    const blocks = [HALF.one, HALF.two, HALF.half].flatMap((scale) => [...scale, ...new Array<number>(32).fill(4)])
    expect(read(8, blocks)).toEqual([4, 8, 2].flatMap((value) => new Array<number>(32).fill(value)))
  })

  it('refuses other formats by name, and bytes that are too few', () => {
    expect(() => tensorFormat(11)).toThrow('numbers of type Q3_K are not read, only F32, F16, Q4_0')
    expect(() => tensorFormat(77)).toThrow('numbers of type 77 are not read')
    expect(() => dequantise(tensorFormat(8), new Uint8Array(33), new Float32Array(32))).toThrow(
      '32 numbers of type Q8_0 take 34 bytes, not 33',
    )
  })
})
