/** How far two models' log-probabilities of the same text are apart: what a cheaper copy of the weights costs. */
import type { Engine } from '../core/index.ts'

export interface Mismatch {
  /** How many were compared: every token but each sequence's first. */
  readonly tokens: number
  /** Of |Δ|, Δ = log p − log p of the reference. */
  readonly mean: number
  readonly max: number
  /**
   * Mean of exp(Δ) − 1 − Δ (k3, Schulman 2020): where the reference sampled the text, an estimate of
   * KL(reference ‖ engine) in nats per token.
   */
  readonly kl: number
}

/** Throws where there is no token to compare. */
export async function mismatch(
  engine: Pick<Engine, 'logprobs'>,
  reference: Pick<Engine, 'logprobs'>,
  sequences: readonly (readonly number[])[],
): Promise<Mismatch> {
  const [ours, theirs] = [await engine.logprobs(sequences), await reference.logprobs(sequences)]
  const deltas = ours.flatMap((row, s) => row.slice(1).map((logprob, t) => logprob - theirs[s]![t + 1]!))
  if (deltas.length === 0) throw new Error('there is no token to compare: give sequences of two or more')
  const mean = (of: (delta: number) => number): number => deltas.reduce((sum, d) => sum + of(d), 0) / deltas.length
  return {
    tokens: deltas.length,
    mean: mean(Math.abs),
    max: deltas.reduce((most, delta) => Math.max(most, Math.abs(delta)), 0),
    kl: mean((delta) => Math.expm1(delta) - delta),
  }
}
