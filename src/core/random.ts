/**
 * Seeded, splittable randomness: the only source of chance in Ludus (law 7). A split is a function of the
 * parent's seed and a label, never of how much the parent has drawn, so order and concurrency change nothing.
 */

export interface Random {
  readonly seed: number
  /** Uniform in [0, 1), 32 bits. */
  next(): number
  /** Uniform integer in [0, n). Throws unless n is a positive integer. */
  int(n: number): number
  /** Throws on an empty list. */
  pick<T>(items: readonly T[]): T
  /** A new list in random order (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[]
  /** Standard normal (Box–Muller). */
  normal(): number
  split(...labels: readonly (string | number)[]): Random
}

/** A 53-bit seed that is a function of its parts alone. The parts' kinds and borders count: ('a', 'b') is not ('ab'). */
export function seedOf(...parts: readonly (string | number)[]): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  const text = JSON.stringify(parts)
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 2654435761)
    b = Math.imul(b ^ c, 1597334677)
  }
  return (mix(b ^ (a >>> 15)) & 0x1fffff) * 2 ** 32 + mix(a ^ (b >>> 13))
}

/** A generator (sfc32) whose whole stream is a function of `seed`. */
export function random(seed: number): Random {
  if (!Number.isFinite(seed)) throw new Error(`a seed is a finite number, not ${seed}`)
  const low = seed >>> 0
  const high = Math.floor(seed / 2 ** 32) >>> 0
  let a = mix(low ^ 0x9e3779b9)
  let b = mix(high ^ 0x243f6a88)
  let c = mix(low ^ Math.imul(high, 0x85ebca6b) ^ 0xb7e15162)
  let d = 1
  const next = (): number => {
    const t = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return (t >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) next()

  const int = (n: number): number => {
    if (!Number.isInteger(n) || n < 1) throw new Error(`a random integer needs a positive bound, not ${n}`)
    return Math.floor(next() * n)
  }
  return {
    seed,
    next,
    int,
    pick: (items) => {
      if (items.length === 0) throw new Error('cannot pick from an empty list')
      return items[int(items.length)] as (typeof items)[number]
    },
    shuffle: (items) => {
      const out = [...items]
      for (let i = out.length - 1; i > 0; i--) {
        const j = int(i + 1)
        const held = out[i] as (typeof out)[number]
        out[i] = out[j] as (typeof out)[number]
        out[j] = held
      }
      return out
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    split: (...labels) => random(seedOf(seed, ...labels)),
  }
}

/** The 32-bit finaliser of MurmurHash3. */
function mix(x: number): number {
  let h = x
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
