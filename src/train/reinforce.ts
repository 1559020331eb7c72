/** REINFORCE (Williams 1992): raise what paid more than a baseline, lower what paid less. */
import type { Learner } from './lesson.ts'
import { ofReturns, policyGradient } from './policy-gradient.ts'

/** A group's returns to an advantage for each attempt: same length, same order. */
export type Baseline = (returns_G: readonly number[]) => number[]

/** Aᵢ = rᵢ */
export const noBaseline: Baseline = (returns_G) => [...returns_G]

/** Aᵢ = rᵢ − mean(r). */
export const groupMean: Baseline = (returns_G) => {
  const mean = returns_G.reduce((sum, r) => sum + r, 0) / returns_G.length
  return returns_G.map((r) => r - mean)
}

/** Aᵢ = rᵢ − the mean of the others (RLOO, Kool et al. 2019); 0 for a group of one. */
export const leaveOneOut: Baseline = (returns_G) => {
  const G = returns_G.length
  const sum = returns_G.reduce((total, r) => total + r, 0)
  return returns_G.map((r) => (G > 1 ? r - (sum - r) / (G - 1) : 0))
}

/** One update from each batch of groups, the mean over its tokens. */
export function reinforce({ baseline = leaveOneOut }: { readonly baseline?: Baseline } = {}): Learner {
  return policyGradient(ofReturns(baseline))
}
