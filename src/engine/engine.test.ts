import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { random, type Sample } from '../core/index.ts'
import { createEngine, type EmbeddedEngine, openEngine } from './index.ts'

/** Grouped queries, two layers, odd sizes: what could be mixed up is different everywhere. */
const config = {
  vocabulary: 23,
  width: 24,
  layers: 2,
  heads: 6,
  kvHeads: 2,
  headWidth: 4,
  hidden: 40,
  context: 96,
  ropeTheta: 1000,
  normEpsilon: 1e-5,
  tied: true,
}
const engines: EmbeddedEngine[] = []
const open = (seed = 1): EmbeddedEngine => {
  const engine = createEngine(config, { seed, threads: 1 })
  engines.push(engine)
  return engine
}
const sequence = (length: number, seed: number): number[] => {
  const rng = random(seed)
  return Array.from({ length }, () => rng.int(config.vocabulary))
}
const weighted = (length: number, seed: number): { tokens: number[]; weights: number[] } => {
  const rng = random(seed).split('weights')
  return {
    tokens: sequence(length, seed),
    weights: Array.from({ length }, (_, i) => (i === 0 || rng.next() < 0.3 ? 0 : rng.normal())),
  }
}
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ludus-engine-'))
})
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

describe('the engine', () => {
  it('samples with the log-probabilities that it scores with, however ragged the batch', async () => {
    const engine = open()
    const prompts = [3, 17, 1, 40, 17, 8].map((length, i) => sequence(length, i))
    const ask = (prompt: number[], i: number) =>
      engine.sample(prompt, { n: 3, maxTokens: 1 + 9 * i, stop: [5], seed: i })
    const groups = await Promise.all(prompts.map(ask))
    let seen = 0
    for (const [i, samples] of groups.entries()) {
      expect(samples).toHaveLength(3)
      const scored = await engine.logprobs(samples.map(({ tokens }) => [...prompts[i]!, ...tokens]))
      for (const [k, { tokens, logprobs, finish }] of samples.entries()) {
        expect(finish).toBe(tokens.at(-1) === 5 ? 'stop' : 'length')
        expect(tokens.slice(0, -1)).not.toContain(5)
        expect(tokens.length).toBeLessThanOrEqual(1 + 9 * i)
        logprobs.forEach((logprob, t) =>
          expect(Math.abs(logprob - scored[k]![prompts[i]!.length + t]!)).toBeLessThan(1e-4),
        )
        seen += logprobs.length
      }
    }
    expect(seen).toBeGreaterThan(100)
  })

  it('draws from the distribution it scores, at any temperature', async () => {
    const engine = open()
    const prompt = [1, 2, 3]
    const exact = await engine.logprobs(Array.from({ length: config.vocabulary }, (_, token) => [...prompt, token]))
    const n = 4000
    for (const temperature of [1, 0.5]) {
      const scaled = exact.map((logprobs) => Math.exp(logprobs[3]! / temperature))
      const total = scaled.reduce((a, b) => a + b)
      const samples = await engine.sample(prompt, { n, temperature, maxTokens: 1, stop: [], seed: 9 })
      for (let token = 0; token < config.vocabulary; token++) {
        const p = scaled[token]! / total
        const drawn = samples.filter(({ tokens }) => tokens[0] === token)
        expect(Math.abs(drawn.length / n - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n) + 1e-9)
        for (const { logprobs } of drawn) expect(logprobs[0]).toBeCloseTo(Math.log(p), 4)
      }
    }
    const [greedy] = await engine.sample(prompt, { temperature: 0, maxTokens: 1, stop: [], seed: 0 })
    const best = Math.max(...exact.map((logprobs) => logprobs[3]!))
    expect(exact[greedy!.tokens[0]!]![3]).toBe(best)
    expect(greedy!.logprobs[0]).toBeCloseTo(best, 5)
  })

  it('draws the same for the same seed, whoever else is in the batch', async () => {
    const engine = open()
    const ask = (seed: number): Promise<Sample[]> => engine.sample(sequence(12, 4), { maxTokens: 20, stop: [], seed })
    const alone = await ask(7)
    const crowd = await Promise.all([
      ask(1),
      ask(7),
      engine.sample(sequence(50, 1), { maxTokens: 3, stop: [], seed: 2 }),
      ask(3),
    ])
    expect(crowd[1]![0]!.tokens).toEqual(alone[0]!.tokens)
    expect(crowd[0]![0]!.tokens).not.toEqual(alone[0]!.tokens)
  })

  it('accumulates gradients over calls, and spends them at a step', async () => {
    const data = [weighted(9, 4), weighted(6, 5)]
    const [once, twice] = [open(5), open(5)]
    await once.backward(data)
    await twice.backward([data[0]!])
    await twice.backward([data[1]!])
    const [a, b] = [await once.step({ lr: 0.01 }), await twice.step({ lr: 0.01 })]
    expect(a.gradNorm).toBeCloseTo(b.gradNorm, 5)
    const probe = sequence(20, 6)
    const [x, y] = [await once.logprobs([probe]), await twice.logprobs([probe])]
    x[0]!.forEach((value, t) => expect(value).toBeCloseTo(y[0]![t]!, 4))
    expect((await once.step({ lr: 0.01 })).gradNorm).toBe(0)
  })

  it('learns: a sequence by heart, in a few updates', async () => {
    const engine = open(6)
    const tokens = sequence(30, 7)
    const weights = tokens.map((_, i) => (i === 0 ? 0 : 1 / 29))
    const losses: number[] = []
    for (let i = 0; i < 60; i++) {
      losses.push((await engine.backward([{ tokens, weights }])).loss)
      await engine.step({ lr: 0.01 })
    }
    expect(losses[0]).toBeGreaterThan(2.5)
    expect(losses.at(-1)).toBeLessThan(0.1)
    const [said] = await engine.sample(tokens.slice(0, 5), { temperature: 0, maxTokens: 25, stop: [], seed: 0 })
    expect(said?.tokens).toEqual(tokens.slice(5))
    expect(engine.version).toBe(60)
  })

  it('gives no gradient to context: what weighs nothing changes nothing', async () => {
    const [a, b] = [open(8), open(8)]
    const tokens = sequence(12, 9)
    await a.backward([{ tokens, weights: tokens.map((_, i) => (i === 4 ? 1 : 0)) }])
    await b.backward([{ tokens: tokens.slice(0, 5), weights: [0, 0, 0, 0, 1] }])
    expect((await a.step({ lr: 0.1 })).gradNorm).toBeCloseTo((await b.step({ lr: 0.1 })).gradNorm, 6)
    expect((await a.backward([{ tokens, weights: tokens.map(() => 0) }])).loss).toBe(0)
    expect((await a.step({ lr: 0 })).gradNorm).toBe(0)
  })

  it('answers other calls, and lets the event loop run, while it computes', async () => {
    const engine = open()
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await engine.backward(Array.from({ length: 400 }, (_, i) => weighted(90, i)))
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(10)
  })

  it('says what it cannot do, and goes on', async () => {
    const engine = open()
    const sampling = { maxTokens: 8, stop: [], seed: 0 }
    await expect(engine.sample(sequence(90, 1), sampling)).rejects.toThrow(
      "90 tokens and 8 to sample exceed the model's context of 96",
    )
    await expect(engine.sample([], sampling)).rejects.toThrow('empty prompt')
    await expect(engine.sample([99], sampling)).rejects.toThrow("99 is no token of the model's: they run from 0 to 22")
    expect(() => engine.logprobs([[1, -1]])).toThrow('-1 is no token')
    expect(() => engine.backward([{ tokens: [1, 2], weights: [1, 0] }])).toThrow('first token')
    expect(() => engine.backward([{ tokens: [1, 2], weights: [0] }])).toThrow('2 tokens with 1 weights')
    expect(await engine.sample([1], sampling)).toHaveLength(1)
    expect(() => createEngine({ ...config, heads: 5 })).toThrow('cannot share')
    expect(() => createEngine({ ...config, headWidth: 3 })).toThrow('even head width')
    const growing = createEngine({ ...config, ropeScaling: { kind: 'dynamic', factor: 4 } }, { threads: 1 })
    engines.push(growing)
    expect(() => growing.logprobs([sequence(97, 1)])).toThrow(
      'context of 96; dynamic scaling would turn positions anew',
    )
    expect(() => createEngine({ ...config, ropeScaling: { kind: 'factors', factors: [1] } })).toThrow('do not fit')
    const closed = createEngine(config, { threads: 1 })
    const asked = closed.logprobs([[1, 2]])
    await closed[Symbol.asyncDispose]()
    await expect(asked).rejects.toThrow('closed')
    await expect(closed.logprobs([[1, 2]])).rejects.toThrow('closed')
  })
})

