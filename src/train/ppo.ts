/**
 * Proximal policy optimisation (Schulman et al. 2017) over an agent's steps: generalised advantage estimates, and the
 * clipped surrogate on the tokens of each step. The values are whoever's can tell them, such as a world's own
 * solution; a critic that learns them needs an engine with a value head.
 */
import type { Trajectory } from '../core/index.ts'
import type { Learner } from './lesson.ts'
import { policyGradient, type SurrogateOptions } from './policy-gradient.ts'

export interface Discount {
  /** γ: what a reward one step later is worth. */
  readonly gamma: number
  /** λ: 0 believes the values after one step, 1 believes the rewards alone. */
  readonly lambda: number
}

export interface PpoOptions extends Omit<SurrogateOptions, 'dynamicSampling'>, Partial<Discount> {
  /**
   * What was to be expected in each state that a step was taken in: one value per step; and one more, where given, for
   * the state after the last. Without that the end is worth nothing, even where a limit cut the attempt off.
   */
  readonly values: (trajectory: Trajectory) => readonly number[]
  /** How often each batch is gone through: with once and no minibatches there is nothing to clip. */
  readonly epochs: number
}

export function ppo({
  values,
  gamma = 0.99, //  Table 3: "Discount (γ) 0.99"
  lambda = 0.95, // Table 3: "GAE parameter (λ) 0.95"
  ...options
}: PpoOptions): Learner {
  return policyGradient(
    (scored_BG) =>
      scored_BG.map((scored_G) =>
        scored_G.map(({ trajectory, steps_T }) => {
          if (trajectory.steps.length === 0) return [0] // no state was acted in, so there is none to be better than
          return gae(steps_T, values(trajectory), { gamma, lambda })
        }),
      ),
    { ...options, dynamicSampling: false },
  )
}

/**
 * Generalised advantage estimates (Schulman et al. 2016 eq. 16): Aₜ = Σₗ (γλ)ˡ δₜ₊ₗ with δₜ = rₜ + γV(sₜ₊₁) − V(sₜ).
 * T rewards, and T values or T + 1: the last is of the state after the last reward, 0 where it is not given.
 */
export function gae(rewards_T: readonly number[], values: readonly number[], { gamma, lambda }: Discount): number[] {
  const T = rewards_T.length
  if (values.length !== T && values.length !== T + 1)
    throw new Error(
      `${values.length} values for ${T} steps: expected one for each, and at most one for what came after`,
    )
  const advantages_T: number[] = []
  let later = 0
  for (let t = T - 1; t >= 0; t--) {
    const delta = rewards_T[t]! + gamma * (values[t + 1] ?? 0) - values[t]!
    later = delta + gamma * lambda * later
    advantages_T.unshift(later)
  }
  return advantages_T
}
