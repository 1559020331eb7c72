/**
 * The classic order (Silver et al. 2016, Ouyang et al. 2022): imitate an expert, even a poor one, then improve by
 * reinforcement on one's own attempts. Beside it stand what the claim is measured against: more imitation for as many
 * environment steps, and the same updates with rewards that mean nothing.
 */
import { join } from 'node:path'
import {
  type Agent,
  type Engine,
  type Env,
  type EnvSpec,
  type Model,
  type Renderer,
  type RolloutOptions,
  seedOf,
  type Task,
} from '../core/index.ts'
import type { Summary } from '../data/index.ts'
import {
  dpo,
  evaluate,
  grpo,
  kto,
  type Learner,
  linear,
  type Round,
  reinforce,
  rft,
  sft,
  shuffledWithinGroups,
  type TrainOptions,
  train,
} from '../train/index.ts'

/** Ways to learn from one's own attempts, each with the highest rate it is used at here. */
export const algorithms = {
  reinforce: { learn: reinforce(), lr: 5e-4 },
  grpo: { learn: grpo(), lr: 5e-4 },
  'grpo-process': { learn: grpo({ supervision: 'process' }), lr: 5e-4 },
  rft: { learn: rft({ minibatch: 64, epochs: 1 }), lr: 5e-4 },
  dpo: { learn: dpo(), lr: 5e-4 },
  kto: { learn: kto(), lr: 5e-4 },
} as const satisfies Record<string, { learn: Learner; lr: number }>
export type Algorithm = keyof typeof algorithms

/** Each but the first starts from imitation's checkpoint, and all of those take the same number of environment steps. */
export type Arm = 'imitation' | 'imitation continued' | Algorithm | `${Algorithm}, rewards shuffled`

/** What an algorithm is measured against: as much more imitation, and itself with rewards that mean nothing. */
export const armsOf = (algorithm: Algorithm): [Arm, Arm, Arm] => [
  'imitation continued',
  algorithm,
  `${algorithm}, rewards shuffled`,
]

export interface Experiment<D, E extends Env> {
  readonly spec: EnvSpec<D, E>
  readonly agent: Agent
  readonly engine: Engine
  readonly renderer: Renderer
  /** The engine's policy, and the expert it first imitates. */
  readonly policy: Model
  readonly expert: RolloutOptions<D>['model']
  readonly train: readonly Task<D>[]
  readonly test: readonly Task<D>[]
  readonly arms: readonly Arm[]
  readonly seed: number
  /** Environment steps of imitation, and then of each arm. */
  readonly imitationSteps: number
  readonly armSteps: number
  /** For checkpoints. */
  readonly folder: string
  /** Everything played gets these; `batch` is put before every name. */
  readonly rollout: Pick<RolloutOptions<D>, 'batch' | 'signal' | 'onTrajectory' | 'concurrency'> & {
    readonly maxTokens: number
  }
}

export interface Progress {
  readonly arm: Arm
  readonly budget: number
  readonly round: Round
}

/** A policy measured on held-out tasks. */
export interface ArmResult {
  readonly arm: Arm
  /** At temperature 1: the policy as it is. */
  readonly sampled: Summary
  /** At temperature 0. */
  readonly greedy: Summary
  /** At the temperature that served it best on training tasks: what it has learned, apart from how sharp it is. */
  readonly tempered: Summary
  readonly temperature: number
  readonly envSteps: number
  readonly trainedTokens: number
  readonly checkpoint: string
}

/** Episodes in a round of either kind: 128 tasks once, or 16 tasks 8 times. */
const EPISODES = 128
const GROUP = 8
const EVALUATIONS = 8
const TEMPERATURES = [1, 0.7, 0.5, 0.4, 0.3, 0.2, 0]

