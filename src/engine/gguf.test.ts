import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BOOL,
  encode,
  F32,
  type File,
  floats,
  LIST,
  llama,
  llamaOf,
  type Pair,
  padded,
  shape,
  TEXT,
  type Tensor,
  tensor,
  U8,
  U32,
  type Value,
} from '../../test/gguf-writer.ts'
import { random } from '../core/index.ts'
import { readGguf } from './gguf.ts'
import { anglesOf } from './rope.ts'

const plain = llamaOf(shape)
const { pairs, tensors } = plain
const withPair = (pair: Pair): File => ({ pairs: [...pairs.filter(({ key }) => key !== pair.key), pair], tensors })
const withTensor = (changed: Tensor): File => ({
  pairs,
  tensors: [...tensors.filter(({ name }) => name !== changed.name), changed],
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ludus-gguf-'))
})
afterAll(() => rm(folder, { recursive: true }))
let count = 0
const stored = async (bytes: Uint8Array): Promise<string> => {
  const path = join(folder, `${count++}.gguf`)
  await writeFile(path, bytes)
  return path
}
const read = async (file: File) => readGguf(await stored(encode(file)))
const numbers = (name: string): Float32Array => {
  const { data } = tensors.find((each) => each.name === name)!
  return new Float32Array(Uint8Array.from(data).buffer)
}

