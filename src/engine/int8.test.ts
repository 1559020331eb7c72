import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encode, floats, llamaOf, shape } from '../../test/gguf-writer.ts'
import { type Datum, random } from '../core/index.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { createEngine, type EmbeddedEngine, type EngineOptions, LINEAR, mismatch, openEngine } from './index.ts'
import { isQuantised, quantise } from './int8.ts'
import { initialise, type Parameter } from './llama.ts'
import { writeSafetensors } from './safetensors.ts'

/** Rows that come out in blocks of 32 and rows that do not. */
const config = {
  ...{ vocabulary: 31, width: 32, layers: 2, heads: 4, kvHeads: 2, headWidth: 10, hidden: 96, context: 64 },
  ...{ ropeTheta: 1000, normEpsilon: 1e-5, tied: true },
}
const lora = { rank: 3, alpha: 6, targets: LINEAR }
const rng = random(4)
const sequences = [40, 7, 23].map((length) => Array.from({ length }, () => rng.int(config.vocabulary)))
const data: Datum[] = sequences.map((tokens) => ({ tokens, weights: tokens.map((_, t) => (t === 0 ? 0 : 0.1)) }))
const folder = await mkdtemp(join(tmpdir(), 'ludus-int8-'))
const engines: EmbeddedEngine[] = []
const open = async (name: string, options: EngineOptions = {}): Promise<EmbeddedEngine> => {
  const engine = await openEngine(join(folder, name), { threads: 1, ...options })
  engines.push(engine)
  return engine
}
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** What the whole numbers and their scales say. */
function restored(weight: Parameter): Parameter {
  const { data, scales, dims } = quantise(weight)
  return { dims: weight.dims, data: Float32Array.from(data, (whole, i) => whole * scales[Math.floor(i / dims[1])]!) }
}
const weights = initialise(config, 3)
await writeCheckpoint(join(folder, 'whole'), { weights }, { config })
const rounded = new Map([...weights].map(([name, weight]) => [name, isQuantised(name) ? restored(weight) : weight]))
await writeCheckpoint(join(folder, 'rounded'), { weights: rounded }, { config })

