import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Datum, random } from '../core/index.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { createEngine, type EmbeddedEngine, type EngineOptions, LINEAR, mismatch, openEngine } from './index.ts'
import { isQuantised, quantise } from './int8.ts'
import { initialise, type Parameter } from './llama.ts'

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
})
