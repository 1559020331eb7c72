import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Datum, random } from '../core/index.ts'
import { createEngine, type EmbeddedEngine, LINEAR, type LoraConfig, openEngine } from './index.ts'
import type { LlamaConfig } from './llama.ts'

const config: LlamaConfig = {
  ...{ vocabulary: 13, width: 12, layers: 2, heads: 4, kvHeads: 2, headWidth: 4, hidden: 20, context: 32 },
  ...{ ropeTheta: 100, normEpsilon: 1e-5, tied: true },
}
const lora: LoraConfig = { rank: 3, alpha: 6, targets: LINEAR }
const head = { outputs: 1 }
const rng = random(3)
const sequences = [9, 5, 7].map((length) => Array.from({ length }, () => rng.int(config.vocabulary)))
const folder = await mkdtemp(join(tmpdir(), 'ludus-sibling-'))
const base = join(folder, 'base')
const engines: EmbeddedEngine[] = []
const keep = (engine: EmbeddedEngine): EmbeddedEngine => {
  engines.push(engine)
  return engine
}
await keep(createEngine(config, { seed: 1, threads: 1 })).save(base)
const open = async (options: object = {}): Promise<EmbeddedEngine> =>
  keep(await openEngine(base, { threads: 1, seed: 5, ...options }))
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const said = sequences.map((tokens): Datum => ({ tokens, weights: tokens.map((_, t) => (t === 0 ? 0 : 0.3)) }))
const valued = sequences.map((tokens): Datum => {
  return { tokens, weights: tokens.map(() => 0), scoreWeights: tokens.map((_, t) => [t % 2 === 0 ? 1 : -1]) }
})
async function train(engine: EmbeddedEngine, data: readonly Datum[]): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await engine.backward(data)
    await engine.step({ lr: 0.02, weightDecay: 0.1 })
  }
}

describe('siblings', () => {
  it('say and learn what engines of their own would, and what they share never changes', async () => {
    const policy = await open({ lora })
    const reference = keep(await policy.sibling())
    const critic = keep(await policy.sibling({ lora, head }))
    const [alonePolicy, aloneCritic] = [await open({ lora }), await open({ lora, head })]
    const before = await reference.logprobs(sequences)
    expect(await policy.logprobs(sequences)).toEqual(before)
    await Promise.all([train(policy, said), train(critic, valued)])
    await train(alonePolicy, said)
    await train(aloneCritic, valued)
    expect(await policy.logprobs(sequences)).toEqual(await alonePolicy.logprobs(sequences))
    expect(await critic.scores!(sequences)).toEqual(await aloneCritic.scores!(sequences))
    expect(await policy.logprobs(sequences)).not.toEqual(before)
    expect(await reference.logprobs(sequences)).toEqual(before)
    expect([policy.version, critic.version, reference.version]).toEqual([4, 4, 0])
    expect(reference.parameters).toBe(0)
    expect(critic.parameters).toBe(aloneCritic.parameters)
    const [sampling, prompt] = [{ maxTokens: 9, stop: [], seed: 4 }, [1, 2]]
    const both = await Promise.all([policy.sample(prompt, sampling), reference.sample(prompt, sampling)])
    expect(both[0]).toEqual(await alonePolicy.sample(prompt, sampling))
    expect(both[0]).not.toEqual(both[1])
    const again = join(folder, 'again')
    await reference.save(again)
    const bytes = (path: string): Promise<Buffer> => readFile(join(path, 'model.safetensors'))
    expect((await bytes(again)).equals(await bytes(base))).toBe(true)
  })

  it('are saved as adapters beside what they share, and take adapters up', async () => {
    const policy = await open({ lora })
    const critic = keep(await policy.sibling({ lora, head, seed: 8 }))
    await train(critic, valued)
    const path = join(folder, 'critic')
    await critic.save(path)
    const alone = keep(await openEngine(path, { threads: 1 }))
    expect(alone.version).toBe(4)
    expect(await alone.scores!(sequences)).toEqual(await critic.scores!(sequences))
    const other = keep(await policy.sibling({ lora, head }))
    await other.load(path)
    expect(other.version).toBe(4)
    expect(await other.scores!(sequences)).toEqual(await critic.scores!(sequences))
  })

  it('are refused where weights would change under somebody', async () => {
    const whole = await open()
    await expect(whole.sibling()).rejects.toThrow("all of the engine's weights are learned")
    const policy = await open({ lora })
    await policy.load(base)
    const reference = keep(await policy.sibling())
    for (const engine of [policy, reference])
      await expect(engine.load(base)).rejects.toThrow('holds no adapters, and the engine shares its weights')
    await expect(reference.backward(said)).rejects.toThrow('none of its own to learn')
    await expect(reference.step({ lr: 1 })).rejects.toThrow('none of its own to learn')
    await expect(policy.sibling({ head })).rejects.toThrow("give it 'lora' too")
    await expect(policy.sibling({ lora: { ...lora, rank: -1 } })).rejects.toThrow('not -1')
    expect(await reference.logprobs(sequences)).toEqual(await whole.logprobs(sequences))
  })

  it('outlive each other', async () => {
    const policy = await open({ lora })
    const reference = await policy.sibling()
    const expected = await policy.logprobs(sequences)
    const asked = policy.logprobs(sequences)
    const closing = policy[Symbol.asyncDispose]()
    expect(await asked).toEqual(expected)
    await closing
    await policy[Symbol.asyncDispose]()
    await expect(policy.logprobs(sequences)).rejects.toThrow('closed')
    expect(await reference.logprobs(sequences)).toEqual(expected)
    await reference[Symbol.asyncDispose]()
    await expect(reference.logprobs(sequences)).rejects.toThrow('closed')
  })
})
