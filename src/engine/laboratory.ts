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
import { Decoder, type Wanted } from './decoder.ts'
import { type Int8Weights, isQuantised, quantiseAll } from './int8.ts'
import {
  allocate,
  initialise,
  type LlamaConfig,
  type Parameters,
  parameterShapes,
  SCORE,
  scoreShapes,
} from './llama.ts'
import { adaptersOf, initialiseAdapters, type LoraConfig, merged } from './lora.ts'
import { type SampleRequest, sampleBatch } from './sampler.ts'

/**
 * What a run of a graph may keep of its tokens, padding included, in bytes: what bounds the memory. On the way back it
 * is as much again for attention and the head.
 */
const BYTES_PER_RUN = 2 ** 30

/** Roughly: the rows that one token leaves in each layer for the way back. */
const bytesPerToken = ({ layers, width, hidden }: LlamaConfig): number => 4 * layers * (10 * width + 5 * hidden)

/** Roughly: what attention leaves in each layer of a sequence so long, before and after the softmax. */
const attentionBytes = ({ layers, heads }: LlamaConfig, length: number): number => 4 * layers * heads * 2 * length ** 2

/** Roughly: a token that counts in the loss has its logits, their logarithms and their gradients. */
const logitsBytes = ({ vocabulary }: LlamaConfig): number => 4 * vocabulary * 3

export interface EngineSetup {
  readonly config: LlamaConfig
  readonly seed: number
  readonly threads: number
  readonly companions: Companions
  /** Low-rank adapters, which are then all that is learned. */
  readonly lora?: LoraConfig
  /** Numbers for each token, from a head that is learned with the rest: where there is one. */
  readonly outputs?: number
  /** How the frozen weights of the layers are held; as they are learned, unless given. */
  readonly base?: 'int8'
  /** Weights will be loaded before anything else: none need be drawn. */
  readonly blank?: boolean
}

/** What a sibling has of its own. Without adapters it has nothing that learns. */
export type SiblingSetup = Pick<EngineSetup, 'lora' | 'outputs' | 'seed'>

/** Weights that several laboratories may share. */
interface Base {
  readonly parameters: Parameters
  /** Those that are held in 8 bits, where some are: they are not among the parameters, and nobody learns. */
  readonly int8: Int8Weights | undefined
  /** Where they came from, for adapters to name. */
  origin: string
  /** From then on nobody writes to them. */
  isShared: boolean
}

function baseOf({ config, seed, base, blank = false }: EngineSetup): Base {
  const int8: Int8Weights | undefined = base && new Map()
  const parameters = allocate(parameterShapes(config).filter(([name]) => !(blank && int8 && isQuantised(name))))
  if (!blank) initialise(config, seed, parameters)
  if (int8) quantiseAll(parameters, int8)
  return { parameters, int8, origin: '', isShared: false }
}

export class Laboratory {
  readonly #setup: EngineSetup
  readonly #base: Base
  readonly #low: Parameters | undefined
  readonly #score: Parameters
  readonly #decoder: Decoder
  readonly #optimiser: AdamW

