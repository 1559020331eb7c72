/**
 * The embedded engine: core's six verbs in front of a worker thread, so that the event loop never waits for a
 * matrix. Calls to `sample` that arrive while the worker is busy go to it together, as one batch.
 */
import { availableParallelism } from 'node:os'
import type { Datum, Engine, Sample, TokenSampling } from '../core/index.ts'
import { type Companions, findAdapter, readAdapterConfig, readConfig } from './checkpoint.ts'
import { isGguf } from './gguf.ts'
import type { SiblingSetup } from './laboratory.ts'
import { type Adapters, type LlamaConfig, parameterShapes, scoreShapes } from './llama.ts'
import { adaptersOf, type LoraConfig } from './lora.ts'
import { checkRotary } from './rope.ts'
import type { SampleRequest } from './sampler.ts'
import { EngineThread } from './thread.ts'
import { findWeights, headsIn } from './weights.ts'
import type { Verb } from './worker.ts'

export interface EngineOptions {
  /** For the first weights. */
  readonly seed?: number
  /** All cores unless given. */
  readonly threads?: number
  /** Files that every checkpoint shall hold beside the weights: a tokenizer, say. Names to texts. */
  readonly companions?: Companions
  /** Ids that its renderer will speak in, counted from 0: a vocabulary that has fewer is refused. */
  readonly tokens?: number
  /** Low-rank adapters beside the weights: they alone are learned, and saved. */
  readonly lora?: LoraConfig
  /**
   * How the weights of the layers are held while they are frozen: 'int8' takes a quarter of their memory, and what it
   * costs in precision `mismatch` tells. For playing, scoring and adapters; the weights themselves cannot learn then.
   */
  readonly base?: 'int8'
  /**
   * A linear map from the last hidden state of a token to so many numbers, without a bias: a critic, a reward model, a
   * classifier. It is learned and saved with the rest, and says 0 of everything at first. A folder with a head is
   * opened with it in any case.
   */
  readonly head?: { readonly outputs: number }
}

export interface EmbeddedEngine extends Engine, AsyncDisposable {
  readonly config: LlamaConfig
  /** How many numbers it learns. */
  readonly parameters: number
  /** A checkpoint of the whole model, the adapters worked into the weights. No optimiser goes with it. */
  saveMerged(path: string): Promise<void>
  /**
   * Another engine with the same weights in the same memory, and adapters and a head of its own: a critic, or without
   * any the reference as it was before training. This one must have adapters itself or its base in 8 bits, so that
   * what is shared is frozen; from then on neither takes up other weights than adapters. Siblings share a thread: they
   * compute in turns.
   */
  sibling(options?: SiblingOptions): Promise<EmbeddedEngine>
}

/** Without `lora` it learns nothing. The seed is for its adapters. */
export type SiblingOptions = Pick<EngineOptions, 'lora' | 'head' | 'seed'>

/** A fresh model of the given shape. */
export function createEngine(config: LlamaConfig, options: EngineOptions = {}): EmbeddedEngine {
  checkShape(config, options)
  return fresh(config, options, false)
}

/** A model from a checkpoint folder, or adapters with the model they name. Throws a sentence where there is none. */
export async function openEngine(path: string, options: EngineOptions = {}): Promise<EmbeddedEngine> {
  const adapter = await readAdapterConfig(path)
  if (adapter) {
    if (await readAdapterConfig(adapter.base))
      throw new Error(`${path} stands beside ${adapter.base}, which holds adapters itself: merge those first`)
    const outputs = await findAdapter(path, await readConfig(adapter.base), adapter)
    const whole = withHead(options, outputs, path)
    return loaded(await openEngine(adapter.base, { ...whole, lora: adapter }), path)
  }
  const config = await readConfig(path)
  if (isGguf(path)) {
    checkShape(config, options)
    return loaded(fresh(config, options, true), path)
  }
  const { own, outputs } = await headsIn(path)
  const whole = withHead(options, outputs, path)
  // A classifier of transformers' has no head to sample with: its embedding is then taken for one.
  const shape = outputs !== undefined && !own ? { ...config, tied: true } : config
  checkShape(shape, whole)
  // Before anything is allocated for a model that may not be there.
  await findWeights(path, shape)
  return loaded(fresh(shape, whole, true), path)
}

/** With the head that a folder holds. Throws where another one is asked for. */
function withHead(options: EngineOptions, outputs: number | undefined, path: string): EngineOptions {
  const asked = options.head?.outputs ?? outputs
  if (outputs !== undefined && asked !== outputs)
    throw new Error(`${path} holds a head of ${outputs} outputs; one of ${asked} was asked for`)
  return asked === undefined ? options : { ...options, head: { outputs: asked } }
}

