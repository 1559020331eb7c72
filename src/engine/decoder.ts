/**
 * A decoder's weights and the sessions that run them, on the calling thread. Sequences go in ragged and are padded
 * on the right: a token never looks right, so padding changes nothing. Shapes as in llama.ts.
 */

import type { Int8Weights } from './int8.ts'
import {
  type Asked,
  type Extras,
  type LlamaConfig,
  type Parameters,
  samplingGraph,
  scoringGraph,
  trainingGraph,
} from './llama.ts'
import { type Feed, openSession, type Session } from './session.ts'

/** Per layer, keys and values of R rows: [R, K, capacity, d]. */
export interface Cache {
  readonly capacity: number
  readonly keys: readonly Float32Array[]
  readonly values: readonly Float32Array[]
}

const NONE: Wanted = { places: [] }
const EMPTY = new Float32Array()

/** What a masked score gets added: exp of it is 0 in 32 bits. */
const NEVER = -1e9

type Graphs = 'prefill' | 'extend' | `${'score' | 'train'} ${Asked}`

/** Tokens of a batch of sequences. */
export type Places = readonly (readonly [sequence: number, token: number])[]

/** What is wanted of some tokens: M log-probabilities, or N·k scores. */
export interface Wanted {
  readonly places: Places
  /** Σ cotangent·what is wanted is what gradients are of; as long as that. */
  readonly cotangent?: readonly number[]
}

export interface Scored {
  /** [M], in the order of the places; empty where none was wanted. */
  readonly logprobs: Float32Array
  /** [N, k] */
  readonly scores: Float32Array
  /** Of the weights that are learned and bear on what was wanted. */
  readonly gradients: ReadonlyMap<string, Float32Array>
}

export class Decoder {
  readonly config: LlamaConfig
  readonly parameters: Parameters
  readonly #threads: number
  readonly #extras: Extras
  readonly #int8: Int8Weights | undefined
  readonly #sessions = new Map<Graphs, Promise<Session>>()
  #mask: { length: number; feed: Feed } | undefined

  /**
   * `parameters`: the weights, and those of the adapters and of the head that scores where there are any; without
   * those that `weights` has in 8 bits, where it is given.
   */
  constructor(
    config: LlamaConfig,
    parameters: Parameters,
    {
      threads,
      weights,
      ...extras
    }: Omit<Extras, 'int8'> & { readonly threads: number; readonly weights?: Int8Weights | undefined },
  ) {
    this.config = config
    this.parameters = parameters
    this.#threads = threads
    this.#int8 = weights
    this.#extras = { ...extras, int8: weights !== undefined }
  }

