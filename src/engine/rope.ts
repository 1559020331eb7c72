/** The angles of rotary positions (Su et al. 2021), and the ways checkpoints stretch them over longer contexts. */

export type RopeScaling =
  /** Position interpolation (Chen et al. 2023): every angle is smaller. */
  | { readonly kind: 'linear'; readonly factor: number }
  /** Llama 3.1's: slow angles are smaller, fast ones as they were, those between in between. */
  | {
      readonly kind: 'llama3'
      readonly factor: number
      /** Waves longer than originalContext / low are slow, those shorter than originalContext / high fast. */
      readonly low: number
      readonly high: number
      readonly originalContext: number
    }
  /** YaRN (Peng et al. 2023): the same by turns taken within the original context, and sharper attention. */
  | {
      readonly kind: 'yarn'
      readonly factor: number
      readonly originalContext: number
      /** Angles that turn more often than `fast` stay, those that turn less often than `slow` are interpolated. */
      readonly fast: number
      readonly slow: number
      /** What queries and keys are multiplied by. */
      readonly magnitude: number
    }

export interface Rotary {
  readonly headWidth: number
  readonly ropeTheta: number
  readonly ropeScaling?: RopeScaling
}

export interface Angles {
  /** Radians per position, for each of the d/2 pairs. */
  readonly frequencies: readonly number[]
  readonly magnitude: number
}

/** Pair i turns by theta^(−2i/d) a position, and less where that is scaled. */
export function anglesOf({ headWidth, ropeTheta, ropeScaling }: Rotary): Angles {
  const plain = Array.from({ length: headWidth / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headWidth))
  if (!ropeScaling) return { frequencies: plain, magnitude: 1 }
  const { factor } = ropeScaling
  if (ropeScaling.kind === 'linear') return { frequencies: plain.map((f) => f / factor), magnitude: 1 }
  const blend = (share: (f: number, i: number) => number): number[] =>
    plain.map((f, i) => (1 - share(f, i)) * (f / factor) + share(f, i) * f)
  const { originalContext } = ropeScaling
  if (ropeScaling.kind === 'llama3') {
    const { low, high } = ropeScaling
    // Waves in the original context, from none of it kept at `low` to all of it at `high`.
    const frequencies = blend((f) => within((originalContext * f) / (2 * Math.PI), low, high))
    return { frequencies, magnitude: 1 }
  }
  const { fast, slow, magnitude } = ropeScaling
  // The pair that turns so often within the original context.
  const pairOf = (turns: number): number =>
    (headWidth * Math.log(originalContext / (2 * Math.PI * turns))) / (2 * Math.log(ropeTheta))
  const first = Math.max(0, Math.floor(pairOf(fast)))
  const last = Math.min(headWidth - 1, Math.ceil(pairOf(slow)))
  const width = last === first ? 0.001 : last - first
  return { frequencies: blend((_, i) => 1 - within(i, first, first + width)), magnitude }
}

/** 0 up to `from`, 1 from `to` on, straight between. */
const within = (x: number, from: number, to: number): number => Math.min(1, Math.max(0, (x - from) / (to - from)))