describe('readGguf', () => {
  it('reads the shape of a model and its weights, under the names of Hugging Face', async () => {
    const { config, weights } = await read(plain)
    expect(config).toEqual({ ...shape, context: 64, ropeTheta: 5000, normEpsilon: 2 ** -16, tied: true })
    expect(weights.size).toBe(tensors.length)
    expect(weights.get('model.layers.1.mlp.down_proj.weight')).toEqual({
      dims: [shape.width, shape.hidden],
      data: numbers('blk.1.ffn_down.weight'),
    })
    expect(weights.get('model.embed_tokens.weight')?.data).toEqual(numbers('token_embd.weight'))
    expect(weights.get('model.layers.0.post_attention_layernorm.weight')?.data).toEqual(
      numbers('blk.0.ffn_norm.weight'),
    )
  })

  it('reads version 2, another alignment and a head of its own', async () => {
    const alignment: Pair = { key: 'general.alignment', type: U32, value: 64 }
    const head = tensor('output.weight', shape.width, shape.vocabulary)
    const file = { version: 2, alignment: 64, pairs: [...pairs, alignment], tensors: [head, ...tensors] }
    const { config, weights } = await read(file)
    expect(config.tied).toBe(false)
    expect(floats(weights.get('lm_head.weight')!.data)).toEqual(head.data)
    expect(weights.get('model.norm.weight')?.data).toEqual(numbers('output_norm.weight'))
  })

  it('reads metadata of every type', async () => {
    const value = (type: number, value: Value): Pair => ({ key: `x.${type}`, type, value })
    const all = [value(0, 255), value(1, -128), value(2, 65_535), value(3, -32_768), value(4, 2 ** 32 - 1)]
    const more = [value(5, -(2 ** 31)), value(6, 0.5), value(7, true), value(8, 'héllo 😀'), value(10, 2n ** 64n - 1n)]
    const rest = [value(11, -5n), value(12, 0.1), { key: 'false', type: BOOL, value: false }]
    const lists: Pair[] = [
      { key: 'x.bytes', type: LIST, of: U8, value: [1, 2, 3] },
      { key: 'x.truths', type: LIST, of: BOOL, value: [true, false] },
      { key: 'x.texts', type: LIST, of: TEXT, value: ['', 'ü'] },
      { key: 'x.longs', type: LIST, of: 10, value: [7n, 2n ** 60n + 1n] },
      { key: 'x.none', type: LIST, of: F32, value: [] },
    ]
    const { metadata } = await read({ pairs: [...pairs, ...all, ...more, ...rest, ...lists], tensors })
    for (const { key, value } of [...all, ...more, ...lists.slice(0, 3)]) expect(metadata.get(key)).toEqual(value)
    expect(metadata.get('x.11')).toBe(-5)
    expect(metadata.get('x.12')).toBe(0.1)
    expect(metadata.get('false')).toBe(false)
    expect(metadata.get('x.longs')).toEqual([7, 2n ** 60n + 1n])
    expect(metadata.get('x.none')).toEqual([])
  })

  it('reads quantised tensors of many chunks', async () => {
    // 4.4 MB in blocks of 34 bytes, so that no chunk of a round size would end with a block.
    const rows = 130_000
    const { pairs, tensors } = llamaOf({ ...shape, width: 32, heads: 8 })
    const blocks = Buffer.alloc(rows * 34)
    for (let row = 0; row < rows; row++) {
      blocks.writeUInt16LE(0x3c00, row * 34)
      blocks.writeInt8((row % 251) - 125, row * 34 + 2 + (row % 32))
    }
    const embedding = { name: 'token_embd.weight', type: 8, dims: [32, rows], data: blocks }
    const file = {
      pairs: pairs.filter(({ key }) => key !== 'tokenizer.ggml.tokens'),
      tensors: [...tensors.filter(({ name }) => name !== embedding.name), embedding],
    }
    const { weights, config } = await read(file)
    const { data } = weights.get('model.embed_tokens.weight')!
    expect(config.vocabulary).toBe(rows)
    const wrong = Array.from({ length: rows }, (_, row) => row).find(
      (row) => data[row * 32 + (row % 32)] !== (row % 251) - 125 || data[row * 32 + ((row + 1) % 32)] !== 0,
    )
    expect(wrong).toBeUndefined()
  })

  const scaling = async (given: Readonly<Record<string, number | string>>, factors?: readonly number[]) => {
    const more = Object.entries(given).map(([key, value]): Pair => {
      return { key: `llama.rope.${key}`, type: typeof value === 'string' ? TEXT : F32, value }
    })
    const freqs = factors && { ...tensor('rope_freqs.weight', 2), data: floats(Float32Array.from(factors)) }
    return (await read({ pairs: [...pairs, ...more], tensors: freqs ? [...tensors, freqs] : tensors })).config
      .ropeScaling
  }

  it('reads how positions are scaled', async () => {
    expect(await scaling({ 'scaling.type': 'none', 'scaling.factor': 4 })).toBeUndefined()
    expect(await scaling({ 'scaling.factor': 0 })).toBeUndefined()
    for (const key of ['scaling.factor', 'scale_linear'])
      expect(await scaling({ [key]: 4 })).toEqual({ kind: 'linear', factor: 4 })
    expect(await scaling({ 'scaling.type': 'linear', 'scaling.factor': 2 })).toEqual({ kind: 'linear', factor: 2 })
    const yarn = { kind: 'yarn', factor: 4, originalContext: 64, fast: 32, slow: 1, magnitude: 1 + 0.1 * Math.log(4) }
    const given = { 'scaling.type': 'yarn', 'scaling.factor': 4 }
    expect(await scaling(given)).toEqual(yarn)
    const more = { 'scaling.original_context_length': 16, 'scaling.yarn_beta_fast': 8, 'scaling.yarn_beta_slow': 2 }
    expect(await scaling({ ...given, ...more })).toEqual({ ...yarn, originalContext: 16, fast: 8, slow: 2 })
    await expect(scaling({ ...given, 'scaling.yarn_log_multiplier': 0.5 })).rejects.toThrow(
      "'llama.rope.scaling.yarn_log_multiplier' is 0.5; only 0 is read",
    )
  })

  it('reads a factor for each pair, as Llama 3 has them, alone or with a linear one', async () => {
    expect(await scaling({}, [1, 8])).toEqual({ kind: 'factors', factors: [1, 8] })
    expect(await scaling({ 'scaling.factor': 2 }, [1, 8])).toEqual({ kind: 'factors', factors: [2, 16] })
    await expect(scaling({ 'scaling.type': 'yarn', 'scaling.factor': 2 }, [1, 8])).rejects.toThrow(
      "is 'yarn', and there is",
    )
    const llama3 = { kind: 'llama3', factor: 8, low: 1, high: 4, originalContext: 64 } as const
    const head = { headWidth: 4, ropeTheta: 5000 }
    const [plain, scaled] = [anglesOf(head), anglesOf({ ...head, ropeScaling: llama3 })].map((a) => a.frequencies)
    // What llama.cpp's converter writes for it.
    const factors = plain!.map((f, i) => f / scaled![i]!)
    const ropeScaling = await scaling({}, factors)
    anglesOf({ ...head, ...(ropeScaling && { ropeScaling }) }).frequencies.forEach((f, i) => {
      expect(f / scaled![i]!).toBeCloseTo(1, 6)
    })
  })

  it('moves the rows of queries and keys, so that both ways of rotating agree on every score', async () => {
    const { weights } = await read(plain)
    const { width, heads, headWidth } = shape
    const half = headWidth / 2
    const rng = random(7)
    const [x, y] = [1, 2].map(() => Array.from({ length: width }, () => rng.normal())) as [number[], number[]]
    const project = (matrix: Float32Array, from: number, vector: number[]): number[] =>
      Array.from({ length: headWidth }, (_, row) =>
        vector.reduce((sum, value, column) => sum + value * matrix[(from + row) * width + column]!, 0),
      )
    /** Turns the pair of numbers that `partners` names by an angle of the pair's own. */
    const rotate = (v: number[], position: number, partners: (i: number) => [number, number]): number[] => {
      const out = [...v]
      for (let i = 0; i < half; i++) {
        const [a, b] = partners(i)
        const angle = position * 5000 ** (-i / half)
        out[a] = v[a]! * Math.cos(angle) - v[b]! * Math.sin(angle)
        out[b] = v[a]! * Math.sin(angle) + v[b]! * Math.cos(angle)
      }
      return out
    }
    const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
    const score = (q: Float32Array, k: Float32Array, head: number, partners: (i: number) => [number, number]): number =>
      dot(rotate(project(q, head * headWidth, x), 9, partners), rotate(project(k, 0, y), 4, partners))
    for (let head = 0; head < heads; head++) {
      const theirs = score(numbers('blk.0.attn_q.weight'), numbers('blk.0.attn_k.weight'), head, (i) => [
        2 * i,
        2 * i + 1,
      ])
      const [q, k] = ['q', 'k'].map((name) => weights.get(`model.layers.0.self_attn.${name}_proj.weight`)!.data)
      expect(score(q!, k!, head, (i) => [i, i + half])).toBeCloseTo(theirs, 6)
    }
    expect(weights.get('model.layers.0.self_attn.v_proj.weight')?.data).toEqual(numbers('blk.0.attn_v.weight'))
  })
})

