/**
 * Draws completions for a batch of prompts: one prefill for each distinct prompt, then token by token with a
 * key-value cache that lives in plain arrays. Shapes as in llama.ts; R rows, one for each sample under way.
 */
import { type Random, random, type Sample, seedOf, type TokenSampling } from '../core/index.ts'
import type { Cache, Decoder } from './decoder.ts'
import { drawToken } from './draw.ts'
import { listenFor } from './stop-texts.ts'

export interface SampleRequest {
  readonly prompt: readonly number[]
  readonly sampling: TokenSampling
}

interface Row {
  readonly sample: { tokens: number[]; logprobs: number[]; entropies: number[]; finish: 'stop' | 'length' }
  readonly sampling: TokenSampling
  readonly random: Random
  /** Hears every token, and whether it completes a text to stop at. */
  readonly heard: (token: number) => boolean
  /** Its row in the current logits and cache. */
  at: number
  /** Tokens in its cache. */
  length: number
}

/** The cache grows by this many tokens at a time. */
const CHUNK = 32

/** Each request's samples, in order. Requests that share a prompt share its prefill. */
export async function sampleBatch(decoder: Decoder, requests: readonly SampleRequest[]): Promise<Sample[][]> {
  const places = new Map<string, number>()
  const prompts: (readonly number[])[] = []
  const rows = requests.map(({ prompt, sampling }) => {
    const key = prompt.join()
    const at = places.get(key) ?? prompts.push(prompt) - 1
    places.set(key, at)
    return Array.from({ length: sampling.n ?? 1 }, (_, i) => begin(sampling, i, at, prompt.length))
  })
  let { logits, cache } = await decoder.prefill(prompts)
  let alive = rows.flat()
  while (true) {
    alive = alive.filter((row) => draw(row, logits, decoder.config.vocabulary))
    if (alive.length === 0) return rows.map((group) => group.map((row) => row.sample))
    cache = arrange(cache, alive, decoder)
    const tokens = alive.map((row) => row.sample.tokens.at(-1) as number)
    const lengths = alive.map((row) => row.length)
    const next = await decoder.extend(tokens, lengths, cache)
    append(cache, next.cache, alive, decoder)
    logits = next.logits
  }
}

function begin(sampling: TokenSampling, i: number, at: number, length: number): Row {
  const sample: Row['sample'] = { tokens: [], logprobs: [], entropies: [], finish: 'length' }
  const heard = listenFor(sampling.stopTexts)
  return { sample, sampling, random: random(seedOf(sampling.seed, i)), heard, at, length }
}

/** Draws the row's next token; false when it was the last. */
function draw({ sample, sampling, random, heard, at }: Row, logits: Float32Array, vocabulary: number): boolean {
  const { maxTokens, stop } = sampling
  const drawn = drawToken(logits.subarray(at * vocabulary, (at + 1) * vocabulary), sampling, random)
  const { token, logprob, entropy } = drawn
  sample.tokens.push(token)
  // Seven decimals: finer than the arithmetic behind it, and a third of the disk.
  sample.logprobs.push(Math.round(logprob * 1e7) / 1e7)
  // Four: it is looked at, and nothing is calculated from it.
  sample.entropies.push(Math.round(entropy * 1e4) / 1e4)
  if (stop.includes(token) || heard(token)) sample.finish = 'stop'
  return sample.finish !== 'stop' && sample.tokens.length < maxTokens
}

/** The cache with one row for each sample under way, in order, and room for one more token in each. */
function arrange(cache: Cache, alive: readonly Row[], { config }: Decoder): Cache {
  const longest = Math.max(...alive.map((row) => row.length))
  const block = config.kvHeads * cache.capacity * config.headWidth
  const rows = cache.keys[0]!.length / block
  const inPlace = alive.length === rows && alive.every((row, i) => row.at === i)
  if (inPlace && longest < cache.capacity) return cache
  const capacity = longest < cache.capacity ? cache.capacity : Math.ceil((longest + 1) / CHUNK) * CHUNK
  const move = (from: Float32Array): Float32Array => {
    const to = new Float32Array(alive.length * config.kvHeads * capacity * config.headWidth)
    alive.forEach(({ at, length }, r) => {
      for (let head = 0; head < config.kvHeads; head++) {
        const start = (at * config.kvHeads + head) * cache.capacity * config.headWidth
        const target = (r * config.kvHeads + head) * capacity * config.headWidth
        to.set(from.subarray(start, start + length * config.headWidth), target)
      }
    })
    return to
  }
  const moved = { capacity, keys: cache.keys.map(move), values: cache.values.map(move) }
  alive.forEach((row, r) => {
    row.at = r
  })
  return moved
}

/** Writes each row's newest key and value, [R, K, 1, d], behind its earlier ones. */
function append(cache: Cache, fresh: Cache, alive: readonly Row[], { config }: Decoder): void {
  const { kvHeads, headWidth } = config
  const write = (to: Float32Array, from: Float32Array): void => {
    alive.forEach(({ length }, r) => {
      for (let head = 0; head < kvHeads; head++) {
        const source = (r * kvHeads + head) * headWidth
        to.set(from.subarray(source, source + headWidth), ((r * kvHeads + head) * cache.capacity + length) * headWidth)
      }
    })
  }
  cache.keys.forEach((to, i) => {
    write(to, fresh.keys[i]!)
  })
  cache.values.forEach((to, i) => {
    write(to, fresh.values[i]!)
  })
  for (const row of alive) row.length++
}
