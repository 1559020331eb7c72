/**
 * The engine itself, on the thread it is made on (a worker's): weights, optimiser, sampler. Its verbs are those of
 * core's Engine, one at a time.
 */
import type { Datum, Sample } from '../core/index.ts'
import { AdamW, overwrite, type Update } from './adamw.ts'
import { type Companions, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { Decoder } from './decoder.ts'
import { initialise, type LlamaConfig, type Parameters } from './llama.ts'
import { type SampleRequest, sampleBatch } from './sampler.ts'

/** Tokens that one run of a graph may hold, padding included: what bounds the memory. */
const TOKENS_PER_RUN = 8192

export interface EngineSetup {
  readonly config: LlamaConfig
  readonly seed: number
  readonly threads: number
  readonly companions: Companions
}

export class Laboratory {
  readonly #setup: EngineSetup
  readonly #parameters: Parameters
  readonly #decoder: Decoder
  readonly #optimiser: AdamW

  constructor(setup: EngineSetup) {
    const { config, seed, threads } = setup
    this.#setup = setup
    this.#parameters = initialise(config, seed)
    this.#decoder = new Decoder(config, this.#parameters, threads)
    this.#optimiser = new AdamW(this.#parameters)
  }

  async sample(requests: readonly SampleRequest[]): Promise<Sample[][]> {
    const size = ({ prompt, sampling }: SampleRequest): number => prompt.length * (sampling.n ?? 1)
    const out: Sample[][] = []
    for (const batch of batches(requests, size)) {
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
    for (const batch of batches(pick(sequences, long), (tokens) => tokens.length)) {
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
    for (const batch of batches(trimmed, ({ tokens }) => tokens.length)) {
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

  step(update: Update): { gradNorm: number } {
    return { gradNorm: this.#optimiser.step(update) }
  }

  save(path: string): Promise<void> {
    return writeCheckpoint(path, { weights: this.#parameters, optimiser: this.#optimiser.state() }, this.#setup)
  }

  /** The number of updates the loaded weights have seen. */
  async load(path: string): Promise<{ version: number }> {
    const { weights, optimiser } = await readCheckpoint(path)
    overwrite(this.#parameters, weights, path)
    this.#optimiser.restore(optimiser, path)
    return { version: this.#optimiser.steps }
  }

  release(): Promise<void> {
    return this.#decoder.release()
  }
}

const pick = <T>(items: readonly T[], indices: readonly number[]): T[] => indices.map((i) => items[i] as T)

/** Indices in batches of like sizes, none padded to more than TOKENS_PER_RUN (unless one item alone is). */
function batches<T>(items: readonly T[], size: (item: T) => number): number[][] {
  const sizes = items.map(size)
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[a]! - sizes[b]! || a - b)
  const out: number[][] = []
  let batch: number[] = []
  for (const i of order) {
    if (batch.length > 0 && (batch.length + 1) * sizes[i]! > TOKENS_PER_RUN) {
      out.push(batch)
      batch = []
    }
    batch.push(i)
  }
  if (batch.length > 0) out.push(batch)
  return out
}
