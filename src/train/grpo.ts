/**
 * Group relative policy optimisation (Shao et al. 2024, DeepSeekMath): several attempts at one task are each other's
 * baseline. What an attempt did is good by how far its reward stands above its group's mean, in the group's own
 * standard deviations. What others changed about it is one flag each (Liu et al. 2025, "Tricks or Traps?", take them
 * one by one): Dr. GRPO, DAPO and Lite-PPO are settings.
 */
import type { Learner, Paid } from './lesson.ts'
import { policyGradient, type SurrogateOptions } from './policy-gradient.ts'

/** Keeps rewards that hardly differ from being divided by nothing. */
const EPSILON = 1e-6

/** With none of them: one update from each batch of groups, the mean over its tokens. */
export interface GrpoOptions extends SurrogateOptions {
  /**
   * What is compared: 'outcome', the return of the whole attempt, which every step shares (§4.1.2); or 'process',
   * what each step was paid, so that a step answers for what came after it alone (§4.1.3). 'outcome' unless given.
   */
  readonly supervision?: 'outcome' | 'process'
  /**
   * What a reward is measured by. 'group', unless given: its group's mean and standard deviation. 'batch': those of
   * all rewards of the batch. 'group-mean-batch-std': one of each (Lite-PPO). 'none': the group's mean, with nothing
   * divided by (Dr. GRPO, Liu et al. 2025); without even that it is REINFORCE.
   */
  readonly normalisation?: keyof typeof normalisations
}

export function grpo(options: GrpoOptions = {}): Learner {
  return policyGradient((scored_BG) => groupAdvantages(scored_BG, options), options)
}

/**
 * What a batch of groups was paid to the advantage of each of their steps. With process supervision that is "the sum
 * of the normalized rewards from the following steps" §4.1.3. With dynamic sampling a group whose rewards are all the
 * same has none, and no part in what others are measured by.
 */
export function groupAdvantages(
  paid_BG: readonly (readonly Paid[])[],
  {
    supervision = 'outcome',
    normalisation = 'group',
    dynamicSampling = true,
  }: Pick<GrpoOptions, 'supervision' | 'normalisation' | 'dynamicSampling'> = {},
): number[][][] {
  const rewards_B = paid_BG.map((paid_G) => paid_G.flatMap((paid) => comparedIn(paid, supervision)))
  const kept = rewards_B.filter((rewards) => !dynamicSampling || spread(rewards).std > 0)
  const normalised = new Map(normalisations[normalisation](kept).map((rewards, i) => [kept[i]!, rewards]))
  return paid_BG.map((paid_G, b) => {
    const rewards = (normalised.get(rewards_B[b]!) ?? rewards_B[b]!.map(() => 0)).values()
    return paid_G.map((paid) => {
      const own = comparedIn(paid, supervision).map(() => rewards.next().value!)
      return supervision === 'process' ? fromHereOn(own) : paid.steps_T.map(() => own[0]!)
    })
  })
}

/** (rᵢ − mean(r)) / (std(r) + ε); all 0 where the rewards are equal, or there is but one. */
export function groupNormalised(rewards: readonly number[]): number[] {
  return measured(rewards, spread(rewards))
}

const normalisations = {
  group: (rewards_B: readonly number[][]) => rewards_B.map(groupNormalised),
  batch(rewards_B: readonly number[][]) {
    const all = spread(rewards_B.flat())
    return rewards_B.map((rewards) => measured(rewards, all))
  },
  'group-mean-batch-std'(rewards_B: readonly number[][]) {
    const { std } = spread(rewards_B.flat())
    return rewards_B.map((rewards) => measured(rewards, { mean: spread(rewards).mean, std }))
  },
  none: (rewards_B: readonly number[][]) =>
    rewards_B.map((rewards) => {
      const { mean } = spread(rewards)
      return rewards.map((r) => r - mean)
    }),
} as const

interface Spread {
  readonly mean: number
  readonly std: number
}

/** Equal rewards have no spread at all, whatever rounding makes of their mean. */
function spread(rewards: readonly number[]): Spread {
  const [first = 0] = rewards
  if (rewards.every((r) => r === first)) return { mean: first, std: 0 }
  const mean = rewards.reduce((sum, r) => sum + r, 0) / rewards.length
  return { mean, std: Math.sqrt(rewards.reduce((sum, r) => sum + (r - mean) ** 2, 0) / rewards.length) }
}

function measured(rewards: readonly number[], { mean, std }: Spread): number[] {
  return rewards.map((r) => (std === 0 ? 0 : (r - mean) / (std + EPSILON)))
}

function comparedIn(paid: Paid, supervision: 'outcome' | 'process'): readonly number[] {
  return supervision === 'process' ? paid.steps_T : [paid.return]
}

/** Aₜ = Σ_{s ≥ t} rₛ. */
function fromHereOn(rewards_T: readonly number[]): number[] {
  let sum = 0
  return rewards_T
    .toReversed()
    .map((reward) => (sum += reward))
    .toReversed()
}
