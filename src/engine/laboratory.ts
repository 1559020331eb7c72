/**
 * The engine itself, on the thread it is made on (a worker's): weights, optimiser, sampler. Its verbs are those of
 * core's Engine, one at a time.
 */
import { resolve } from 'node:path'
import type { Datum, Sample } from '../core/index.ts'
import { AdamW, checkShapes, overwrite, type Update } from './adamw.ts'
import {
  type Companions,
  readAdapter,
  readAdapterConfig,
  readCheckpoint,
  writeAdapter,
  writeCheckpoint,
} from './checkpoint.ts'
import { Decoder } from './decoder.ts'
import { initialise, type LlamaConfig, type Parameters, parameterShapes } from './llama.ts'
import { adaptersOf, initialiseAdapters, type LoraConfig, merged } from './lora.ts'
import { type SampleRequest, sampleBatch } from './sampler.ts'

/** What a run of a graph may keep of its tokens, padding included, in bytes: what bounds the memory. */
const BYTES_PER_RUN = 2 ** 30

/** Roughly: the rows that one token leaves in each layer for the way back, its scores apart. */
const bytesPerToken = ({ layers, width, hidden }: LlamaConfig): number => 4 * layers * (10 * width + 5 * hidden)

export interface EngineSetup {
  readonly config: LlamaConfig
  readonly seed: number
  readonly threads: number
  readonly companions: Companions
  /** Low-rank adapters, which are then all that is learned. */
  readonly lora?: LoraConfig
  /** Weights will be loaded before anything else: none need be drawn. */
  readonly blank?: boolean
}

export class Laboratory {
  readonly #setup: EngineSetup
  readonly #base: Parameters
  readonly #low: Parameters | undefined
  /** Where the base came from, for adapters to name. */
  #origin = ''
  readonly #decoder: Decoder
  readonly #optimiser: AdamW

  constructor(setup: EngineSetup) {
    const { config, seed, threads, lora, blank = false } = setup
    this.#setup = setup
    const adapters = lora && adaptersOf(config, lora)
    this.#base = blank ? zeros(config) : initialise(config, seed)
    this.#low = adapters && initialiseAdapters(adapters, seed)
    this.#decoder = new Decoder(config, new Map([...this.#base, ...(this.#low ?? [])]), { threads, adapters })
    this.#optimiser = new AdamW(this.#low ?? this.#base)
  }

  async sample(requests: readonly SampleRequest[]): Promise<Sample[][]> {
    const size = ({ prompt, sampling }: SampleRequest): number => prompt.length * (sampling.n ?? 1)
    const out: Sample[][] = []
    for (const batch of this.#batches(requests, size)) {
      const samples = await sampleBatch(this.#decoder, pick(requests, batch))
      batch.forEach((i, b) => {
        out[i] = samples[b] as Sample[]
      })
    }
    return out
  }

  async logprobs(sequences: readonly (readonly number[])[]): Promise<number[][]> {
    const out = sequences.map((tokens) => tokens.map(() => 0))
    const long = sequences.flatMap((tokens, i) => (tokens.length > 1 ? [i] : []))
    for (const batch of this.#batches(pick(sequences, long), (tokens) => tokens.length)) {
      const chosen = batch.map((b) => long[b]!)
      const places = chosen.flatMap((i, b) => out[i]?.flatMap((_, t) => (t > 0 ? [[b, t] as const] : [])) ?? [])
      const { logprobs } = await this.#decoder.score(pick(sequences, chosen), places)
      places.forEach(([b, t], m) => {
        ;(out[chosen[b]!] as number[])[t] = logprobs[m]!
      })
    }
    return out
  }

  async backward(data: readonly Datum[]): Promise<{ loss: number }> {
    // What comes after the last weighted token changes nothing.
    const trimmed = data.flatMap(({ tokens, weights }) => {
      const length = weights.findLastIndex((weight) => weight !== 0) + 1
      return length > 0 ? [{ tokens: tokens.slice(0, length), weights: weights.slice(0, length) }] : []
    })
    let loss = 0
    for (const batch of this.#batches(trimmed, ({ tokens }) => tokens.length)) {
      const chosen = pick(trimmed, batch)
      const places = chosen.flatMap(({ weights }, b) => weights.flatMap((w, t) => (w === 0 ? [] : [[b, t] as const])))
      const weights = chosen.flatMap((datum) => datum.weights.filter((weight) => weight !== 0))
      const { logprobs, gradients } = await this.#decoder.score(
        chosen.map(({ tokens }) => tokens),
        places,
        weights.map((weight) => -weight),
      )
      this.#optimiser.accumulate(gradients)
      for (const [m, weight] of weights.entries()) loss -= weight * logprobs[m]!
    }
    return { loss }
  }

