/**
 * The classic order (Silver et al. 2016, Ouyang et al. 2022): imitate an expert, even a poor one, then improve by
 * reinforcement on one's own attempts. Beside it stand what the claim is measured against: more imitation for as many
 * environment steps, and the same updates with rewards that mean nothing.
 */
import type { Env } from '../core/index.ts'
import {
  dpo,
  grpo,
  kto,
  type Learner,
  linear,
  ppo,
  reinforce,
  rft,
  shuffledAnswers,
  shuffledWithinGroups,
} from '../train/index.ts'
import {
  type ArmResult,
  EPISODES,
  imitateThen,
  imitation,
  type Method,
  type Pair,
  type Recipe,
  type Setup,
} from './recipe.ts'

interface Way {
  readonly learn: <D, E extends Env>(setup: Setup<D, E>, start: ArmResult) => Learner
  /** The highest rate it is used at here. */
  readonly lr: number
}

/** Ways to learn from one's own attempts. */
const algorithms = {
  reinforce: { learn: () => reinforce(), lr: 5e-4 },
  grpo: { learn: () => grpo(), lr: 5e-4 },
  'grpo-process': { learn: () => grpo({ supervision: 'process' }), lr: 5e-4 },
  ppo: { learn: ppoFrom, lr: 5e-4 },
  rft: { learn: () => rft({ minibatch: 64, epochs: 1 }), lr: 5e-4 },
  dpo: { learn: () => dpo(), lr: 5e-4 },
  kto: { learn: () => kto(), lr: 5e-4 },
} as const satisfies Record<string, Way>

/** With a critic that begins as the policy did, knowing nothing of values. */
function ppoFrom<D, E extends Env>({ critic }: Setup<D, E>, { checkpoint }: ArmResult): Learner {
  const passes = { minibatch: 64, epochs: 2 }
  let learner: Learner | undefined
  return async function* (groups, learning) {
    learner ??= ppo({ ...passes, gamma: 1, critic: { ...passes, engine: await critic(checkpoint), lr: 1e-3 } })
    return yield* learner(groups, learning)
  }
}

/** What may follow imitation. 'sft' is more of it. */
export type Algorithm = keyof typeof algorithms | 'sft'
export const ALGORITHMS: readonly string[] = ['sft', ...Object.keys(algorithms)]
export const isAlgorithm = (name: string): name is Algorithm => ALGORITHMS.includes(name)

const CONTINUED = 'imitation continued'
const GROUP = 8

/** `arms`: those after imitation that are taken; all that the comparisons need unless given. */
export function imitateThenReinforce(
  algorithms: readonly Algorithm[],
  arms: readonly string[] = armsOf(algorithms),
): Recipe {
  return {
    name: 'imitate-then-reinforce',
    about: 'imitate an expert, then learn from attempts of your own',
    env: 'maze',
    arms: ['imitation', ...arms],
    pairs: pairsOf(algorithms).filter(({ arm, baseline }) =>
      [arm, baseline].every((name) => name === 'imitation' || arms.includes(name)),
    ),
    run: (setup) =>
      imitateThen(setup, (start) => Object.fromEntries(arms.map((arm) => [arm, methodOf(arm, setup, start)]))),
  }
}

const controlOf = (algorithm: Algorithm): string =>
  algorithm === 'sft' ? `${CONTINUED}, answers shuffled` : `${algorithm}, rewards shuffled`

/** As much more imitation stands beside everything; each algorithm has its own control. */
const armsOf = (algorithms: readonly Algorithm[]): string[] => [
  CONTINUED,
  ...algorithms.flatMap((algorithm) => [...(algorithm === 'sft' ? [] : [algorithm]), controlOf(algorithm)]),
]

function pairsOf(algorithms: readonly Algorithm[]): Pair[] {
  const learned = algorithms.filter((algorithm) => algorithm !== 'sft')
  return [
    ...learned.map((arm) => ({ arm, baseline: CONTINUED, kind: 'claim' }) as const),
    ...[...learned, CONTINUED].map((arm) => ({ arm, baseline: 'imitation', kind: 'start' }) as const),
    ...algorithms.map((algorithm) => ({ arm: controlOf(algorithm), baseline: 'imitation', kind: 'control' }) as const),
  ]
}

function methodOf<D, E extends Env>(arm: string, setup: Setup<D, E>, start: ArmResult): Method<D, E> {
  const more = imitation(setup)
  if (arm === CONTINUED) return more
  if (arm === controlOf('sft')) return { ...more, learn: shuffledAnswers(more.learn) }
  const [name, shuffled] = arm.split(', ')
  const { learn: make, lr }: Way = algorithms[name as keyof typeof algorithms]
  const learn = make(setup, start)
  return {
    learn: shuffled ? shuffledWithinGroups(learn) : learn,
    lr: linear(lr),
    tasksPerRound: EPISODES / GROUP,
    rollout: { model: setup.policy, attempts: GROUP },
  }
}