const norm = tensors[0]!
const bytesOf = (file: File, change: (bytes: Buffer) => unknown): Buffer => {
  const bytes = encode(file)
  change(bytes)
  return bytes
}
const HOSTILE: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ['another format', Buffer.from('PK\u0003\u0004, and then some more of it'), /begins with "PK.*not with "GGUF"/],
  ['nothing', Buffer.alloc(0), /it has 0 bytes/],
  ['version 1', encode({ ...plain, version: 1 }), /GGUF version 1; versions 2 and 3/],
  ['a big-endian file', bytesOf(plain, (b) => b.writeUInt32BE(3, 4)), /big-endian/],
  ['too many tensors', encode({ ...plain, counts: [2 ** 50, pairs.length] }), /list of tensors of length 11258/],
  ['too many keys', encode({ ...plain, counts: [tensors.length, 2 ** 60] }), /list of keys of length 11529/],
  ['a key of great length', bytesOf(plain, (b) => b.writeBigUInt64LE(2n ** 63n, 24)), /the name of key 1 is 92233/],
  [
    'a text beyond the end',
    bytesOf(plain, (b) => b.writeUInt32LE(99_999, 24 + 8 + 20 + 4)),
    /general\.architecture.*99999/,
  ],
  [
    'a list beyond the end',
    encode(withPair({ key: 'x', type: LIST, value: [1], of: U32, length: 90_000 })),
    /'x'.*90000/,
  ],
  ['texts beyond the end', encode(withPair({ key: 'x', type: LIST, value: ['a'], length: 90_000 })), /'x'.*90000/],
  [
    'a list of a million',
    encode(withPair({ key: 'x', type: LIST, value: [], length: 1e6 })),
    /'x' has 1000000 elements/,
  ],
  ['a text that is none', bytesOf(plain, (b) => b.writeUInt8(0xff, 64)), /'general\.architecture' is not UTF-8/],
  ['a list of lists', encode(withPair({ key: 'x', type: LIST, value: [], of: LIST })), /'x' is a list of lists/],
  ['an unknown type', encode(withPair({ key: 'x', type: 13, value: 0 })), /'x' is of type 13/],
  ['an unknown type in a list', encode(withPair({ key: 'x', type: LIST, value: [], of: 44 })), /'x' is of type 44/],
  ['a truth value of 2', encode(withPair({ key: 'x', type: BOOL, value: 2 })), /'x': a truth value is 0 or 1, not 2/],
  ['a key twice', encode({ pairs: [...pairs, pairs[3]!], tensors }), /'llama\.feed_forward_length' is there twice/],
  ['a tensor twice', encode({ pairs, tensors: [...tensors, norm] }), /'output_norm\.weight' is there twice/],
  [
    'a bad alignment',
    encode(withPair({ key: 'general.alignment', type: U32, value: 48 })),
    /'general\.alignment' is 48/,
  ],
  ['five dimensions', encode(withTensor({ ...norm, dims: [12, 1, 1, 1, 1] })), /'output_norm.weight' has 5 dimensions/],
  [
    'an empty tensor',
    encode(withTensor({ ...norm, dims: [12, 0] })),
    /'output_norm.weight' of shape \[0,12\] is empty/,
  ],
  ['a huge tensor', encode(withTensor({ ...norm, dims: [2 ** 40, 2 ** 40] })), /'output_norm.weight'.*takes/],
  [
    'no number among the weights',
    encode(withTensor({ ...norm, data: floats(new Float32Array(12).fill(Number.NaN, 7)) })),
    /'output_norm.weight' holds NaN at place 7/,
  ],
  [
    'an infinity in half precision',
    encode(withTensor({ ...norm, type: 1, data: new Uint8Array(new Uint16Array(12).fill(0x7c00, 3).buffer) })),
    /'output_norm.weight' holds Infinity at place 3/,
  ],
  ['a name that a terminal obeys', encode(withTensor({ ...norm, name: 'x\u001b[2J' })), /tensor \d+ is "x\\u001b\[2J"/],
  ['half a block', encode(withTensor({ ...norm, type: 8 })), /'output_norm.weight'.*no multiple of 32, as Q8_0/],
  [
    'numbers of another type',
    encode(withTensor({ ...norm, type: 11 })),
    /'output_norm.weight'.*type Q3_K are not read/,
  ],
  [
    'an offset beyond the end',
    encode(withTensor({ ...norm, offset: 2 ** 52 })),
    /'output_norm.weight' takes bytes 4503/,
  ],
  ['an unaligned offset', encode(withTensor({ ...norm, offset: 33 })), /'output_norm.weight' begins at offset 33/],
  [
    'tensors that overlap',
    encode(withTensor({ ...norm, offset: 32 })),
    /'token_embd.weight' and 'output_norm.weight' overlap/,
  ],
  ['no tensors', encode({ pairs, tensors: [] }), /'llama.block_count' is 2, and there are only 0 tensors/],
  ['a missing tensor', encode({ pairs, tensors: tensors.slice(0, -1) }), /'blk.1.ffn_down.weight' is missing/],
  ['a tensor too many', encode(withTensor(tensor('blk.0.attn_q.bias', 12))), /'blk.0.attn_q.bias' is no weight/],
  ['another shape', encode(withTensor(tensor('blk.0.attn_q.weight', 12, 8))), /\[8,12\], not \[12,12\]/],
  [
    'too many factors',
    encode(withTensor(tensor('rope_freqs.weight', 3))),
    /'rope_freqs.weight' has shape \[3\], not \[2\]/,
  ],
  [
    'a factor of nothing',
    encode(withTensor({ ...tensor('rope_freqs.weight', 2), data: floats(Float32Array.of(1, 0)) })),
    /'rope_freqs.weight' holds 0, not a positive number/,
  ],
  ['too many layers', encode(withPair(llama('block_count', 2 ** 32 - 1))), /'llama.block_count' is 4294967295/],
]

