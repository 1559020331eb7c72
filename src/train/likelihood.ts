/** How likely a policy finds what was said: log-probabilities of sequences, asked for once and looked up. */
import type { Engine } from '../core/index.ts'
import type { Sequence } from './sequence.ts'

/** An engine that is asked and not changed: a frozen reference, or the policy between two updates. */
export type Scorer = Pick<Engine, 'logprobs'>

/** Per sequence, the log-probability of each of its tokens. */
export type Likelihoods = ReadonlyMap<Sequence, readonly number[]>

/** Asks the engine once, and not at all for nothing. */
export async function likelihoods(scorer: Scorer, sequences: readonly Sequence[]): Promise<Likelihoods> {
  if (sequences.length === 0) return new Map()
  const logprobs = await scorer.logprobs(sequences.map(({ tokens }) => tokens))
  return new Map(sequences.map((sequence, i) => [sequence, logprobs[i]!]))
}

/** log π(y|x): Σ log p over everything sampled in these sequences; context is given. */
export function logprobOf(sequences: readonly Sequence[], logprobs: Likelihoods): number {
  let sum = 0
  for (const sequence of sequences) {
    const logprob = logprobs.get(sequence)!
    for (const [i, sampled] of sequence.sampled.entries()) if (sampled !== null) sum += logprob[i]!
  }
  return sum
}

/** σ(x) = 1 / (1 + e⁻ˣ). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** log σ(x), without running out of numbers where x is far below 0. */
export function logSigmoid(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)))
}
