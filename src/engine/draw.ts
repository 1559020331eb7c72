/** Draws one token from logits: temperature, then the k likeliest, then the nucleus, the order in which everybody applies them. */
import type { Random, TokenSampling } from '../core/index.ts'

export type Drawing = Pick<TokenSampling, 'temperature' | 'topK' | 'topP'>

export interface Drawn {
  readonly token: number
  /** Under the distribution it was drawn from; at temperature 0, where it is the likeliest, under temperature 1. */
  readonly logprob: number
  /** Of that distribution, in nats. */
  readonly entropy: number
}

export function drawToken(logits: Float32Array, how: Drawing, random: Random): Drawn {
  const { temperature = 1 } = how
  const scale = temperature > 0 ? 1 / temperature : 1
  let best = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i
  const top = logits[best]!
  const weight = (id: number): number => Math.exp((logits[id]! - top) * scale)
  const kept = temperature > 0 ? truncated(logits, weight, how) : undefined
  const count = kept?.length ?? logits.length
  const weights = new Float64Array(count)
  let [sum, heights] = [0, 0]
  for (let i = 0; i < count; i++) {
    const x = (logits[kept ? kept[i]! : i]! - top) * scale
    const w = Math.exp(x)
    weights[i] = w
    sum += w
    heights += w * x
  }
  let token = best
  if (temperature > 0) {
    let left = random.next() * sum
    for (let i = 0; i < count; i++) {
      left -= weights[i]!
      if (left < 0) {
        token = kept ? kept[i]! : i
        break
      }
    }
  }
  // With p = eˣ / Σ eˣ, −Σ p·log p is log Σ eˣ − Σ eˣ·x / Σ eˣ.
  const entropy = Math.max(0, Math.log(sum) - heights / sum)
  return { token, logprob: (logits[token]! - top) * scale - Math.log(sum), entropy }
}

type Weight = (id: number) => number

/** The ids that may be drawn, likeliest first; undefined where all may. */
function truncated(logits: Float32Array, weight: Weight, { topK = Infinity, topP = 1 }: Drawing): number[] | undefined {
  const few = topK < logits.length ? likeliest(logits, topK) : undefined
  return topP < 1 ? nucleus(logits, weight, { topP, few }) : few
}

/** The k ids of the largest logits (Fan et al. 2018), largest first; of equal ones the lower id. */
function likeliest(logits: Float32Array, k: number): number[] {
  const ids: number[] = []
  for (let id = 0; id < logits.length; id++) {
    if (ids.length === k && logits[id]! <= logits[ids[k - 1]!]!) continue
    let [low, high] = [0, ids.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (logits[ids[middle]!]! >= logits[id]!) low = middle + 1
      else high = middle
    }
    ids.splice(low, 0, id)
    if (ids.length > k) ids.pop()
  }
  return ids
}

/** The fewest ids whose probability comes to at least topP (Holtzman et al. 2020), among `few` where those are given. */
function nucleus(
  logits: Float32Array,
  weight: Weight,
  { topP, few }: { readonly topP: number; readonly few: readonly number[] | undefined },
): number[] {
  let total = 0
  if (few) for (const id of few) total += weight(id)
  else for (let id = 0; id < logits.length; id++) total += weight(id)
  let ranked = few
  if (!ranked) {
    // All the ids below this weight come to less than what the nucleus leaves out: none of them need be sorted.
    const least = ((1 - topP) * total) / logits.length
    const candidates: number[] = []
    for (let id = 0; id < logits.length; id++) if (weight(id) >= least) candidates.push(id)
    ranked = candidates.sort((a, b) => logits[b]! - logits[a]! || a - b)
  }
  let mass = 0
  const last = ranked.findIndex((id) => {
    mass += weight(id)
    return mass >= topP * total
  })
  return last < 0 ? [...ranked] : ranked.slice(0, last + 1)
}
