/**
 * Proximal policy optimisation (Schulman et al. 2017) over an agent's steps: generalised advantage estimates, and the
 * clipped surrogate on the tokens of each step. The values are a critic's, which learns them, or whoever's can tell
 * them, such as a world's own solution.
 */
import type { Trajectory } from '../core/index.ts'
import { appraise, type CriticOptions } from './critic.ts'
import { type Learner, scoredOf } from './lesson.ts'
import { isCutOff, policyGradient, type SurrogateOptions } from './policy-gradient.ts'

export interface Discount {
  /** γ: what a reward one step later is worth. */
  readonly gamma: number
  /** λ: 0 believes the values after one step, 1 believes the rewards alone. */
  readonly lambda: number
}

interface Surrogate extends Omit<SurrogateOptions, 'dynamicSampling'>, Partial<Discount> {
  /** How often each batch is gone through: with once and no minibatches there is nothing to clip. */
  readonly epochs: number
}

export interface ValuesOptions extends Surrogate {
  /**
   * What was to be expected in each state that a step was taken in: one value per step; and one more, where given, for
   * the state after the last. Without that the end is worth nothing, even where a limit cut the attempt off.
   */
  readonly values: (trajectory: Trajectory) => readonly number[]
  readonly critic?: never
}

export interface LearnedOptions extends Surrogate {
  /**
   * Learns the values, round by round, from every scored attempt (with overlong filtering, from those that no limit
   * cut off). What comes after the last step is worth nothing.
   */
  readonly critic: CriticOptions
  readonly values?: never
}

export type PpoOptions = ValuesOptions | LearnedOptions

/** With a critic the lesson's figures are its mean `value loss` and `explained variance` as well. */
export function ppo(options: PpoOptions): Learner {
  return options.critic ? withCritic(options) : withValues(options)
}

function withValues({ values, ...options }: Omit<ValuesOptions, 'critic'>): Learner {
  return policyGradient(
    (scored_BG) =>
      scored_BG.map((scored_G) =>
        scored_G.map(({ trajectory, steps_T }) => {
          if (trajectory.steps.length === 0) return [0] // no state was acted in, so there is none to be better than
          return gae(steps_T, values(trajectory), discountOf(options))
        }),
      ),
    { ...options, dynamicSampling: false },
  )
}

function withCritic({ critic, ...options }: LearnedOptions): Learner {
  return async function* (groups, learning) {
    const scored = groups.flatMap(scoredOf).filter(({ trajectory }) => trajectory.steps.length > 0)
    const { values, learn } = await appraise(
      critic,
      scored.map(({ trajectory }) => trajectory),
    )
    const { skipped, figures } = yield* withValues({ ...options, values })(groups, learning)
    const taught = scored.filter(({ trajectory }) => !(options.overlongFiltering && isCutOff(trajectory)))
    const targets = taught.map(({ trajectory, steps_T }) => {
      const values_T = values(trajectory)
      return [trajectory, gae(steps_T, values_T, discountOf(options)).map((a, t) => a + values_T[t]!)] as const
    })
    return { skipped, figures: { ...figures, ...(await learn(new Map(targets), learning.random)) } }
  }
}

function discountOf({
  gamma = 0.99, //  Table 3: "Discount (γ) 0.99"
  lambda = 0.95, // Table 3: "GAE parameter (λ) 0.95"
}: Partial<Discount>): Discount {
  return { gamma, lambda }
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
