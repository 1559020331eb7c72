import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from './checkpoint.ts'
import { toHuggingFace } from './hugging-face-config.ts'
import { createEngine, type EmbeddedEngine, openEngine } from './index.ts'
import { EMBEDDING, HEAD, type LlamaConfig, type Parameter, type Parameters } from './llama.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

const config: LlamaConfig = {
  ...{ vocabulary: 11, width: 12, layers: 2, heads: 6, kvHeads: 2, headWidth: 2, hidden: 10 },
  ...{ context: 16, ropeTheta: 500, normEpsilon: 1e-5, tied: false },
}
const probe = [[1, 2, 3, 4, 5, 6, 7]]
const engines: EmbeddedEngine[] = []
const keep = (engine: EmbeddedEngine): EmbeddedEngine => {
  engines.push(engine)
  return engine
}
const score = async (path: string): Promise<number[][]> => {
  await using engine = await openEngine(path, { threads: 1 })
  return await engine.logprobs(probe)
}
const tensor = (...dims: number[]): Parameter => ({
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.5),
})

let folder: string
let engine: EmbeddedEngine
let expected: number[][]
let weights: Parameters

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ludus-checkpoint-'))
  engine = keep(createEngine(config, { seed: 3, threads: 1 }))
  expected = await engine.logprobs(probe)
  await engine.save(join(folder, 'whole'))
  weights = await readSafetensors(join(folder, 'whole', 'model.safetensors'))
})
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

interface Change {
  readonly fields?: object
  /** Tensors instead of, or besides, the model's; undefined leaves one out. */
  readonly tensors?: Readonly<Record<string, Parameter | undefined>>
  readonly index?: object
}

let made = 0
/** The weights in two shards behind an index, with config.json beside them. */
async function sharded({ fields = {}, tensors = {}, index = {} }: Change = {}): Promise<string> {
  const path = join(folder, `sharded-${made++}`)
  await mkdir(path)
  await writeFile(join(path, 'config.json'), JSON.stringify({ ...toHuggingFace(config), ...fields }))
  const all = Object.entries({ ...Object.fromEntries(weights), ...tensors })
  const given = all.flatMap(([name, some]) => (some ? [[name, some] as const] : []))
  const shards = { 'a.safetensors': given.slice(0, 8), 'b.safetensors': given.slice(8) }
  for (const [file, part] of Object.entries(shards)) await writeSafetensors(join(path, file), new Map(part))
  const map = Object.entries(shards).flatMap(([file, part]) => part.map(([name]) => [name, file]))
  const json = { weight_map: { ...Object.fromEntries(map), ...index } }
  await writeFile(join(path, 'model.safetensors.index.json'), JSON.stringify(json))
  return path
}

