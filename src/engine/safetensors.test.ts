import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ludus-safetensors-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A file with this header (an object, or text as it is) and so many bytes of data. */
async function write(name: string, header: unknown, data: Uint8Array): Promise<string> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const path = join(folder, name)
  await writeFile(path, Buffer.concat([length, json, data]))
  return path
}

const sixteen = (values: readonly number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer)

async function one(dtype: string, bits: readonly number[]): Promise<number[]> {
  const header = { x: { dtype, shape: [bits.length], data_offsets: [0, 2 * bits.length] } }
  const tensors = await readSafetensors(await write(`${dtype}.safetensors`, header, sixteen(bits)))
  return [...tensors.get('x')!.data]
}

describe('safetensors', () => {
  it('reads what it wrote, bit for bit', async () => {
    const data = Float32Array.of(0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e-45)
    const path = join(folder, 'own.safetensors')
    await writeSafetensors(path, new Map([['x', { dims: [2, 3], data }]]))
    expect([...(await readSafetensors(path))]).toEqual([['x', { dims: [2, 3], data }]])
  })

  it('reads F16: one, its neighbour, the largest, the smallest, both zeros, infinities, no number', async () => {
    const bits = [0x3c00, 0x3c01, 0x7bff, 0x0400, 0x0001, 0x8001, 0x0000, 0x8000, 0x7c00, 0xfc00, 0x7e00]
    const { POSITIVE_INFINITY, NEGATIVE_INFINITY, NaN: NONE } = Number
    expect(await one('F16', bits)).toEqual([
      ...[1, 1 + 2 ** -10, 65504, 2 ** -14, 2 ** -24, -(2 ** -24), 0, -0],
      ...[POSITIVE_INFINITY, NEGATIVE_INFINITY, NONE],
    ])
  })

  it('reads every F16 as IEEE 754 has it', async () => {
    const bits = Array.from({ length: 2 ** 16 }, (_, i) => i).filter((i) => (i & 0x7c00) !== 0x7c00)
    const expected = bits.map((i) => {
      const [sign, exponent, fraction] = [i >> 15 ? -1 : 1, (i >> 10) & 31, i & 1023]
      return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
    })
    expect(await one('F16', bits)).toEqual(expected)
  })

  it('reads BF16: the upper half of 32 bits', async () => {
    const values = [1, -2.5, 0, -0, 2 ** -133, 3.3895313892515355e38, Number.POSITIVE_INFINITY, Number.NaN]
    const bits = values.map((value) => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16)
    expect(await one('BF16', bits)).toEqual(values)
  })

  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }
  it.each<[what: string, header: unknown, sentence: string]>([
    ['a header that is not JSON', '{"x": ', 'its header is not JSON'],
    ['a header that is a list', [entry], 'its header is no object of tensors'],
    ['an entry that is none', { x: null }, "'x' is of type undefined"],
    ['a type we do not read', { x: { ...entry, dtype: 'I64' } }, `'x' is of type "I64"; only F32, F16, BF16 are read`],
    ['a negative shape', { x: { ...entry, shape: [-1, -2] } }, "'x' has shape [-1,-2], not a list of whole numbers"],
    ['a fraction in a shape', { x: { ...entry, shape: [0.5, 4] } }, "'x' has shape [0.5,4]"],
    ['a shape that is no list', { x: { ...entry, shape: 'two' } }, `'x' has shape "two"`],
    [
      'a shape of other bytes',
      { x: { ...entry, shape: [3] } },
      "'x' has 8 bytes, and 12 would be its shape [3] in F32",
    ],
    ['a shape beyond numbers', { x: { ...entry, shape: Array(8).fill(2 ** 50) } }, "'x' has 8 bytes"],
    ['more dimensions than any tensor has', { x: { ...entry, shape: Array(9).fill(1) } }, "'x' has shape [1,1,1"],
    ['a name that a terminal obeys', { 'x\u001b[2J': entry }, '"x\\u001b[2J" is no name of a tensor'],
    ['an endless name', { ['x'.repeat(9000)]: entry }, 'is no name of a tensor'],
    ['a name that is a prototype', '{"__proto__": {"dtype": "F8"}}', `'__proto__' is of type "F8"`],
    ['offsets the wrong way', { x: { ...entry, data_offsets: [8, 0] } }, "'x' has offsets [8,0]"],
    ['offsets below nothing', { x: { ...entry, data_offsets: [-8, 0] } }, "'x' has offsets [-8,0]"],
    ['no offsets', { x: { dtype: 'F32', shape: [2] } }, "'x' has offsets undefined"],
    ['offsets beyond the file', { x: { ...entry, shape: [2 ** 40], data_offsets: [0, 2 ** 42] } }, 'is cut off'],
    ['an overlap', { x: entry, y: { ...entry, data_offsets: [4, 12] } }, "'x' and 'y' overlap"],
  ])('refuses %s', async (_, header, sentence) => {
    const path = await write('bad.safetensors', header, new Uint8Array(16))
    await expect(readSafetensors(path)).rejects.toThrow(path)
    await expect(readSafetensors(path)).rejects.toThrow(sentence)
  })

  it('refuses what is no file', async () => {
    const pipe = join(folder, 'pipe.safetensors')
    execFileSync('mkfifo', [pipe])
    for (const path of [pipe, folder]) await expect(readSafetensors(path)).rejects.toThrow('it is no file')
  })

  it('refuses a header longer than the file, and a file that is hardly there', async () => {
    const path = join(folder, 'long.safetensors')
    await writeFile(path, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]))
    await expect(readSafetensors(path)).rejects.toThrow('its header says 9223372036854776000 bytes, and it has 11')
    await writeFile(path, 'abc')
    await expect(readSafetensors(path)).rejects.toThrow('is cut off')
  })
})
