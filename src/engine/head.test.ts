import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Datum, random } from '../core/index.ts'
import { Decoder } from './decoder.ts'
import { createEngine, type EmbeddedEngine, LINEAR, type LoraConfig, openEngine } from './index.ts'
import { allocate, HEAD, initialise, type LlamaConfig, type Parameters, SCORE, scoreShapes } from './llama.ts'
import { adaptersOf, initialiseAdapters } from './lora.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

const config: LlamaConfig = {
  ...{ vocabulary: 13, width: 12, layers: 2, heads: 4, kvHeads: 2, headWidth: 4, hidden: 20, context: 32 },
  ...{ ropeTheta: 100, normEpsilon: 1e-5, tied: false },
}
const lora: LoraConfig = { rank: 3, alpha: 6, targets: LINEAR }
const rng = random(2)
const sequences = [9, 5, 7].map((length) => Array.from({ length }, () => rng.int(config.vocabulary)))
const everywhere = sequences.flatMap((tokens, b) => tokens.map((_, t) => [b, t] as const))
const folder = await mkdtemp(join(tmpdir(), 'ludus-head-'))
const engines: EmbeddedEngine[] = []
const keep = (engine: EmbeddedEngine): EmbeddedEngine => {
  engines.push(engine)
  return engine
}
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})
const disturb = (parameters: Parameters, scale: number): Parameters => {
  for (const { data } of parameters.values()) for (let i = 0; i < data.length; i++) data[i]! += scale * rng.normal()
  return parameters
}
const scoreOf = (outputs: number, shape = config): Parameters => disturb(allocate(scoreShapes(shape, outputs)), 0.5)

describe('a head', () => {
  it('is the linear map of the normed hidden state, by hand where nothing comes between', async () => {
    const bare = { ...config, layers: 0 }
    const base = disturb(initialise(bare, 1), 0.1)
    const score = scoreOf(2, bare)
    const decoder = new Decoder(bare, new Map([...base, ...score]), { threads: 1, outputs: 2 })
    const { scores } = await decoder.score(sequences, { scores: { places: everywhere } })
    const [embedding, gain, w] = ['model.embed_tokens.weight', 'model.norm.weight'].map((name) => base.get(name)!.data)
    expect(w).toBeUndefined()
    const D = config.width
    const expected = everywhere.flatMap(([b, t]) => {
      const x = embedding!.slice(sequences[b]![t]! * D, (sequences[b]![t]! + 1) * D)
      const root = Math.sqrt(x.reduce((sum, value) => sum + value ** 2, 0) / D + config.normEpsilon)
      return [0, 1].map((k) =>
        x.reduce((sum, value, i) => sum + (value / root) * gain![i]! * score.get(SCORE)!.data[k * D + i]!, 0),
      )
    })
    expect(scores).toHaveLength(2 * everywhere.length)
    scores.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4))
    await decoder.release()
  })

  it('that has the weights of the head for sampling says the logits of the next token', async () => {
    const base = initialise(config, 1)
    const V = config.vocabulary
    const score: Parameters = new Map([[SCORE, base.get(HEAD)!]])
    const decoder = new Decoder(config, new Map([...base, ...score]), { threads: 1, outputs: V })
    const next = everywhere.filter(([b, t]) => t + 1 < sequences[b]!.length)
    const { logprobs, scores } = await decoder.score(sequences, {
      logprobs: { places: next.map(([b, t]) => [b, t + 1]) },
      scores: { places: next },
    })
    next.forEach(([b, t], m) => {
      const logits = [...scores.subarray(m * V, (m + 1) * V)]
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
      expect(logits[sequences[b]![t + 1]!]! - total).toBeCloseTo(logprobs[m]!, 4)
    })
    await decoder.release()
  })

  const settings = [true, false].flatMap((tied) =>
    (['full', 'lora'] as const).flatMap((kind) => (['score', 'both'] as const).map((asked) => ({ tied, kind, asked }))),
  )
  it.each(settings)('has the gradient of its objective: tied $tied, $kind, $asked', async ({ tied, kind, asked }) => {
    const shape = { ...config, tied }
    const adapters = kind === 'lora' ? adaptersOf(shape, lora) : undefined
    const base = initialise(shape, 1)
    const low: Parameters = adapters ? disturb(initialiseAdapters(adapters, 1), 0.2) : new Map()
    const score = scoreOf(2, shape)
    const decoder = new Decoder(shape, new Map([...base, ...low, ...score]), { threads: 1, adapters, outputs: 2 })
    const at = [everywhere[0]!, everywhere[8]!, everywhere[12]!, everywhere.at(-1)!]
    const scores = { places: at, cotangent: at.flatMap(() => [rng.normal(), rng.normal()]) }
    const places = everywhere.filter(([, t]) => t === 2 || t === 4)
    const logprobs = { places, cotangent: places.map(() => rng.normal()) }
    const wanted = asked === 'both' ? { logprobs, scores } : { scores }
    const objective = async (): Promise<number> => {
      const now = await decoder.score(sequences, {
        scores: { places: at },
        ...(asked === 'both' && { logprobs: { places } }),
      })
      const dot = (a: Float32Array, b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
      return dot(now.scores, scores.cotangent) + (asked === 'both' ? dot(now.logprobs, logprobs.cotangent) : 0)
    }
    const { gradients } = await decoder.score(sequences, wanted)
    const learned = new Map([...(adapters ? low : base), ...score])
    if (asked === 'score') learned.delete(HEAD)
    expect([...gradients.keys()].toSorted()).toEqual([...learned.keys()].toSorted())
    for (const [name, { data }] of learned) {
      const gradient = gradients.get(name)!
      const scale = Math.max(...gradient.map(Math.abs))
      expect(scale).toBeGreaterThan(1e-4)
      const i = gradient.findIndex((value) => Math.abs(value) === scale)
      const [was, h] = [data[i]!, 5e-3]
      data[i] = was + h
      const above = await objective()
      data[i] = was - h
      const below = await objective()
      data[i] = was
      expect(Math.abs(gradient[i]! - (above - below) / (2 * h)), name).toBeLessThan(0.02 * scale + 1e-3)
    }
    await decoder.release()
  })
})