  constructor(setup: EngineSetup, base = baseOf(setup)) {
    const { config, seed, threads, lora, outputs } = setup
    this.#setup = setup
    const adapters = lora && adaptersOf(config, lora)
    this.#base = base
    this.#low = adapters && initialiseAdapters(adapters, seed)
    // A new head says 0 of everything.
    this.#score = allocate(outputs === undefined ? [] : scoreShapes(config, outputs))
    const parameters = new Map([...base.parameters, ...(this.#low ?? []), ...this.#score])
    this.#decoder = new Decoder(config, parameters, { threads, adapters, outputs, weights: base.int8 })
    this.#optimiser = new AdamW(this.#learned())
  }

  /** Another with the same base, which is frozen for good. Throws where it is not, or would be learned. */
  sibling(setup: SiblingSetup): Laboratory {
    if (!this.#low && !this.#base.int8 && !this.#base.isShared)
      throw new Error("all of the engine's weights are learned, so they cannot be shared: open it with 'lora'")
    this.#base.isShared = true
    const { config, threads, companions } = this.#setup
    return new Laboratory({ config, threads, companions, ...setup }, this.#base)
  }

  #learned(): Parameters {
    const { parameters, int8, isShared } = this.#base
    // A head learns with what is below it, or with adapters there.
    if (!this.#low && (int8 || isShared)) return new Map()
    return new Map([...(this.#low ?? parameters), ...this.#score])
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
      const { logprobs } = await this.#decoder.score(pick(sequences, chosen), { logprobs: { places } })
      places.forEach(([b, t], m) => {
        ;(out[chosen[b]!] as number[])[t] = logprobs[m]!
      })
    }
    return out
  }

  async scores(sequences: readonly (readonly number[])[]): Promise<number[][][]> {
    const out: number[][][] = sequences.map(() => [])
    const some = sequences.flatMap((tokens, i) => (tokens.length > 0 ? [i] : []))
    const k = this.#setup.outputs ?? 0
    for (const batch of this.#batches(pick(sequences, some), (tokens) => tokens.length)) {
      const chosen = batch.map((b) => some[b]!)
      const places = chosen.flatMap((i, b) => sequences[i]!.map((_, t) => [b, t] as const))
      const { scores } = await this.#decoder.score(pick(sequences, chosen), { scores: { places } })
      places.forEach(([b], m) => out[chosen[b]!]!.push([...scores.subarray(m * k, (m + 1) * k)]))
    }
    return out
  }

  async backward(data: readonly Datum[]): Promise<{ loss: number }> {
    this.#demandLearning()
    const trimmed = data.map(trim).filter(({ tokens }) => tokens.length > 0)
    let loss = 0
    const rows = ({ weights }: Datum): number => weights.filter((weight) => weight !== 0).length
    for (const batch of this.#batches(trimmed, ({ tokens }) => tokens.length, rows)) {
      const chosen = pick(trimmed, batch)
      const [ofTokens, ofScores] = [placed(chosen, weightOf), placed(chosen, scoreWeightsOf)]
      const wanted = { logprobs: wantedBy(ofTokens), scores: wantedBy(ofScores) }
      const sequences = chosen.map(({ tokens }) => tokens)
      const { logprobs, scores, gradients } = await this.#decoder.score(sequences, wanted)
      this.#optimiser.accumulate(gradients)
      wanted.logprobs.cotangent.forEach((cotangent, m) => (loss += cotangent * logprobs[m]!))
      wanted.scores.cotangent.forEach((cotangent, m) => (loss += cotangent * scores[m]!))
    }
    return { loss }
  }

  /** `rows`, where the way back is gone as well: how many tokens of an item count in the loss. */
  #batches<T>(items: readonly T[], size: (item: T) => number, rows?: (item: T) => number): number[][] {
    const { config } = this.#setup
    return batches(items.map(size), (batch, longest) => {
      if (batch.length * longest * bytesPerToken(config) > BYTES_PER_RUN) return false
      if (!rows) return true
      const logits = pick(items, batch).reduce((sum, item) => sum + rows(item), 0) * logitsBytes(config)
      return batch.length * attentionBytes(config, longest) + logits <= BYTES_PER_RUN
    })
  }

  step(update: Update): { gradNorm: number } {
    this.#demandLearning()
    return { gradNorm: this.#optimiser.step(update) }
  }

  #demandLearning(): void {
    if (this.#learned().size > 0) return
    if (this.#base.isShared)
      throw new Error("the engine shares its weights and has none of its own to learn: make it with 'lora'")
    throw new Error("weights held in 8 bits do not learn: open the engine with adapters ('lora'), or without 'int8'")
  }

  /** The weights, or where there are adapters those alone; and the head. */
  save(path: string): Promise<void> {
    const { lora, companions } = this.#setup
    if (!lora) this.#refuseInt8()
    const { parameters, origin, isShared } = this.#base
    const checkpoint = { weights: this.#learned(), optimiser: this.#optimiser.state() }
    if (lora) return writeAdapter(path, checkpoint, { ...lora, base: origin, companions })
    return writeCheckpoint(path, isShared ? { weights: parameters } : checkpoint, this.#setup)
  }

  /** The weights with what the adapters make of them. */
  saveMerged(path: string): Promise<void> {
    this.#refuseInt8()
    const { lora, config } = this.#setup
    const { parameters } = this.#base
    const whole = lora && this.#low ? merged(parameters, this.#low, adaptersOf(config, lora)) : parameters
    return writeCheckpoint(path, { weights: new Map([...whole, ...this.#score]) }, this.#setup)
  }

  #refuseInt8(): void {
    if (this.#base.int8)
      throw new Error("what 8 bits have lost would be lost for good: save the weights from an engine without 'int8'")
  }

  /**
   * The number of updates the loaded weights have seen. Where the engine has a head and the folder none, the head
   * stays as it is, and the optimiser begins anew.
   */
  async load(path: string): Promise<{ version: number }> {
    const { lora, config, outputs } = this.#setup
    const adapter = await readAdapterConfig(path)
    if (adapter && `${adapter.rank} ${adapter.alpha}` !== `${lora?.rank} ${lora?.alpha}`) {
      const ours = lora ? `rank ${lora.rank} and alpha ${lora.alpha}` : 'none'
      throw new Error(
        `${path} holds adapters of rank ${adapter.rank} and alpha ${adapter.alpha}; the engine has ${ours}`,
      )
    }
    const { parameters, int8: held, isShared } = this.#base
    if (!adapter && isShared)
      throw new Error(`${path} holds no adapters, and the engine shares its weights with others: open it on its own`)
    const int8: Int8Weights | undefined = held && new Map()
    const { weights, optimiser } = adapter ? await readAdapter(path) : await readCheckpoint(path, config, int8)
    const given = weights.get(SCORE)?.dims[0]
    if (given !== undefined && given !== outputs)
      throw new Error(`${path} holds a head of ${given} outputs; the engine has ${outputs ?? 'none'}`)
    // A base is loaded for the adapters beside it; how far those are is not its affair.
    const isBase = !adapter && this.#low !== undefined
    const into = new Map([...((adapter && this.#low) ?? parameters), ...(given === undefined ? [] : this.#score)])
    // First what may still be refused.
    checkShapes(into, weights, path)
    if (!isBase) this.#optimiser.restore(given === outputs ? optimiser : undefined, path)
    overwrite(into, weights, path)
    for (const [name, weight] of int8 ?? []) held?.set(name, weight)
    if (!adapter) this.#base.origin = resolve(path)
    return { version: this.#optimiser.steps }
  }

  release(): Promise<void> {
    return this.#decoder.release()
  }
}

/** Weights of one token: of its log-probability, or of its scores; none where all are 0. */
type WeightsOf = (datum: Datum, t: number) => readonly number[] | undefined

const weightOf: WeightsOf = ({ weights }, t) => (weights[t] === 0 ? undefined : [weights[t]!])
const scoreWeightsOf: WeightsOf = ({ scoreWeights }, t) =>
  scoreWeights?.[t]?.some((weight) => weight !== 0) ? scoreWeights[t] : undefined

/** Without what comes after the last weight, which changes nothing. */
function trim(datum: Datum): Datum {
  const { tokens, weights, scoreWeights } = datum
  const length = tokens.findLastIndex((_, t) => weightOf(datum, t) || scoreWeightsOf(datum, t)) + 1
  const cut = { tokens: tokens.slice(0, length), weights: weights.slice(0, length) }
  return scoreWeights ? { ...cut, scoreWeights: scoreWeights.slice(0, length) } : cut
}

interface Placed {
  readonly place: readonly [sequence: number, token: number]
  readonly weights: readonly number[]
}

function placed(data: readonly Datum[], weightsOf: WeightsOf): Placed[] {
  return data.flatMap((datum, b) =>
    datum.tokens.flatMap((_, t) => {
      const weights = weightsOf(datum, t)
      return weights ? [{ place: [b, t] as const, weights }] : []
    }),
  )
}

/** What is minimised is minus what is weighed. */
const wantedBy = (all: readonly Placed[]): Required<Wanted> => ({
  places: all.map(({ place }) => place),
  cotangent: all.flatMap(({ weights }) => weights.map((weight) => -weight)),
})

const pick = <T>(items: readonly T[], indices: readonly number[]): T[] => indices.map((i) => items[i] as T)

/** Indices in batches of like sizes, each as many as fit, and one that does not fit alone. */
function batches(sizes: readonly number[], fits: (batch: readonly number[], longest: number) => boolean): number[][] {
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[a]! - sizes[b]! || a - b)
  const out: number[][] = []
  let batch: number[] = []
  for (const i of order) {
    if (batch.length > 0 && !fits([...batch, i], sizes[i]!)) {
      out.push(batch)
      batch = []
    }
    batch.push(i)
  }
  if (batch.length > 0) out.push(batch)
  return out
}
