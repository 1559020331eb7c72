/** Rewards beside the outcome, in forms that keep the outcome in charge. One number per step, in order. */

/**
 * 0 up to `free` tokens, falling evenly to −1 at `most`, and −1 beyond: the soft overlong punishment of DAPO (Yu et al.
 * 2025). Throws unless free < most.
 */
export function overlong(tokens: number, { free, most }: { readonly free: number; readonly most: number }): number {
  if (!(free < most)) throw new Error(`a length is free up to less than its most, not up to ${free} of ${most}`)
  return -Math.min(1, Math.max(0, (tokens - free) / (most - free)))
}

/**
 * γΦ(s′) − Φ(s) for each of T steps, from the potentials of the T + 1 states. The last state is an end, whose potential
 * is taken as 0: so the best policy stays the best (Ng, Harada and Russell 1999), and the discounted sum is −Φ(s₀).
 */
export function potentialShaping(potentials: readonly number[], gamma = 1): number[] {
  const last = potentials.length - 1
  return potentials.slice(0, -1).map((now, i) => (i + 1 === last ? 0 : gamma * potentials[i + 1]!) - now)
}

/** min(r − η, 0): no step pays, so no number of steps does (Clip; Gao et al. 2024, "On designing effective RL reward"). */
export function clip(rewards: readonly number[], eta: number): number[] {
  return rewards.map((reward) => Math.min(reward - eta, 0))
}

/**
 * r_k − r_{k+1}, and the last as it is: what is earned from step k on is r_k, however many steps follow (Delta; Gao et
 * al. 2024).
 */
export function delta(rewards: readonly number[]): number[] {
  return rewards.map((reward, k) => reward - (rewards[k + 1] ?? 0))
}