  #batches<T>(items: readonly T[], size: (item: T) => number): number[][] {
    return batches(items.map(size), Math.floor(BYTES_PER_RUN / bytesPerToken(this.#setup.config)))
  }

  step(update: Update): { gradNorm: number } {
    return { gradNorm: this.#optimiser.step(update) }
  }

  /** The weights, or where there are adapters those alone. */
  save(path: string): Promise<void> {
    const { lora, companions } = this.#setup
    const optimiser = this.#optimiser.state()
    if (!lora || !this.#low) return writeCheckpoint(path, { weights: this.#base, optimiser }, this.#setup)
    return writeAdapter(path, { weights: this.#low, optimiser }, { ...lora, base: this.#origin, companions })
  }

  /** The weights with what the adapters make of them. */
  saveMerged(path: string): Promise<void> {
    const { lora, config } = this.#setup
    const weights = lora && this.#low ? merged(this.#base, this.#low, adaptersOf(config, lora)) : this.#base
    return writeCheckpoint(path, { weights }, this.#setup)
  }

  /** The number of updates the loaded weights have seen. */
  async load(path: string): Promise<{ version: number }> {
    const { lora, config } = this.#setup
    const adapter = await readAdapterConfig(path)
    if (adapter && `${adapter.rank} ${adapter.alpha}` !== `${lora?.rank} ${lora?.alpha}`) {
      const ours = lora ? `rank ${lora.rank} and alpha ${lora.alpha}` : 'none'
      throw new Error(
        `${path} holds adapters of rank ${adapter.rank} and alpha ${adapter.alpha}; the engine has ${ours}`,
      )
    }
    const { weights, optimiser } = adapter ? await readAdapter(path) : await readCheckpoint(path, config)
    // A base is loaded for the adapters beside it; how far those are is not its affair.
    if (!adapter && this.#low) overwrite(this.#base, weights, path)
    else {
      const into = this.#low ?? this.#base
      // First what may still be refused.
      checkShapes(into, weights, path)
      this.#optimiser.restore(optimiser, path)
      overwrite(into, weights, path)
    }
    if (!adapter) this.#origin = resolve(path)
    return { version: this.#optimiser.steps }
  }

  release(): Promise<void> {
    return this.#decoder.release()
  }
}

const zeros = (config: LlamaConfig): Parameters =>
  new Map(
    parameterShapes(config).map(([name, dims]) => {
      return [name, { dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) }]
    }),
  )

const pick = <T>(items: readonly T[], indices: readonly number[]): T[] => indices.map((i) => items[i] as T)

/** Indices in batches of like sizes, none padded to more than `most` (unless one item alone is). */
function batches(sizes: readonly number[], most: number): number[][] {
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[a]! - sizes[b]! || a - b)
  const out: number[][] = []
  let batch: number[] = []
  for (const i of order) {
    if (batch.length > 0 && (batch.length + 1) * sizes[i]! > most) {
      out.push(batch)
      batch = []
    }
    batch.push(i)
  }
  if (batch.length > 0) out.push(batch)
  return out
}
