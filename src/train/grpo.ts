/**
 * Group relative policy optimisation (Shao et al. 2024, DeepSeekMath): several attempts at one task are each other's
 * baseline. What an attempt did is good by how far its reward stands above its group's mean, in the group's own
 * standard deviations.
 */
import { type Advantages, type Learner, ofReturns, policyGradient } from './lesson.ts'

/** Keeps rewards that hardly differ from being divided by nothing. */
const EPSILON = 1e-6

export interface GrpoOptions {
  /**
   * What is compared: 'outcome', the return of the whole attempt, which every step shares (§4.1.2); or 'process',
   * what each step was paid, so that a step answers for what came after it alone (§4.1.3). 'outcome' unless given.
   */
  readonly supervision?: keyof typeof supervisions
}

/** One update from each batch of groups. */
export function grpo({ supervision = 'outcome' }: GrpoOptions = {}): Learner {
  return (groups) => policyGradient(groups, supervisions[supervision])
}

/** (rᵢ − mean(r)) / (std(r) + ε); all 0 where the rewards are equal, or there is but one. */
export function groupNormalised(rewards: readonly number[]): number[] {
  const mean = rewards.reduce((sum, r) => sum + r, 0) / rewards.length
  const std = Math.sqrt(rewards.reduce((sum, r) => sum + (r - mean) ** 2, 0) / rewards.length)
  return rewards.map((r) => (std === 0 ? 0 : (r - mean) / (std + EPSILON)))
}

/** r̃ = normalised over all steps of all attempts, "the sum of the normalized rewards from the following steps" §4.1.3. */
export const processAdvantages: Advantages = (paid_G) => {
  const rewards = groupNormalised(paid_G.flatMap(({ steps_T }) => steps_T)).values()
  return paid_G.map(({ steps_T }) => fromHereOn(steps_T.map(() => rewards.next().value!)))
}

const supervisions = { outcome: ofReturns(groupNormalised), process: processAdvantages } as const

/** Aₜ = Σ_{s ≥ t} rₛ. */
function fromHereOn(rewards_T: readonly number[]): number[] {
  let sum = 0
  return rewards_T
    .toReversed()
    .map((reward) => (sum += reward))
    .toReversed()
}
