/** Files that mean harm, or were damaged: each is refused by name, and whoever was playing plays on. */
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type EmbeddedEngine, LINEAR, openEngine } from './index.ts'
import type { Parameter, Parameters } from './llama.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

const config = {
  ...{ vocabulary: 11, width: 12, layers: 2, heads: 6, kvHeads: 2, headWidth: 2, hidden: 10 },
  ...{ context: 16, ropeTheta: 500, normEpsilon: 1e-5, tied: true },
}
const tokens = [1, 2, 3, 4, 5, 6, 7]
const datum = { tokens, weights: tokens.map((_, i) => (i === 0 ? 0 : 1)) }
const lora = { rank: 2, alpha: 4, targets: LINEAR }

let folder: string
/** Checkpoints to spoil copies of, each with the engine that wrote it still open. */
let whole: Opened
let adapter: Opened
interface Opened {
  readonly engine: EmbeddedEngine
  readonly path: string
}
const inside = (name: string): string => join(folder, name)

async function trained(engine: EmbeddedEngine, path: string): Promise<Opened> {
  await engine.backward([datum])
  await engine.step({ lr: 0.01 })
  await engine.save(path)
  return { engine, path }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ludus-hostile-'))
  whole = await trained(createEngine(config, { seed: 3, threads: 1 }), inside('whole'))
  adapter = await trained(await openEngine(whole.path, { threads: 1, lora }), inside('adapter'))
})
afterAll(async () => {
  for (const { engine } of [whole, adapter]) await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

type Spoil = (path: string) => Promise<unknown>

const text =
  (file: string, change: (text: string) => string): Spoil =>
  async (path) =>
    writeFile(join(path, file), change(await readFile(join(path, file), 'utf8')))
const fields = (file: string, more: object): Spoil =>
  text(file, (text) => JSON.stringify({ ...JSON.parse(text), ...more }))
const tensors =
  (file: string, change: (all: Parameters) => unknown): Spoil =>
  async (path) => {
    const all = await readSafetensors(join(path, file))
    change(all)
    await writeSafetensors(join(path, file), all)
  }
/** The JSON in front of the tensors, the data as it was. */
const header =
  (file: string, change: (header: Record<string, Entry>) => object): Spoil =>
  async (path) => {
    const bytes = await readFile(join(path, file))
    const end = 8 + Number(bytes.readBigUInt64LE())
    const json = Buffer.from(JSON.stringify(change(JSON.parse(bytes.toString('utf8', 8, end)))))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(json.length))
    await writeFile(join(path, file), Buffer.concat([length, json, bytes.subarray(end)]))
  }
interface Entry {
  readonly dtype: string
  readonly shape: number[]
  readonly data_offsets: [number, number]
}
const entry = (name: string, change: (entry: Entry) => object): Spoil =>
  header(WEIGHTS, (all) => ({ ...all, [name]: change(all[name]!) }))
const put = (file: string, name: string, value: number): Spoil =>
  tensors(file, (all) => {
    all.get(name)!.data[3] = value
  })
const one = (...dims: number[]): Parameter => ({ dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) })

const [WEIGHTS, OPTIMISER, LOW] = ['model.safetensors', 'optimizer.safetensors', 'adapter_model.safetensors']
const up = 'model.layers.1.mlp.up_proj.weight'
const lowB = 'base_model.model.model.layers.1.mlp.up_proj.lora_B.weight'
const { NaN: NONE, POSITIVE_INFINITY: ENDLESS } = Number