describe('a checkpoint', () => {
  it('keeps a head of its own, which learns', async () => {
    const path = join(folder, 'untied')
    const learner = await openEngine(join(folder, 'whole'), { threads: 1 })
    keep(learner)
    expect(await learner.logprobs(probe)).toEqual(expected)
    await learner.backward([{ tokens: probe[0]!, weights: probe[0]!.map((_, i) => (i === 0 ? 0 : 1)) }])
    await learner.step({ lr: 0.01 })
    await learner.save(path)
    expect(await score(path)).toEqual(await learner.logprobs(probe))
    expect(JSON.parse(await readFile(join(path, 'config.json'), 'utf8')).tie_word_embeddings).toBe(false)
    const [before, after] = [weights.get(HEAD)!, (await readSafetensors(join(path, 'model.safetensors'))).get(HEAD)!]
    expect(after.data.every((value, i) => value !== before.data[i])).toBe(true)
  })

  it('is read from shards, and without the tables that old releases stored', async () => {
    const tables = { 'model.layers.0.self_attn.rotary_emb.inv_freq': tensor(1) }
    expect(await score(await sharded({ tensors: tables }))).toEqual(expected)
  })

  it('may repeat a tied head, if it is the embedding', async () => {
    const head = weights.get(EMBEDDING)
    const fields = { tie_word_embeddings: true }
    const path = await sharded({ fields, tensors: { [HEAD]: head } })
    expect(await score(path)).toEqual(await score(await sharded({ fields, tensors: { [HEAD]: undefined } })))
    await expect(score(await sharded({ fields }))).rejects.toThrow(`'${HEAD}' differs from it`)
  })

  const norm = 'model.norm.weight'
  it.each<[what: string, change: Change, sentence: string]>([
    ['a missing tensor', { tensors: { [norm]: undefined } }, `'${norm}' is missing; the model needs it in shape [12]`],
    ['a missing head', { tensors: { [HEAD]: undefined } }, `'${HEAD}' is missing`],
    ['another shape', { tensors: { [norm]: tensor(13) } }, `b.safetensors: '${norm}' has shape [13], not [12]`],
    [
      'a stranger',
      { tensors: { 'scores.weight': tensor(2) } },
      "b.safetensors: 'scores.weight' is no weight of a Llama",
    ],
    ['a head that is none', { tensors: { 'score.weight': tensor(2) } }, "'score.weight' has shape [2], not [2,12]"],
    ['a layer too many', { fields: { num_hidden_layers: 1 } }, "'model.layers.1."],
    ['a way out of the folder', { index: { [norm]: '../a.safetensors' } }, `'${norm}' is said to be in "../a.safe`],
    ['a way out by name', { index: { [norm]: '/etc/a.safetensors' } }, 'not a .safetensors file beside it'],
    ['a place that is none', { index: { [norm]: 7 } }, `'${norm}' is said to be in 7`],
    [
      'a missing shard',
      { index: { [norm]: 'c.safetensors' } },
      'c.safetensors is missing: model.safetensors.index.json',
    ],
    ['the wrong shard', { index: { [norm]: 'a.safetensors' } }, `a.safetensors: '${norm}' is not in it`],
  ])('is refused for %s, and the weights stay as they are', async (_, change, sentence) => {
    const path = await sharded(change)
    await expect(openEngine(path)).rejects.toThrow(sentence)
    if (!change.fields) await expect(engine.load(path)).rejects.toThrow(sentence)
    expect(await engine.logprobs(probe)).toEqual(expected)
  })

  it('is refused without weights, with half an index, and with an optimiser of another shape', async () => {
    const path = await sharded()
    const index = join(path, 'model.safetensors.index.json')
    await writeFile(index, '{"weight_map":')
    await expect(score(path)).rejects.toThrow(`${index} is not JSON`)
    await writeFile(index, 'null')
    await expect(score(path)).rejects.toThrow("has no 'weight_map'")
    await rm(index)
    await expect(score(path)).rejects.toThrow('there is neither model.safetensors nor model.safetensors.index.json')
    const other = join(folder, 'optimiser')
    await cp(join(folder, 'whole'), other, { recursive: true })
    const changed = new Map([...weights].map(([name, { dims }]) => [name, tensor(...dims)]))
    await writeSafetensors(join(other, 'model.safetensors'), changed)
    await writeSafetensors(join(other, 'optimizer.safetensors'), new Map([['steps', tensor(2)]]))
    await expect(engine.load(other)).rejects.toThrow("'steps' has shape [2], not [1]")
    expect(await engine.logprobs(probe)).toEqual(expected)
  })

  it('is refused for a tokenizer with ids that the model has not', async () => {
    const sentence = "the tokenizer's largest id is 11, and the model has embeddings from 0 to 10"
    await expect(openEngine(join(folder, 'whole'), { tokens: 12 })).rejects.toThrow(sentence)
    keep(await openEngine(join(folder, 'whole'), { tokens: 11, threads: 1 }))
  })
})

