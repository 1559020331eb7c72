import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Datum, random } from '../core/index.ts'
import { Decoder } from './decoder.ts'
import { createEngine, type EmbeddedEngine, LINEAR, type LoraConfig, openEngine } from './index.ts'
import { initialise } from './llama.ts'
import { adaptersOf, initialiseAdapters, merged } from './lora.ts'
import { readSafetensors } from './safetensors.ts'

const config = {
  ...{ vocabulary: 13, width: 12, layers: 2, heads: 4, kvHeads: 2, headWidth: 4, hidden: 20, context: 32 },
  ...{ ropeTheta: 100, normEpsilon: 1e-5, tied: true },
}
const lora: LoraConfig = { rank: 3, alpha: 6, targets: LINEAR }
const rng = random(2)
const sequences = [9, 5, 7].map((length) => Array.from({ length }, () => rng.int(config.vocabulary)))
const data = (): Datum[] =>
  sequences.map((tokens) => ({ tokens, weights: tokens.map((_, t) => (t === 0 ? 0 : 0.1 + (t % 3))) }))
const folder = await mkdtemp(join(tmpdir(), 'ludus-lora-'))
const engines: EmbeddedEngine[] = []
const keep = (engine: EmbeddedEngine): EmbeddedEngine => {
  engines.push(engine)
  return engine
}
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})
async function base(): Promise<string> {
  const path = join(folder, 'base')
  const engine = keep(createEngine(config, { seed: 1, threads: 1 }))
  await engine.save(path)
  return path
}
async function train(engine: EmbeddedEngine, steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await engine.backward(data())
    await engine.step({ lr: 0.02 })
  }
}

describe('adapters', () => {
  it('have the gradient of the objective, and are all that has one', async () => {
    const adapters = adaptersOf(config, lora)
    const weights = initialise(config, 1)
    const low = initialiseAdapters(adapters, 1)
    // B begins at nothing, where A's gradient is nothing too.
    for (const { data } of low.values()) for (let i = 0; i < data.length; i++) data[i] = 0.3 * rng.normal()
    const decoder = new Decoder(config, new Map([...weights, ...low]), { threads: 1, adapters })
    const places = sequences.flatMap((tokens, b) => tokens.slice(1).map((_, t) => [b, t + 1] as const))
    const cotangent = places.map(() => rng.normal())
    const objective = async (): Promise<number> => {
      const { logprobs } = await decoder.score(sequences, { logprobs: { places } })
      return logprobs.reduce((sum, logprob, m) => sum + logprob * cotangent[m]!, 0)
    }
    const { gradients } = await decoder.score(sequences, { logprobs: { places, cotangent } })
    expect([...gradients.keys()].toSorted()).toEqual([...low.keys()].toSorted())
    expect(gradients.size).toBe(2 * 7 * config.layers)
    for (const [name, { data }] of low) {
      const gradient = gradients.get(name)!
      const scale = Math.max(...gradient.map(Math.abs))
      expect(scale).toBeGreaterThan(1e-4)
      const i = gradient.findIndex((value) => Math.abs(value) === scale)
      const [at, h] = [data[i]!, 5e-3]
      data[i] = at + h
      const above = await objective()
      data[i] = at - h
      const below = await objective()
      data[i] = at
      expect(Math.abs(gradient[i]! - (above - below) / (2 * h)), name).toBeLessThan(0.02 * scale + 1e-3)
    }
    // Worked into the weights they say the same.
    const whole = new Decoder(config, merged(weights, low, adapters), { threads: 1 })
    const [beside, within] = [
      await decoder.score(sequences, { logprobs: { places } }),
      await whole.score(sequences, { logprobs: { places } }),
    ]
    beside.logprobs.forEach((logprob, m) => expect(within.logprobs[m]).toBeCloseTo(logprob, 4))
    await decoder.release()
    await whole.release()
  })

  it('change nothing at first, learn, and leave the base alone', async () => {
    const path = await base()
    const [plain, engine] = [
      keep(await openEngine(path, { threads: 1 })),
      keep(await openEngine(path, { threads: 1, lora })),
    ]
    expect(await engine.logprobs(sequences)).toEqual(await plain.logprobs(sequences))
    expect(engine.parameters).toBe(2 * 3 * (28 + 20 + 20 + 28 + 32 + 32 + 32))
    const before = (await engine.backward(data())).loss
    await engine.step({ lr: 0.02 })
    await train(engine, 30)
    expect((await engine.backward(data())).loss).toBeLessThan(before / 2)
    const adapter = join(folder, 'adapter')
    await engine.save(adapter)
    const weights = await readSafetensors(join(adapter, 'adapter_model.safetensors'))
    expect([...weights.keys()]).toContain('base_model.model.model.layers.1.mlp.down_proj.lora_B.weight')
    expect(weights.size).toBe(28)
    expect(JSON.parse(await readFile(join(adapter, 'adapter_config.json'), 'utf8'))).toMatchObject({
      ...{ peft_type: 'LORA', r: 3, lora_alpha: 6, target_modules: [...LINEAR], base_model_name_or_path: path },
    })
    expect(await plain.logprobs(sequences)).not.toEqual(await engine.logprobs(sequences))
  })

  it('go on exactly where they were saved, beside the base that they name', async () => {
    const straight = keep(await openEngine(await base(), { threads: 1, lora }))
    await train(straight, 3)
    const adapter = join(folder, 'half-way')
    await straight.save(adapter)
    const resumed = keep(await openEngine(adapter, { threads: 1 }))
    expect(resumed.version).toBe(3)
    await train(straight, 3)
    await train(resumed, 3)
    expect(await resumed.logprobs(sequences)).toEqual(await straight.logprobs(sequences))
  })

  it('are worked into a checkpoint of the whole model', async () => {
    const engine = keep(
      await openEngine(await base(), { threads: 1, lora: { ...lora, targets: ['q_proj', 'up_proj'] } }),
    )
    await train(engine, 5)
    const whole = join(folder, 'merged')
    await engine.saveMerged(whole)
    const opened = keep(await openEngine(whole, { threads: 1 }))
    const [ours, theirs] = [await engine.logprobs(sequences), await opened.logprobs(sequences)]
    ours.forEach((row, s) => row.forEach((logprob, t) => expect(theirs[s]![t]).toBeCloseTo(logprob, 4)))
  })

  it('say what is wrong with them', async () => {
    const path = await base()
    const open = (change: Partial<LoraConfig>) => openEngine(path, { lora: { ...lora, ...change } })
    await expect(open({ rank: 0 })).rejects.toThrow('a LoRA rank is a positive whole number, not 0')
    await expect(open({ alpha: -1 })).rejects.toThrow('alpha is a positive number, not -1')
    await expect(open({ targets: ['lm_head'] })).rejects.toThrow(
      "some of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, not 'lm_head'",
    )
    const adapter = join(folder, 'other')
    await keep(await openEngine(path, { threads: 1, lora: { ...lora, rank: 2 } })).save(adapter)
    const engine = keep(await openEngine(path, { threads: 1, lora }))
    const before = await engine.logprobs(sequences)
    await expect(engine.load(adapter)).rejects.toThrow('rank 2 and alpha 6; the engine has rank 3 and alpha 6')
    await writeFile(
      join(adapter, 'adapter_config.json'),
      '{"peft_type": "LORA", "r": 2, "lora_alpha": 6, "target_modules": [], "base_model_name_or_path": "x", "use_dora": true}',
    )
    await expect(openEngine(adapter)).rejects.toThrow("'use_dora'")
    expect(await engine.logprobs(sequences)).toEqual(before)
  })
})