export async function* imitateThenReinforce<D, E extends Env>(
  setup: Experiment<D, E>,
): AsyncGenerator<Progress, ArmResult[]> {
  const { engine, seed, imitationSteps, armSteps } = setup
  const first = yield* pursue(setup, 'imitation', imitationSteps, seedOf(seed, 'imitation'))
  const results = [first]
  for (const arm of setup.arms) {
    await engine.load(first.checkpoint)
    results.push(yield* pursue(setup, arm, armSteps, seedOf(seed, 'arms')))
  }
  return results
}

/** Runs one arm to the end of its budget, and measures what came of it. */
async function* pursue<D, E extends Env>(
  setup: Experiment<D, E>,
  arm: Arm,
  envSteps: number,
  seed: number,
): AsyncGenerator<Progress, ArmResult> {
  const { spec, agent, engine, policy, expert, folder } = setup
  const { batch = '', maxTokens, ...common } = setup.rollout
  const name = [batch, arm.replaceAll(/\W+/g, '-')].filter(Boolean).join('/')
  const checkpoint = join(folder, name)
  const measure: Measure<D> = (kind, { temperature, attempts, tasks = setup.test }) => {
    const settings = { ...common, model: policy, attempts, seed: setup.seed, sampling: { temperature, maxTokens } }
    return evaluate(spec, agent, tasks, { ...settings, batch: `${name}/${kind}` })
  }
  const imitating = arm.startsWith('imitation')
  let last: Round | undefined
  for await (const round of train({
    ...{ spec, agent, engine, envSteps, seed, checkpoint, ...methodOf(arm, setup) },
    tasks: setup.train,
    every: envSteps / EVALUATIONS,
    evaluate: ({ envSteps }) => measure(`curve-${envSteps}`, { temperature: 1, attempts: 1 }),
    rollout: imitating
      ? { ...common, batch: name, model: expert }
      : { ...common, batch: name, model: policy, attempts: GROUP, sampling: { temperature: 1, maxTokens } },
  })) {
    last = round
    yield { arm, budget: envSteps, round }
  }
  const temperature = await bestTemperature(measure, setup.train.slice(0, EPISODES))
  return {
    ...{ arm, checkpoint, temperature, envSteps: last?.envSteps ?? 0, trainedTokens: last?.trainedTokens ?? 0 },
    sampled: await measure('sampled', { temperature: 1, attempts: 4 }),
    greedy: await measure('greedy', { temperature: 0, attempts: 1 }),
    tempered: await measure('tempered', { temperature, attempts: 4 }),
  }
}

interface Measured<D> {
  readonly temperature: number
  readonly attempts: number
  /** The held-out ones unless given. */
  readonly tasks?: readonly Task<D>[]
}
type Measure<D> = (kind: string, how: Measured<D>) => Promise<Summary>

/** How an arm learns. */
function methodOf<D, E extends Env>(
  arm: Arm,
  { renderer }: Experiment<D, E>,
): Pick<TrainOptions<D, E>, 'learn' | 'lr' | 'tasksPerRound'> {
  if (arm.startsWith('imitation')) {
    const lr = linear(3e-3, { warmUp: 0.095, start: 0.05, end: 0.1 })
    return { learn: sft({ renderer, minibatch: 128, epochs: 2 }), lr, tasksPerRound: EPISODES }
  }
  const [name, shuffled] = arm.split(', ')
  const { learn, lr } = algorithms[name as Algorithm]
  return {
    learn: shuffled ? shuffledWithinGroups(learn) : learn,
    lr: linear(lr),
    tasksPerRound: EPISODES / GROUP,
  }
}

/** By mean return on training tasks, so that the held-out ones stay unseen. */
async function bestTemperature<D>(measure: Measure<D>, tasks: readonly Task<D>[]): Promise<number> {
  let best = { temperature: 1, mean: Number.NEGATIVE_INFINITY }
  for (const temperature of TEMPERATURES) {
    const { mean } = (await measure(`temperature-${temperature}`, { temperature, attempts: 1, tasks })).return
    if (mean !== null && mean > best.mean) best = { temperature, mean }
  }
  return best.temperature
}