describe('config.json', () => {
  const read = async (fields: object): Promise<LlamaConfig> => {
    const path = join(folder, `config-${made++}`)
    await mkdir(path)
    await writeFile(join(path, 'config.json'), JSON.stringify({ ...toHuggingFace(config), ...fields }))
    return readConfig(path)
  }

  it('is read as it is written', async () => {
    expect(await read({})).toEqual(config)
    expect(await read({ tie_word_embeddings: true })).toEqual({ ...config, tied: true })
  })

  it('may leave out what follows from the rest', async () => {
    const { headWidth, kvHeads, ropeTheta, tied } = await read({
      ...{ head_dim: undefined, num_key_value_heads: undefined, rope_theta: undefined },
      ...{ hidden_act: undefined, tie_word_embeddings: undefined, rope_scaling: null },
    })
    expect({ headWidth, kvHeads, ropeTheta, tied }).toEqual({
      headWidth: 2,
      kvHeads: 6,
      ropeTheta: 10_000,
      tied: false,
    })
  })

  it('has its angles on its own or as transformers 5 writes them', async () => {
    const yarn = { rope_type: 'yarn', rope_theta: 9, factor: 4 }
    const { ropeTheta: theta, ropeScaling } = await read({ rope_theta: undefined, rope_parameters: yarn })
    expect([theta, ropeScaling]).toEqual([
      9,
      { kind: 'yarn', factor: 4, originalContext: 16, fast: 32, slow: 1, magnitude: 0.1 * Math.log(4) + 1 },
    ])
    const rope_parameters = { rope_type: 'default', rope_theta: 777 }
    expect((await read({ rope_theta: undefined, rope_parameters })).ropeTheta).toBe(777)
    expect((await read({ rope_scaling: { type: 'default' } })).ropeTheta).toBe(500)
  })

  it.each<[fields: object, sentence: string]>([
    [{ model_type: 'qwen2' }, "the model type is 'qwen2', not 'llama'"],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, `'rope_scaling.original_max_position_embeddings' is`],
    [{ rope_scaling: { type: 'linear', factor: 0 } }, `'rope_scaling.factor' is 0, not a positive number`],
    [
      { rope_scaling: { rope_type: 'longrope' } },
      `'rope_scaling' is of type "longrope"; default, linear, llama3 and yarn`,
    ],
    [{ rope_parameters: { rope_type: 'yarn', mscale: 1, factor: 2 } }, `'rope_parameters.mscale' is not supported`],
    [{ rope_parameters: { partial_rotary_factor: 0.5 } }, `'partial_rotary_factor' is 0.5`],
    [{ rope_scaling: 'yarn' }, `'rope_scaling' is "yarn", not an object`],
    [{ rope_parameters: { rope_theta: 'big' } }, `'rope_theta' is "big", not a positive number`],
    [{ attention_bias: true }, "'attention_bias' is true; weights with biases are not supported"],
    [{ mlp_bias: true }, "'mlp_bias' is true"],
    [{ hidden_act: 'gelu' }, `'hidden_act' is "gelu"; only 'silu' is supported`],
    [{ quantization_config: { bits: 4 } }, "'quantization_config'"],
    [{ tie_word_embeddings: 'yes' }, `'tie_word_embeddings' is "yes", neither true nor false`],
    [{ vocab_size: 1_000_001 }, "'vocab_size' is 1000001, not a whole number from 1 to 1000000"],
    [{ hidden_size: -12 }, "'hidden_size' is -12, not a whole number"],
    [{ num_hidden_layers: 1.5 }, "'num_hidden_layers' is 1.5"],
    [{ num_hidden_layers: 1e9 }, "'num_hidden_layers' is 1000000000, not a whole number from 1 to 1000"],
    [{ rms_norm_eps: 0 }, "'rms_norm_eps' is 0, not a positive number"],
    [{ head_dim: undefined, num_attention_heads: 5 }, "'hidden_size' 12 cannot be split among 5 heads"],
  ])('is refused with %o', async (fields, sentence) => {
    await expect(read(fields)).rejects.toThrow(sentence)
  })
})