  /** Logits [B, V] after each sequence, and the cache it leaves. */
  async prefill(sequences: readonly (readonly number[])[]): Promise<{ logits: Float32Array; cache: Cache }> {
    const length = Math.max(...sequences.map((tokens) => tokens.length))
    const rows = integers(sequences.map((tokens, b) => b * length + tokens.length - 1))
    const results = await this.#run('prefill', { ...this.#padded(sequences, length), rows })
    return { logits: results['logits']!, cache: this.#cacheOf(results, length) }
  }

  /** One more token for each of R rows that hold `lengths` tokens each. The cache returned holds the new ones alone. */
  async extend(
    tokens: readonly number[],
    lengths: readonly number[],
    past: Cache,
  ): Promise<{ logits: Float32Array; cache: Cache }> {
    const { heads, kvHeads, headWidth, layers } = this.config
    const R = tokens.length
    const groups = heads / kvHeads
    const pastMask = new Float32Array(R * past.capacity).fill(NEVER)
    lengths.forEach((length, r) => pastMask.fill(0, r * past.capacity, r * past.capacity + length))
    const feeds: Record<string, Feed> = {
      tokens: integers(tokens, [R, 1]),
      positions: integers(lengths, [R, 1]),
      rows: integers(tokens.map((_, r) => r)),
      mask: { data: new Float32Array(groups), dims: [1, 1, groups, 1] },
      pastMask: { data: pastMask, dims: [R, 1, 1, past.capacity] },
      lengths: integers([past.capacity, 1]),
    }
    const dims = [R, kvHeads, past.capacity, headWidth]
    for (let i = 0; i < layers; i++) {
      feeds[`past.k.${i}`] = { data: past.keys[i]!, dims }
      feeds[`past.v.${i}`] = { data: past.values[i]!, dims }
    }
    const results = await this.#run('extend', feeds)
    return { logits: results['logits']!, cache: this.#cacheOf(results, 1) }
  }

  /**
   * log p of some tokens given those before them, and scores of some given themselves as well; where there are
   * cotangents (for all or for none), gradients too.
   */
  async score(
    sequences: readonly (readonly number[])[],
    { logprobs = NONE, scores = NONE }: { readonly logprobs?: Wanted; readonly scores?: Wanted },
  ): Promise<Scored> {
    const [targets, scored] = [logprobs.places, scores.places]
    // A token's log-probability is read at the one before it.
    const length = Math.max(0, ...targets.map(([, t]) => t), ...scored.map(([, t]) => t + 1))
    const feeds = this.#padded(sequences, length)
    const asked: Asked = scored.length === 0 ? 'logprob' : targets.length === 0 ? 'score' : 'both'
    if (asked !== 'score') {
      feeds['rows'] = integers(targets.map(([b, t]) => b * length + t - 1))
      feeds['targets'] = integers(targets.map(([b, t]) => sequences[b]![t]!))
      if (logprobs.cotangent) feeds['cotangent.logprob'] = numbers(logprobs.cotangent, [targets.length])
    }
    if (asked !== 'logprob') {
      feeds['scoreRows'] = integers(scored.map(([b, t]) => b * length + t))
      if (scores.cotangent) feeds['cotangent.score'] = numbers(scores.cotangent, [scored.length, this.#extras.outputs!])
    }
    const trains = (logprobs.cotangent ?? scores.cotangent) !== undefined
    const { logprob = EMPTY, score = EMPTY, ...rest } = await this.#run(`${trains ? 'train' : 'score'} ${asked}`, feeds)
    const gradients = new Map(Object.entries(rest).map(([name, data]) => [name.slice(2), data]))
    return { logprobs: logprob, scores: score, gradients }
  }

  async release(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release()
    this.#sessions.clear()
  }

  #run(graph: Graphs, feeds: Record<string, Feed>): Promise<Record<string, Float32Array>> {
    const session = this.#sessions.get(graph) ?? openSession(this.#emit(graph), this.#threads)
    this.#sessions.set(graph, session)
    return session.then((open) => open.run({ ...Object.fromEntries(this.parameters), ...this.#quantised(), ...feeds }))
  }

  #quantised(): Record<string, Feed> {
    const feeds: Record<string, Feed> = {}
    for (const [name, { dims, data, scales }] of this.#int8 ?? []) {
      feeds[`${name}.int8`] = { data, dims }
      feeds[`${name}.scales`] = { data: scales, dims: [scales.length] }
    }
    return feeds
  }

  #emit(graph: Graphs): Uint8Array {
    const [kind, asked] = graph.split(' ') as [string, Asked]
    if (kind === 'train') return trainingGraph(this.config, this.#extras, asked)
    if (kind === 'score') return scoringGraph(this.config, this.#extras, asked)
    return samplingGraph(this.config, { cached: graph === 'extend', ...this.#extras })
  }

  /** The inputs that a batch of sequences has in common, each cut or padded to `length`. */
  #padded(sequences: readonly (readonly number[])[], length: number): Record<string, Feed> {
    const B = sequences.length
    const tokens = new BigInt64Array(B * length)
    const positions = new BigInt64Array(B * length)
    sequences.forEach((sequence, b) => {
      for (let t = 0; t < length; t++) {
        tokens[b * length + t] = BigInt(sequence[t] ?? 0)
        positions[b * length + t] = BigInt(t)
      }
    })
    const dims = [B, length]
    return { tokens: { data: tokens, dims }, positions: { data: positions, dims }, mask: this.#causal(length) }
  }

  /** [1, 1, G·T, T]: token t looks at 0…t. */
  #causal(length: number): Feed {
    if (this.#mask?.length === length) return this.#mask.feed
    const groups = this.config.heads / this.config.kvHeads
    const data = new Float32Array(groups * length * length)
    for (let row = 0; row < groups * length; row++)
      data.fill(NEVER, row * length + (row % length) + 1, (row + 1) * length)
    const feed = { data, dims: [1, 1, groups * length, length] }
    this.#mask = { length, feed }
    return feed
  }

  #cacheOf(results: Record<string, Float32Array>, capacity: number): Cache {
    const layers = Array.from({ length: this.config.layers }, (_, i) => i)
    const take = (name: string): Float32Array[] => layers.map((i) => results[`${name}.${i}`]!)
    return { capacity, keys: take('k'), values: take('v') }
  }
}

function integers(values: readonly number[], dims: readonly number[] = [values.length]): Feed {
  return { data: BigInt64Array.from(values, BigInt), dims }
}

const numbers = (values: readonly number[], dims: readonly number[]): Feed => ({
  data: Float32Array.from(values),
  dims,
})