describe('weights in 8 bits', () => {
  it('are off by half a step of their block at most', () => {
    let quantised = 0
    for (const [name, { data, dims }] of weights) {
      if (!isQuantised(name)) continue
      const whole = quantise({ data, dims })
      const there = rounded.get(name)!.data
      data.forEach((value, i) => {
        const scale = whole.scales[Math.floor(i / whole.dims[1])]!
        expect(Math.abs(value - there[i]!)).toBeLessThanOrEqual(0.5001 * scale)
      })
      quantised += data.length
    }
    expect(quantised).toBe(2 * (32 * 40 + 2 * 32 * 20 + 40 * 32 + 3 * 32 * 96))
    const { data, scales } = quantise({ dims: [2, 3], data: Float32Array.of(0, 0, 0, -2, 1, 0.4) })
    expect([[...data], scales[0], scales[1]]).toEqual([[0, 0, 0, -127, 64, 25], 0, Math.fround(2 / 127)])
  })

  it('are the model that they say: sampled, scored, and learned beside as the same weights in 32 bits are', async () => {
    const [int8, same] = [await open('whole', { base: 'int8', lora }), await open('rounded', { lora })]
    const close = async (): Promise<void> => {
      const { max, tokens } = await mismatch(int8, same, sequences)
      expect(tokens).toBe(67)
      expect(max).toBeLessThan(2e-5)
    }
    await close()
    const sampling = { n: 4, maxTokens: 20, stop: [], seed: 5 }
    const samples = await int8.sample([1, 2, 3], sampling)
    expect(samples.map(({ tokens }) => tokens)).toEqual(
      (await same.sample([1, 2, 3], sampling)).map(({ tokens }) => tokens),
    )
    const scored = await int8.logprobs(samples.map(({ tokens }) => [1, 2, 3, ...tokens]))
    samples.forEach(({ logprobs }, s) =>
      logprobs.forEach((logprob, t) => expect(scored[s]![t + 3]).toBeCloseTo(logprob, 4)),
    )
    for (let step = 0; step < 4; step++) {
      const [ours, theirs] = [await int8.backward(data), await same.backward(data)]
      expect(ours.loss).toBeCloseTo(theirs.loss, 3)
      const update = { lr: 0.01 }
      const [a, b] = [await int8.step(update), await same.step(update)]
      expect(a.gradNorm / b.gradNorm).toBeCloseTo(1, 3)
      expect(a.gradNorm).toBeGreaterThan(0.01)
    }
    const { max } = await mismatch(int8, same, sequences)
    expect(max).toBeLessThan(1e-2)
    await int8.save(join(folder, 'adapter'))
    const again = await open('adapter', { base: 'int8' })
    expect(await again.logprobs(sequences)).toEqual(await int8.logprobs(sequences))
  })

  it('are a little off the weights they were made from, and it is said how much', async () => {
    const [int8, whole] = [await open('whole', { base: 'int8' }), await open('whole')]
    const [ours, theirs] = [await int8.logprobs(sequences), await whole.logprobs(sequences)]
    const deltas = ours.flatMap((row, s) => row.flatMap((logprob, t) => (t === 0 ? [] : [logprob - theirs[s]![t]!])))
    const found = await mismatch(int8, whole, sequences)
    expect(found.max).toBe(Math.max(...deltas.map(Math.abs)))
    expect(found.mean).toBeCloseTo(deltas.reduce((sum, delta) => sum + Math.abs(delta), 0) / 67, 9)
    expect(found.kl).toBeCloseTo(deltas.reduce((sum, delta) => sum + Math.exp(delta) - 1 - delta, 0) / 67, 9)
    expect(found.max).toBeGreaterThan(1e-4)
    expect(found.max).toBeLessThan(0.1)
    expect(await mismatch(whole, whole, sequences)).toEqual({ tokens: 67, mean: 0, max: 0, kl: 0 })
    await expect(mismatch(int8, whole, [[1]])).rejects.toThrow('no token to compare')
  })

  it('neither learn nor are saved', async () => {
    const engine = createEngine(config, { base: 'int8', threads: 1 })
    engines.push(engine)
    expect(await engine.logprobs([[1, 2]])).toHaveLength(1)
    await expect(engine.backward(data)).rejects.toThrow('held in 8 bits do not learn: open the engine with adapters')
    await expect(engine.save(join(folder, 'lost'))).rejects.toThrow('lost for good')
    const adapted = await open('whole', { base: 'int8', lora })
    await expect(adapted.saveMerged(join(folder, 'lost'))).rejects.toThrow('lost for good')
  })

  it('are shared by siblings, and say and learn what an engine of its own would', async () => {
    const head = { outputs: 1 }
    const policy = await open('whole', { base: 'int8', lora, seed: 5 })
    const critic = await policy.sibling({ lora, head })
    const reference = await policy.sibling()
    engines.push(critic, reference)
    const alone = await open('whole', { base: 'int8', lora, head, seed: 5 })
    const before = await alone.logprobs(sequences)
    expect(await reference.logprobs(sequences)).toEqual(before)
    expect(reference.id).toBe((await open('whole', { base: 'int8' })).id)
    const valued = sequences.map((tokens): Datum => {
      return { tokens, weights: tokens.map(() => 0), scoreWeights: tokens.map((_, t) => [t % 2 === 0 ? 1 : -1]) }
    })
    for (const engine of [critic, alone]) {
      for (let step = 0; step < 3; step++) {
        await engine.backward([...valued, ...data])
        await engine.step({ lr: 0.02 })
      }
    }
    expect(await critic.scores!(sequences)).toEqual(await alone.scores!(sequences))
    expect(await critic.logprobs(sequences)).toEqual(await alone.logprobs(sequences))
    expect(await critic.logprobs(sequences)).not.toEqual(before)
    expect([critic.parameters, reference.parameters]).toEqual([alone.parameters, 0])
    await critic.save(join(folder, 'critic'))
    expect(await (await open('critic', { base: 'int8' })).scores!(sequences)).toEqual(await critic.scores!(sequences))
    await expect(reference.backward(data)).rejects.toThrow('none of its own to learn')
    await expect(reference.save(join(folder, 'lost'))).rejects.toThrow('lost for good')
    await expect(policy.load(join(folder, 'whole'))).rejects.toThrow('holds no adapters, and the engine shares')
    for (const engine of [policy, reference]) expect(await engine.logprobs(sequences)).toEqual(before)
  })

  it('are frozen without adapters too: shared, and taken from a checkpoint that had learned', async () => {
    const learner = await open('whole')
    await learner.backward(data)
    await learner.step({ lr: 1e-4 })
    await learner.save(join(folder, 'learned'))
    const int8 = await open('learned', { base: 'int8' })
    expect([int8.version, int8.parameters]).toEqual([1, 0])
    const sibling = await int8.sibling({ lora })
    engines.push(sibling)
    expect(await sibling.logprobs(sequences)).toEqual(await int8.logprobs(sequences))
    await sibling.backward(data)
    expect((await sibling.step({ lr: 0.01 })).gradNorm).toBeGreaterThan(0.01)
  })

  it('are not made of what is no number, nor of another shape', async () => {
    const up = 'model.layers.1.mlp.up_proj.weight'
    const bad = new Map(weights).set(up, { dims: [96, 32], data: new Float32Array(96 * 32).fill(Number.NaN, 7) })
    await writeSafetensors(join(folder, 'rounded', 'model.safetensors'), bad)
    const int8 = await open('whole', { base: 'int8' })
    const before = await int8.logprobs(sequences)
    await expect(int8.load(join(folder, 'rounded'))).rejects.toThrow(`'${up}' holds NaN at place 7`)
    expect(await int8.logprobs(sequences)).toEqual(before)

    const { pairs, tensors } = llamaOf(shape)
    const endless = tensors.map((tensor) =>
      tensor.name === 'blk.1.ffn_up.weight'
        ? { ...tensor, data: floats(new Float32Array(120).fill(Number.POSITIVE_INFINITY, 5)) }
        : tensor,
    )
    await writeFile(join(folder, 'good.gguf'), encode({ pairs, tensors }))
    await writeFile(join(folder, 'bad.gguf'), encode({ pairs, tensors: endless }))
    await writeFile(join(folder, 'wide.gguf'), encode(llamaOf({ ...shape, hidden: 14 })))
    await expect(open('bad.gguf', { base: 'int8' })).rejects.toThrow("'blk.1.ffn_up.weight' holds Infinity at place 5")
    const small = await open('good.gguf', { base: 'int8' })
    const said = await small.logprobs([[1, 2, 3]])
    for (const [name, sentence] of Object.entries({ 'bad.gguf': 'Infinity', 'wide.gguf': 'has shape [14,12], not' }))
      await expect(small.load(join(folder, name))).rejects.toThrow(sentence)
    expect(await small.logprobs([[1, 2, 3]])).toEqual(said)
  })
})