/** The loss ½(score − target)² of every token of every sequence, handed in as its slope. */
async function regress(engine: EmbeddedEngine, targets: readonly (readonly number[])[]): Promise<number> {
  const scores = await engine.scores!(sequences)
  let loss = 0
  const data = sequences.map((tokens, s): Datum => {
    const off = tokens.map((_, t) => targets[s]![t]! - scores[s]![t]![0]!)
    loss += off.reduce((sum, value) => sum + value ** 2 / 2, 0)
    return { tokens, weights: tokens.map(() => 0), scoreWeights: off.map((value) => [value]) }
  })
  await engine.backward(data)
  await engine.step({ lr: 0.02 })
  return loss
}
const targets = sequences.map((tokens) => tokens.map((token, t) => (token % 3) - 1 + t / 10))

describe('an engine with a head', () => {
  it.each([undefined, lora])(
    'says nothing at first, learns what it is told, and is saved with it: %o',
    async (with_) => {
      const path = join(folder, `base-${with_ ? 'lora' : 'full'}`)
      await keep(createEngine(config, { seed: 1, threads: 1 })).save(path)
      const plain = keep(await openEngine(path, { threads: 1 }))
      const options = { threads: 1, head: { outputs: 1 }, ...(with_ && { lora: with_ }) }
      const engine = keep(await openEngine(path, options))
      expect(await engine.logprobs(sequences)).toEqual(await plain.logprobs(sequences))
      expect((await engine.scores!([...sequences, []])).flat(2)).toEqual(sequences.flat().map(() => 0))
      const first = await regress(engine, targets)
      for (let i = 0; i < 80; i++) await regress(engine, targets)
      const half = `${path}-half`
      await engine.save(half)
      const resumed = keep(await openEngine(half, { threads: 1 }))
      expect([resumed.version, resumed.id, resumed.parameters]).toEqual([81, engine.id, engine.parameters])
      const losses = [await regress(engine, targets), await regress(resumed, targets)]
      expect(losses[0]).toBeLessThan(first / 20)
      expect(losses[1]).toBe(losses[0])
      expect(await resumed.scores!(sequences)).toEqual(await engine.scores!(sequences))
      const merged = `${path}-merged`
      await engine.saveMerged(merged)
      const [ours, theirs] = [engine, keep(await openEngine(merged, { threads: 1 }))]
      const [a, b] = [await ours.scores!(sequences), await theirs.scores!(sequences)]
      a.flat(2).forEach((value, i) => expect(b.flat(2)[i]).toBeCloseTo(value, 4))
    },
  )

  it('has one loss of both kinds of weights, the sum of each alone', async () => {
    const open = (): EmbeddedEngine => keep(createEngine(config, { seed: 3, threads: 1, head: { outputs: 2 } }))
    const [whole, parts] = [open(), open()]
    const data = sequences.map((tokens): Datum & Required<Pick<Datum, 'scoreWeights'>> => ({
      tokens,
      weights: tokens.map((_, t) => (t === 0 || t > 4 ? 0 : rng.normal())),
      scoreWeights: tokens.map((_, t) => (t % 2 === 0 ? [rng.normal(), 0] : null)),
    }))
    for (let i = 0; i < 2; i++) {
      const [logprobs, scores] = [await whole.logprobs(sequences), await whole.scores!(sequences)]
      const expected = data.map(({ weights, scoreWeights }, s) =>
        weights.map((weight, t) => -weight * logprobs[s]![t]! - (scoreWeights[t]?.[0] ?? 0) * scores[s]![t]![0]!),
      )
      const { loss } = await whole.backward(data)
      expect(loss).toBeCloseTo(
        expected.flat().reduce((a, b) => a + b),
        4,
      )
      for (const { tokens, weights, scoreWeights } of data) {
        await parts.backward([{ tokens, weights }])
        await parts.backward([{ tokens, weights: tokens.map(() => 0), scoreWeights }])
      }
      const norms = [await whole.step({ lr: 0.01 }), await parts.step({ lr: 0.01 })].map(({ gradNorm }) => gradNorm)
      expect(norms[0]).toBeCloseTo(norms[1]!, 3)
    }
  })

  it('saves adapters with it as PEFT does, and a model as transformers does, and reads a classifier of theirs', async () => {
    const path = join(folder, 'classifier')
    const engine = keep(createEngine(config, { seed: 4, threads: 1, head: { outputs: 3 } }))
    await engine.backward([{ tokens: [1, 2], weights: [0, 0], scoreWeights: [null, [1, 0, -1]] }])
    await engine.step({ lr: 0.1 })
    await engine.save(path)
    const fields = JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))
    expect(fields.architectures).toEqual(['LlamaForSequenceClassification'])
    expect(Object.keys(fields.id2label)).toHaveLength(3)
    const expected = await engine.scores!(sequences)
    // transformers keeps no head to sample with.
    const weights = await readSafetensors(join(path, 'model.safetensors'))
    expect(weights.get(SCORE)!.dims).toEqual([3, 12])
    weights.delete(HEAD)
    await writeSafetensors(join(path, 'model.safetensors'), weights)
    await rm(join(path, 'optimizer.safetensors'))
    const theirs = keep(await openEngine(path, { threads: 1, lora }))
    expect(await theirs.scores!(sequences)).toEqual(expected)
    const adapter = join(folder, 'adapter')
    await theirs.save(adapter)
    const saved = JSON.parse(await readFile(join(adapter, 'adapter_config.json'), 'utf8'))
    expect(saved).toMatchObject({ task_type: 'SEQ_CLS', modules_to_save: ['classifier', 'score'] })
    const names = await readSafetensors(join(adapter, 'adapter_model.safetensors'))
    expect(names.get('base_model.model.score.weight')!.dims).toEqual([3, 12])
    await writeFile(
      join(adapter, 'adapter_config.json'),
      JSON.stringify({ ...saved, modules_to_save: ['score', 'lm_head'] }),
    )
    await expect(openEngine(adapter)).rejects.toThrow("'modules_to_save.1'")
  })

  it('takes up weights without a head, and keeps its own', async () => {
    const path = join(folder, 'headless')
    await keep(createEngine(config, { seed: 5, threads: 1 })).save(path)
    const engine = keep(createEngine(config, { seed: 6, threads: 1, head: { outputs: 1 } }))
    await regress(engine, targets)
    await engine.load(path)
    expect(engine.version).toBe(0)
    expect((await engine.scores!(sequences)).flat(2).some((value) => value !== 0)).toBe(true)
  })

  it('says what is wrong', async () => {
    const engine = keep(createEngine(config, { threads: 1, head: { outputs: 2 } }))
    const path = join(folder, 'two')
    await engine.save(path)
    const [tokens, weights] = [
      [1, 2],
      [0, 1],
    ]
    expect(() => engine.backward([{ tokens, weights, scoreWeights: [null] }])).toThrow('2 tokens with weights for')
    expect(() => engine.backward([{ tokens, weights, scoreWeights: [null, [1]] }])).toThrow(
      '1 weights for the 2 scores',
    )
    expect(() => engine.scores!([[99]])).toThrow('99 is no token')
    expect(() => createEngine(config, { head: { outputs: 0.5 } })).toThrow(
      'a positive whole number of outputs, not 0.5',
    )
    const plain = keep(createEngine(config, { threads: 1 }))
    expect(plain.scores).toBeUndefined()
    expect(() => plain.backward([{ tokens, weights, scoreWeights: [null, null] }])).toThrow('the engine has no head')
    await expect(plain.load(path)).rejects.toThrow('a head of 2 outputs; the engine has none')
    await expect(openEngine(path, { head: { outputs: 1 } })).rejects.toThrow('of 2 outputs; one of 1 was asked for')
    await engine.backward([{ tokens, weights, scoreWeights: [null, [Number.NaN, 0]] }])
    await expect(engine.step({ lr: 0.1 })).rejects.toThrow("the gradient's norm is NaN")
  })
})