describe('a checkpoint', () => {
  const train = async (engine: EmbeddedEngine, from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      await engine.backward([weighted(20, i)])
      await engine.step({ lr: 0.01, weightDecay: 0.1 })
    }
  }

  it('continues exactly where it was saved, optimiser included', async () => {
    const straight = open(10)
    await train(straight, 0, 6)
    const first = open(10)
    await train(first, 0, 3)
    const path = join(folder, 'half')
    await first.save(path)
    const second = await openEngine(path, { threads: 1 })
    engines.push(second)
    expect(second.version).toBe(3)
    await train(second, 3, 6)
    const probe = sequence(40, 11)
    expect(await second.logprobs([probe])).toEqual(await straight.logprobs([probe]))
  })

  it('replaces an earlier one whole, with the files that belong to it', async () => {
    const path = join(folder, 'twice')
    const engine = createEngine(config, { threads: 1, companions: { 'words.json': '["a"]' } })
    engines.push(engine)
    await engine.save(path)
    await train(engine, 0, 1)
    await engine.save(path)
    expect(await readFile(join(path, 'words.json'), 'utf8')).toBe('["a"]')
    expect(existsSync(`${path}.new`) || existsSync(`${path}.old`)).toBe(false)
    expect(
      (await openEngine(path, { threads: 1 }).then(async (e) => [e.version, await e[Symbol.asyncDispose]()]))[0],
    ).toBe(1)
  })

  it('says what is wrong with a folder that is none, and keeps the weights it had', async () => {
    await expect(openEngine(join(folder, 'nowhere'))).rejects.toThrow('no checkpoint at')
    const path = join(folder, 'damaged')
    const engine = open(12)
    await engine.save(path)
    const probe = await engine.logprobs([sequence(9, 1)])
    await truncate(join(path, 'model.safetensors'), 5000)
    await expect(engine.load(path)).rejects.toThrow('is cut off')
    await writeFile(join(path, 'model.safetensors'), 'no tensors at all, but long enough')
    await expect(engine.load(path)).rejects.toThrow('no safetensors file')
    const other = createEngine({ ...config, width: 12 }, { threads: 1 })
    engines.push(other)
    await other.save(join(folder, 'other'))
    await expect(engine.load(join(folder, 'other'))).rejects.toThrow(
      "'model.embed_tokens.weight' has shape [23,12], not [23,24]",
    )
    expect(await engine.logprobs([sequence(9, 1)])).toEqual(probe)
    await cp(path, join(folder, 'config'), { recursive: true })
    await writeFile(join(folder, 'config', 'config.json'), '{"model_type": "gpt2"}')
    await expect(openEngine(join(folder, 'config'))).rejects.toThrow('"gpt2", not "llama"')
    await writeFile(join(folder, 'config', 'config.json'), '{"model_type": "llama", "vocab_size": "many"}')
    await expect(openEngine(join(folder, 'config'))).rejects.toThrow(
      `'vocab_size' is "many", not a whole number from 1 to 1000000`,
    )
  })
})