const HARM: readonly (readonly [what: string, of: 'whole' | 'adapter', spoil: Spoil, sentence: string])[] = [
  ['no number among the weights', 'whole', put(WEIGHTS, up, NONE), `'${up}' holds NaN at place 3`],
  ['an infinity among the weights', 'whole', put(WEIGHTS, up, ENDLESS), `'${up}' holds Infinity at place 3`],
  ['no number among the moments', 'whole', put(OPTIMISER, `first.${up}`, NONE), `'first.${up}' holds NaN`],
  ['a square below zero', 'whole', put(OPTIMISER, `second.${up}`, -1), `'second.${up}' holds a number below 0`],
  ['half a step', 'whole', tensors(OPTIMISER, (all) => all.get('steps')!.data.fill(0.5)), "'steps' is 0.5"],
  ['steps before the first', 'whole', tensors(OPTIMISER, (all) => all.get('steps')!.data.fill(-1)), "'steps' is -1"],
  ['a moment of nothing', 'whole', tensors(OPTIMISER, (all) => all.set('third', one(1))), "'third' is none of the"],
  ['bytes beyond the file', 'whole', entry(up, (e) => ({ ...e, data_offsets: [0, 2 ** 50] })), `'${up}' ends at byte`],
  ['bytes of another', 'whole', entry(up, (e) => ({ ...e, data_offsets: [0, 480] })), `and '${up}' overlap`],
  ['another type', 'whole', entry(up, (e) => ({ ...e, dtype: 'I32' })), `'${up}' is of type "I32"`],
  ['half the width', 'whole', entry(up, (e) => ({ ...e, dtype: 'F16' })), `'${up}' has 480 bytes, and 240 would be`],
  [
    'a shape turned round',
    'whole',
    entry(up, (e) => ({ ...e, shape: [12, 10] })),
    `'${up}' has shape [12,10], not [10,12]`,
  ],
  [
    'a shape beyond counting',
    'whole',
    entry(up, (e) => ({ ...e, shape: [2 ** 53, 2 ** 53] })),
    `'${up}' has shape [900719`,
  ],
  ['a prototype for a tensor', 'whole', first('__proto__'), "'__proto__' is of type undefined"],
  [
    'a million tokens',
    'whole',
    fields('config.json', { vocab_size: 1_000_000 }),
    "'model.embed_tokens.weight' has shape [11,12]",
  ],
  [
    'more tokens than a million',
    'whole',
    fields('config.json', { vocab_size: 2 ** 40 }),
    "'vocab_size' is 1099511627776",
  ],
  [
    'a context beyond memory',
    'whole',
    fields('config.json', { max_position_embeddings: 2 ** 26 }),
    "'max_position_embeddings' is 67108864",
  ],
  [
    'a shape from its prototype',
    'whole',
    text('config.json', (text) => `{"__proto__": ${text}}`),
    'the model type is undefined',
  ],
  [
    'angles without end',
    'whole',
    fields('config.json', { rope_scaling: { type: 'linear', factor: 1e-300 } }),
    'positions of base 500 come to',
  ],
  ['a norm that drowns', 'whole', fields('config.json', { rms_norm_eps: 1e30 }), "'rms_norm_eps' is 1e+30, above 1"],
  ['no number among the adapters', 'adapter', put(LOW, lowB, NONE), `lora_B.weight' holds NaN`],
  [
    'a rank beyond memory',
    'adapter',
    fields('adapter_config.json', { r: 1e9 }),
    "lora_A.weight' has shape [2,12], not [1000000000,12]",
  ],
  ['a missing adapter', 'adapter', tensors(LOW, (all) => all.delete(lowB)), "up_proj.lora_B.weight' has shape [none]"],
  [
    'an adapter too many',
    'adapter',
    tensors(LOW, (all) => all.set('base_model.model.lm_head.weight', one(11, 12))),
    "'lm_head.weight' is none of",
  ],
  [
    'an adapter under two names',
    'adapter',
    tensors(LOW, (all) => all.set(lowB.slice(17), one(10, 2))),
    "up_proj.lora_B.weight' is no adapter's",
  ],
  [
    'an endless scale',
    'adapter',
    fields('adapter_config.json', { lora_alpha: 1e300 }),
    'alpha is a positive number that 32 bits can hold',
  ],
]

/** One more tensor in the header, without any fields. */
function first(name: string): Spoil {
  return header(WEIGHTS, (all) => JSON.parse(JSON.stringify(all).replace('{', `{"${name}": {},`)))
}

const digest = async (path: string, ending = ''): Promise<string> => {
  const hash = createHash('sha256')
  const names = (await readdir(path)).filter((name) => name.endsWith(ending))
  for (const name of names.sort()) hash.update(name).update(await readFile(join(path, name)))
  return hash.digest('hex')
}

describe('a file that means harm', () => {
  it.each(HARM)('is refused for %s: %s', async (_, of, spoil, sentence) => {
    const { engine, path } = of === 'whole' ? whole : adapter
    const [before, bytes] = [await engine.logprobs([tokens]), await digest(path)]
    const bad = inside('bad')
    await rm(bad, { recursive: true, force: true })
    await cp(path, bad, { recursive: true })
    await spoil(bad)
    await expect(openEngine(bad, { threads: 1 })).rejects.toThrow(sentence)
    // An engine that is open has its shape already: where config.json alone is spoiled, these are the same weights.
    const spoilt = (await digest(bad, '.safetensors')) !== (await digest(path, '.safetensors'))
    if (spoilt) await expect(engine.load(bad)).rejects.toThrow(sentence)
    expect(await engine.logprobs([tokens])).toEqual(before)
    expect(engine.version).toBe(1)
    expect(await digest(path)).toBe(bytes)
    await engine.save(inside('again'))
    expect(await digest(inside('again'))).toBe(bytes)
    expect({} as object).not.toHaveProperty('shape')
  })

  it('is not taken for the base that adapters stand beside', async () => {
    const { engine, path } = adapter
    const [before, bytes, bad] = [await engine.logprobs([tokens]), await digest(path), inside('bad-base')]
    await cp(whole.path, bad, { recursive: true })
    await put(WEIGHTS, up, NONE)(bad)
    await expect(engine.load(bad)).rejects.toThrow(`'${up}' holds NaN`)
    expect(await engine.logprobs([tokens])).toEqual(before)
    await engine.save(inside('again'))
    expect(await digest(inside('again'))).toBe(bytes)
    await fields('adapter_config.json', { base_model_name_or_path: bad })(inside('again'))
    await expect(openEngine(inside('again'), { threads: 1 })).rejects.toThrow(`${bad}: '${up}' holds NaN`)
  })

  it('never takes the place of a good one: weights that are no numbers are not saved', async () => {
    const engine = createEngine(config, { seed: 4, threads: 1 })
    const { path } = await trained(engine, inside('good'))
    const bytes = await digest(path)
    await engine.backward([datum])
    await engine.step({ lr: ENDLESS })
    await expect(engine.save(path)).rejects.toThrow(/good: 'model\..*' holds (NaN|-?Infinity) at place/)
    expect(await digest(path)).toBe(bytes)
    await engine.load(path)
    await engine.save(path)
    expect(await digest(path)).toBe(bytes)
    await engine[Symbol.asyncDispose]()
  })
})
