/**
 * "Tricks or traps?" (Liu et al. 2025): the switches of GRPO, thrown one at a time from the same start, and the two that
 * the paper keeps (Lite-PPO: the group's mean with the batch's standard deviation, and averaging over tokens).
 */
import { type GrpoOptions, grpo, linear, shuffledWithinGroups } from '../train/index.ts'
import { EPISODES, imitateThen, type Pair, type Recipe } from './recipe.ts'

/** Several updates from each batch, so that there is something to clip; no switch thrown. */
const vanilla: GrpoOptions = {
  ...{ normalisation: 'group', aggregation: 'sequence', dynamicSampling: false },
  ...{ minibatch: 64, epochs: 2, epsilonLow: 0.2 },
}

const switches = {
  'batch std': { normalisation: 'group-mean-batch-std' },
  'batch mean and std': { normalisation: 'batch' },
  'no std': { normalisation: 'none' },
  'mean over tokens': { aggregation: 'token' },
  'clip higher': { epsilonHigh: 0.28 },
  'dynamic sampling': { dynamicSampling: true },
  'overlong filtering': { overlongFiltering: true },
  'lite-ppo': { normalisation: 'group-mean-batch-std', aggregation: 'token' },
} as const satisfies Record<string, GrpoOptions>
const names = Object.keys(switches)

const CONTROL = 'lite-ppo, rewards shuffled'
const ATTEMPTS = 8

export const tricksOrTraps: Recipe = {
  name: 'tricks-or-traps',
  about: "GRPO's switches one at a time, and the two that make Lite-PPO",
  paper: {
    title: 'Part I: Tricks or Traps? A Deep Dive into RL for LLM Reasoning',
    arxiv: '2508.08221',
    claim: 'two switches, batch std and averaging over tokens, are enough to beat GRPO',
  },
  env: 'arithmetic',
  // Ten arms: half of what an arm of the others gets.
  budget: { armSteps: 10_000 },
  arms: ['imitation', 'grpo', ...names, CONTROL],
  pairs: [
    ...names.toReversed().map((arm): Pair => ({ arm, baseline: 'grpo', kind: 'claim' })),
    { arm: 'grpo', baseline: 'imitation', kind: 'start' },
    { arm: CONTROL, baseline: 'imitation', kind: 'control' },
  ],
  run: (setup) =>
    imitateThen(setup, () => {
      const learners = Object.entries({ grpo: {}, ...switches }).map(
        ([name, change]) => [name, grpo({ ...vanilla, ...change })] as const,
      )
      const control = shuffledWithinGroups(grpo({ ...vanilla, ...switches['lite-ppo'] }))
      return Object.fromEntries(
        [...learners, [CONTROL, control] as const].map(([name, learn]) => [
          name,
          {
            learn,
            lr: linear(3e-4),
            tasksPerRound: EPISODES / ATTEMPTS,
            rollout: { model: setup.policy, attempts: ATTEMPTS },
          },
        ]),
      )
    }),
}
