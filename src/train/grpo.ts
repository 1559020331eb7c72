/**
 * Group relative policy optimisation (Shao et al. 2024, DeepSeekMath): several attempts at one task are each other's
 * baseline. An attempt is good by how far its return stands above its group's mean, in the group's own deviations.
 */
import { type Advantages, type Learner, policyGradient } from './lesson.ts'

/** Keeps a group whose returns hardly differ from being divided by nothing. */
const EPSILON = 1e-6

/** Aᵢ = (rᵢ − mean(r)) / (std(r) + ε); all 0 where the group's returns are equal, or there is but one. */
export const groupNormalised: Advantages = (returns_G) => {
  const G = returns_G.length
  const mean = returns_G.reduce((sum, r) => sum + r, 0) / G
  const std = Math.sqrt(returns_G.reduce((sum, r) => sum + (r - mean) ** 2, 0) / G)
  return returns_G.map((r) => (std === 0 ? 0 : (r - mean) / (std + EPSILON)))
}

/** One update from each batch of groups. */
export const grpo: Learner = (groups) => policyGradient(groups, groupNormalised)