describe('a file that is wrong', () => {
  it.each(HOSTILE)('is refused: %s', async (_, bytes, message) => {
    const path = await stored(bytes)
    const error = await readGguf(path).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).toContain(path)
  })

  it.each([
    [{ key: 'general.architecture', type: TEXT, value: 'qwen2' }, /'general.architecture' is 'qwen2'; only 'llama'/],
    [
      { key: 'llama.rope.scaling.type', type: TEXT, value: 'longrope' },
      /'llama.rope.scaling.type' is 'longrope'; none/,
    ],
    [llama('rope.scaling.factor', -4, F32), /'llama.rope.scaling.factor' is -4, not a positive number/],
    [llama('rope.dimension_count', 2), /'llama.rope.dimension_count' is 2/],
    [llama('expert_count', 8), /'llama.expert_count' is 8: a mixture of experts/],
    [llama('attention.head_count_kv', 2), /3 heads cannot share/],
    [llama('attention.key_length', 3), /even head width, not 3/],
    [llama('attention.head_count', 0), /'llama.attention.head_count' is 0, not a positive number/],
    [llama('context_length', Number.NaN, F32), /'llama.context_length' is NaN/],
    [{ key: 'tokenizer.ggml.tokens', type: LIST, value: ['a'] }, /'tokenizer.ggml.tokens' is a list of 1/],
    [{ key: 'llama.block_count', type: LIST, of: U32, value: [2] }, /'llama.block_count' is a list of 1/],
  ] as const)('is refused: %o', async (pair, message) => {
    await expect(read(withPair(pair))).rejects.toThrow(message)
  })

  it('is an Error wherever it was cut off', async () => {
    const bytes = encode(plain)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        const path = await stored(bytes)
        await truncate(path, length)
        const error = await readGguf(path).catch((error: unknown) => error)
        await rm(path)
        expect(error).toBeInstanceOf(Error)
        expect((error as Error).message).toContain(path)
      }),
      { numRuns: 300 },
    )
  })

  it('is an Error or a model, whatever became of its header', async () => {
    const bytes = encode(plain)
    const header = bytes.length - tensors.reduce((sum, { data }) => sum + padded(data, 32).length, 0)
    const change = fc.record({ at: fc.integer({ min: 4, max: header - 1 }), byte: fc.integer({ min: 0, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = Buffer.from(bytes)
        for (const { at, byte } of changes) changed[at] = byte
        const path = await stored(changed)
        const outcome = await readGguf(path).catch((error: unknown) => error)
        await rm(path)
        if (!(outcome instanceof Error)) expect(outcome).toHaveProperty('config.layers')
        else expect(outcome.message).toContain(path)
      }),
      { numRuns: 300 },
    )
  })

  it('is none where there is a folder or nothing', async () => {
    await expect(readGguf(folder)).rejects.toThrow('it is no file')
    await expect(readGguf(join(folder, 'none.gguf'))).rejects.toThrow('none.gguf')
  })
})