async function loaded(engine: EmbeddedEngine, path: string): Promise<EmbeddedEngine> {
  try {
    await engine.load(path)
    return engine
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}

/** Every graph has its own, of 6 bytes a number. */
const MAX_TABLES = 2 ** 26
/** `blank`: weights will be loaded before anything else. */
function fresh(config: LlamaConfig, options: EngineOptions, blank: boolean): EmbeddedEngine {
  const { threads = availableParallelism(), companions = {}, base } = options
  const thread = new EngineThread({ config, threads, companions, blank, ...ownOf(options), ...(base && { base }) })
  return new WorkerEngine(config, options, { thread, number: 0, learns: base === undefined })
}

/** What an engine does not share. */
function ownOf({ lora, head, seed = 0 }: SiblingOptions): SiblingSetup {
  return { seed, ...(lora && { lora }), ...(head && { outputs: head.outputs }) }
}

/** Where an engine lives. */
interface Place {
  readonly thread: EngineThread
  readonly number: number
  /** Whether its own weights do, where it has no adapters. */
  readonly learns: boolean
}

interface Waiting extends SampleRequest {
  resolve(samples: Sample[]): void
  reject(error: unknown): void
}

class WorkerEngine implements EmbeddedEngine {
  readonly id: string
  readonly config: LlamaConfig
  readonly parameters: number
  readonly scores?: NonNullable<Engine['scores']>
  readonly #options: EngineOptions
  readonly #place: Place
  #queue: Waiting[] = []
  #sampling = false
  #version = 0

  constructor(config: LlamaConfig, options: EngineOptions, place: Place) {
    const { lora, head, base } = options
    this.config = config
    this.#options = options
    this.#place = place
    const whole = count(parameterShapes(config))
    const ofHead = head ? count(scoreShapes(config, head.outputs)) : 0
    const own = lora ? count(adaptersOf(config, lora).shapes) : whole
    this.parameters = lora || place.learns ? own + ofHead : 0
    const parts = [lora && `lora-${lora.rank}`, head && `head-${head.outputs}`, base].filter(Boolean)
    this.id = [`llama-${(whole / 1e6).toFixed(2)}M`, ...parts].join('-')
    if (head) this.scores = (sequences) => this.#scores(sequences)
  }

  get version(): number {
    return this.#version
  }

  get context(): number {
    return this.config.context
  }

  async sample(prompt: readonly number[], sampling: TokenSampling): Promise<Sample[]> {
    const { maxTokens } = sampling
    if (prompt.length === 0) throw new Error('an empty prompt cannot be continued: give it at least one token')
    if (prompt.length + maxTokens > this.context) {
      throw new RangeError(
        `a prompt of ${prompt.length} tokens and ${maxTokens} to sample exceed the model's context of ${this.context}${noLonger(this.config)}`,
      )
    }
    checkTokens(prompt, this.config)
    checkDrawing(sampling)
    return new Promise((resolve, reject) => {
      this.#queue.push({ prompt, sampling, resolve, reject })
      if (this.#queue.length === 1 && !this.#sampling) setImmediate(() => void this.#flush())
    })
  }

  logprobs(sequences: readonly (readonly number[])[]): Promise<number[][]> {
    for (const tokens of sequences) checkTokens(tokens, this.config)
    return this.#ask('logprobs', sequences)
  }

  #scores(sequences: readonly (readonly number[])[]): Promise<number[][][]> {
    for (const tokens of sequences) checkTokens(tokens, this.config)
    return this.#ask('scores', sequences)
  }

  backward(data: readonly Datum[]): Promise<{ loss: number }> {
    for (const datum of data) checkDatum(datum, this.config, this.#options.head?.outputs)
    // Whose words they are stays here: it would only have to be copied to the thread.
    return this.#ask(
      'backward',
      data.map(({ of: _, ...datum }) => datum),
    )
  }

  async step({ lr, clip = 1, weightDecay = 0 }: Parameters<Engine['step']>[0]): Promise<{ gradNorm: number }> {
    const result = await this.#ask<{ gradNorm: number }>('step', { lr, clip, weightDecay })
    this.#version++
    return result
  }

  save(path: string): Promise<void> {
    return this.#ask('save', path)
  }

  saveMerged(path: string): Promise<void> {
    return this.#ask('saveMerged', path)
  }

  async load(path: string): Promise<void> {
    const { version } = await this.#ask<{ version: number }>('load', path)
    this.#version = version
  }

  async sibling(options: SiblingOptions = {}): Promise<EmbeddedEngine> {
    checkShape(this.config, options)
    if (options.lora) adaptersOf(this.config, options.lora)
    else if (options.head) throw new Error("a head learns with adapters where weights are shared: give it 'lora' too")
    const { thread } = this.#place
    const { seed = 0, base } = this.#options
    const number = await thread.sibling(this.#place.number, ownOf({ seed, ...options }))
    return new WorkerEngine(this.config, { ...options, ...(base && { base }) }, { thread, number, learns: false })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#place.thread.close(this.#place.number)
  }

  /** Sends all who wait as one batch; whoever comes while the worker is at it makes the next. */
  async #flush(): Promise<void> {
    this.#sampling = true
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      const requests: SampleRequest[] = batch.map(({ prompt, sampling }) => ({ prompt, sampling }))
      await this.#ask<Sample[][]>('sample', requests).then(
        (samples) => batch.forEach(({ resolve }, i) => resolve(samples[i] as Sample[])),
        (error) => batch.forEach(({ reject }) => reject(error)),
      )
      // Let those who were answered ask their next question before the batch is closed.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#sampling = false
  }

  #ask<T>(verb: Verb, ...args: readonly unknown[]): Promise<T> {
    return this.#place.thread.ask(this.#place.number, verb, ...args)
  }
}

