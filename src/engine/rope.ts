/** The angles of rotary positions (Su et al. 2021), and the ways checkpoints stretch them over longer contexts. */

export type RopeScaling =
  /** Position interpolation (Chen et al. 2023): every angle is smaller. */
  | { readonly kind: 'linear'; readonly factor: number }
  /** NTK-aware (bloc97 2023): a larger base, so that the slowest pair is interpolated by the factor, the fastest not at all. */
  | { readonly kind: 'ntk'; readonly factor: number }
  /**
   * transformers' dynamic NTK: plain up to the context, and beyond it a base that grows with the sequence. No table of
   * angles holds that, and keys in a cache would have been turned by another base than the queries that meet them; so
   * it is plain here, and there are no sequences beyond the context.
   */
  | { readonly kind: 'dynamic'; readonly factor: number }
  /** Every pair has a number of its own that its angle is divided by. */
  | { readonly kind: 'factors'; readonly factors: readonly number[] }
  /**
   * Entropy-ABF (Zhang et al. 2024, arXiv 2401.07004): the base is `ropeTheta`, raised ("500,000" for Llama 2's 10,000),
   * and scores are sharper the later their query stands.
   */
  | {
      readonly kind: 'entropy-abf'
      readonly originalContext: number
      /** The layers from the first that are left as they are: 2 in the paper. */
      readonly plainLayers: number
    }
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
  /** What queries and keys are multiplied by. */
  readonly magnitude: number
}

/** Throws a sentence on numbers that no angles come of. */
export function checkRotary({ headWidth, ropeTheta, ropeScaling }: Rotary): void {
  if (headWidth % 2 !== 0) throw new Error(`rotary positions need an even head width, not ${headWidth}`)
  if (ropeScaling?.kind === 'ntk' && headWidth < 4)
    throw new Error(`NTK-aware scaling needs heads of at least 4 numbers, not ${headWidth}: one pair has no slowest`)
  if (ropeScaling?.kind === 'entropy-abf' && !(ropeScaling.originalContext > 1))
    throw new Error(
      `Entropy-ABF takes the logarithm to an original context above 1, not ${ropeScaling.originalContext}`,
    )
  if (ropeScaling?.kind === 'factors') checkFactors(ropeScaling.factors, headWidth)
  const { frequencies, magnitude } = anglesOf({ headWidth, ropeTheta, ...(ropeScaling && { ropeScaling }) })
  const wild = [magnitude, ...frequencies].find((value) => !(value > 0 && value < MOST))
  if (wild !== undefined)
    throw new Error(
      `rotary positions of base ${ropeTheta} come to ${wild}, and neither angles nor magnitudes can be that`,
    )
}

/** Radians, or a factor. Angles that are plain begin at 1. */
const MOST = 1000

function checkFactors(factors: readonly number[], headWidth: number): void {
  if (factors.length !== headWidth / 2)
    throw new Error(`${factors.length} factors do not fit the ${headWidth / 2} pairs of a head of ${headWidth} numbers`)
  const wrong = factors.find((factor) => !(factor > 0 && factor < Number.POSITIVE_INFINITY))
  if (wrong !== undefined) throw new Error(`what a pair's angle is divided by is a positive number, not ${wrong}`)
}

/** Pair i turns by theta^(−2i/d) a position, and less where that is scaled. */
export function anglesOf(rotary: Rotary): Angles {
  const { headWidth, ropeTheta, ropeScaling: scaling } = rotary
  const plain = powers(ropeTheta, headWidth)
  switch (scaling?.kind) {
    case undefined:
    case 'dynamic':
    case 'entropy-abf':
      return { frequencies: plain, magnitude: 1 }
    case 'linear':
      return { frequencies: plain.map((f) => f / scaling.factor), magnitude: 1 }
    case 'ntk':
      return { frequencies: powers(ntkBase(rotary, scaling.factor), headWidth), magnitude: 1 }
    case 'factors':
      return { frequencies: plain.map((f, i) => f / scaling.factors[i]!), magnitude: 1 }
    case 'llama3': {
      const { low, high, originalContext } = scaling
      // Waves in the original context, from none of it kept at `low` to all of it at `high`.
      const share = (f: number): number => within((originalContext * f) / (2 * Math.PI), low, high)
      return { frequencies: blend(plain, scaling.factor, share), magnitude: 1 }
    }
    case 'yarn':
      return { frequencies: yarn(plain, scaling, rotary), magnitude: scaling.magnitude }
  }
}

/** theta·factor^(d/(d−2)): with it the slowest pair turns 1/factor as fast. */
export const ntkBase = ({ headWidth, ropeTheta }: Rotary, factor: number): number =>
  ropeTheta * factor ** (headWidth / (headWidth - 2))

/** What a query at that position is multiplied by in that layer, on top of the magnitude. */
export function sharpness(scaling: RopeScaling | undefined, layer: number, position: number): number {
  if (scaling?.kind !== 'entropy-abf' || layer < scaling.plainLayers) return 1
  return Math.max(1, Math.log(position + 1) / Math.log(scaling.originalContext))
}

const powers = (theta: number, headWidth: number): number[] =>
  Array.from({ length: headWidth / 2 }, (_, i) => theta ** ((-2 * i) / headWidth))

/** Each frequency as it is for its share, and interpolated for the rest. */
const blend = (plain: readonly number[], factor: number, share: (f: number, i: number) => number): number[] =>
  plain.map((f, i) => (1 - share(f, i)) * (f / factor) + share(f, i) * f)

function yarn(
  plain: readonly number[],
  { factor, originalContext, fast, slow }: Extract<RopeScaling, { kind: 'yarn' }>,
  { headWidth, ropeTheta }: Rotary,
): number[] {
  // The pair that turns so often within the original context.
  const pairOf = (turns: number): number =>
    (headWidth * Math.log(originalContext / (2 * Math.PI * turns))) / (2 * Math.log(ropeTheta))
  const first = Math.max(0, Math.floor(pairOf(fast)))
  const last = Math.min(headWidth - 1, Math.ceil(pairOf(slow)))
  const width = last === first ? 0.001 : last - first
  return blend(plain, factor, (_, i) => 1 - within(i, first, first + width))
}

/** 0 up to `from`, 1 from `to` on, straight between. */
const within = (x: number, from: number, to: number): number => Math.min(1, Math.max(0, (x - from) / (to - from)))