const count = (shapes: Adapters['shapes']): number =>
  shapes.reduce((sum, [, dims]) => sum + dims.reduce((a, b) => a * b, 1), 0)

/** Throws a sentence where no engine can be had of a shape, or none that knows so many tokens. Nothing is opened for it. */
export function checkShape(
  config: LlamaConfig,
  { tokens = 0, head }: Pick<EngineOptions, 'tokens' | 'head'> = {},
): void {
  const { heads, kvHeads, vocabulary, context, headWidth } = config
  if (heads % kvHeads !== 0) throw new Error(`${heads} heads cannot share ${kvHeads} key-value heads evenly`)
  checkRotary(config)
  if (context * headWidth > MAX_TABLES) {
    throw new Error(
      `a context of ${context} tokens with heads of ${headWidth} numbers needs tables of positions beyond ${MAX_TABLES} numbers: make the context (max_position_embeddings) smaller`,
    )
  }
  if (head && !(Number.isInteger(head.outputs) && head.outputs > 0))
    throw new Error(`a head has a positive whole number of outputs, not ${head.outputs}`)
  if (tokens > vocabulary) {
    throw new Error(
      `the tokenizer's largest id is ${tokens - 1}, and the model has embeddings from 0 to ${vocabulary - 1}: they do not belong together`,
    )
  }
}

function checkTokens(tokens: readonly number[], config: LlamaConfig): void {
  const { vocabulary, context } = config
  const stranger = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary))
  if (stranger !== undefined) {
    throw new Error(`${stranger} is no token of the model's: they run from 0 to ${vocabulary - 1}`)
  }
  if (tokens.length > context) {
    throw new RangeError(
      `a sequence of ${tokens.length} tokens exceeds the model's context of ${context}${noLonger(config)}`,
    )
  }
}

/** Why a context that was meant to grow does not. */
const noLonger = ({ ropeScaling }: LlamaConfig): string =>
  ropeScaling?.kind === 'dynamic'
    ? `; dynamic scaling would turn positions anew for every longer one, cached keys included: scale by 'ntk', which is the same for all lengths`
    : ''

function checkDrawing({ temperature = 1, topK = 1, topP = 1 }: TokenSampling): void {
  if (!(temperature >= 0)) throw new Error(`a temperature is at least 0, not ${temperature}`)
  if (!(topK >= 1)) throw new Error(`the likeliest tokens to draw among (topK) are at least 1, not ${topK}`)
  if (!(topP > 0 && topP <= 1)) throw new Error(`a nucleus (topP) has more than 0 and at most 1, not ${topP}`)
}

function checkDatum({ tokens, weights, scoreWeights }: Datum, config: LlamaConfig, outputs: number | undefined): void {
  checkTokens(tokens, config)
  if (tokens.length !== weights.length) throw new Error(`${tokens.length} tokens with ${weights.length} weights`)
  if ((weights[0] ?? 0) !== 0) throw new Error('the first token of a sequence is given, so its weight must be 0')
  if (scoreWeights === undefined) return
  if (outputs === undefined)
    throw new Error("there are weights for scores, and the engine has no head: open it with 'head'")
  if (tokens.length !== scoreWeights.length)
    throw new Error(`${tokens.length} tokens with weights for the scores of ${scoreWeights.length}`)
  const odd = scoreWeights.find((some) => some && some.length !== outputs)
  if (odd) throw new Error(`${odd.length} weights for the ${outputs} scores of a token`)
}
