/**
 * What a recipe is: ways to learn, put side by side on one world from one seed, each with the same budget of
 * environment steps and measured on the same held-out tasks. Knows nothing of how results are kept or shown.
 */
import { join } from 'node:path'
import {
  type Agent,
  type AssistantMessage,
  type Engine,
  type Env,
  type EnvSpec,
  type Model,
  type Renderer,
  type RolloutOptions,
  type Seat,
  seedOf,
  type Task,
} from '../core/index.ts'
import type { Summary } from '../data/index.ts'
import {
  evaluate,
  linear,
  type Missing,
  type Round,
  sft,
  type TrainOptions,
  train,
  type Update,
} from '../train/index.ts'

export interface Recipe {
  readonly name: string
  readonly about: string
  /** What it puts to the test; absent where no paper is behind it. */
  readonly paper?: Paper
  /** The world it is meant for, as the command line names it. */
  readonly env: string
  /** Where it wants other numbers than suit the world. */
  readonly budget?: { readonly noise?: number; readonly imitationSteps?: number; readonly armSteps?: number }
  /** The ways compared, in the order in which they are taken and told. */
  readonly arms: readonly string[]
  readonly pairs: readonly Pair[]
  /** One seed of it: yields progress, and ends in a result for each arm, in their order. */
  run<D, E extends Env>(setup: Setup<D, E>): AsyncGenerator<Progress, ArmResult[]>
}

export interface Paper {
  readonly title: string
  readonly arxiv: string
  /** What it says, in our words, as the first of the recipe's pairs can show it. */
  readonly claim: string
}

/** Arms that are compared seed by seed: a claim, a gain on where the arm started, or a control that must not gain. */
export interface Pair {
  readonly arm: string
  readonly baseline: string
  readonly kind: 'claim' | 'start' | 'control'
}

/** One seed's learner and world, and what may be spent. */
export interface Setup<D, E extends Env> {
  readonly spec: EnvSpec<D, E>
  readonly agent: Agent
  readonly engine: Engine
  readonly renderer: Renderer
  /** The engine as a player, and the expert that is imitated. */
  readonly policy: Model
  readonly expert: RolloutOptions<D>['model']
  /** Another engine with a checkpoint's weights, and a head of one output that says 0: for a critic to begin with. */
  readonly critic: (checkpoint: string) => Promise<Engine>
  /** A player that hears what the answer key would say, at each of its turns from 0, and says what `say` makes of it. */
  readonly prompted: (say: (seat: Seat<D>) => Say) => RolloutOptions<D>['model']
  readonly train: readonly Task<D>[]
  readonly test: readonly Task<D>[]
  readonly seed: number
  /** Environment steps of imitation, and then of each arm. */
  readonly imitationSteps: number
  readonly armSteps: number
  /** What becomes of attempts that broke, before anything is learned from their groups. */
  readonly missing?: Missing
  /** For checkpoints. */
  readonly folder: string
  /** Told of each update of an arm once it is made. */
  readonly onUpdate?: (update: Update & { readonly arm: string }) => void
  /** Everything played gets these; `batch` is put before every name. */
  readonly rollout: Pick<RolloutOptions<D>, 'batch' | 'signal' | 'onTrajectory' | 'concurrency' | 'sandbox'> & {
    readonly maxTokens: number
  }
}

export type Say = (right: AssistantMessage, turn: number) => AssistantMessage

export interface Progress {
  readonly arm: string
  readonly budget: number
  readonly round: Round
}

/** A policy measured on held-out tasks. */
export interface ArmResult {
  readonly arm: string
  /** At temperature 1: the policy as it is. */
  readonly sampled: Summary
  /** At temperature 0. */
  readonly greedy: Summary
  /** At the temperature that served it best on training tasks: what it has learned, apart from how sharp it is. */
  readonly tempered: Summary
  readonly temperature: number
  /** What the recipe measures besides, by name. */
  readonly others: Readonly<Record<string, Summary>>
  readonly envSteps: number
  readonly trainedTokens: number
  readonly checkpoint: string
}

/** How an arm goes about it. Who plays, and how often each task, stands in `rollout`. */
export interface Method<D, E extends Env> extends Pick<TrainOptions<D, E>, 'learn' | 'lr' | 'tasksPerRound' | 'play'> {
  readonly rollout: Pick<RolloutOptions<D>, 'model' | 'attempts'>
}

/** Episodes in a round of any kind: 128 tasks once, or 16 tasks 8 times. */
export const EPISODES = 128
const EVALUATIONS = 8
const TEMPERATURES = [1, 0.7, 0.5, 0.4, 0.3, 0.2, 0]

/** Imitation of the expert, from which the others start. */
export function imitation<D, E extends Env>({ expert, renderer }: Setup<D, E>): Method<D, E> {
  return {
    learn: sft({ renderer, minibatch: 128, epochs: 2 }),
    lr: linear(3e-3, { warmUp: 0.095, start: 0.05, end: 0.1 }),
    tasksPerRound: EPISODES,
    rollout: { model: expert },
  }
}

/** Players that each arm is measured as besides, at temperature 1: the policy under other conditions. */
type Others<D> = Readonly<Record<string, RolloutOptions<D>['model']>>

/** Imitation, and then each arm from its checkpoint. The results in that order. */
export async function* imitateThen<D, E extends Env>(
  setup: Setup<D, E>,
  armsFrom: (start: ArmResult) => Readonly<Record<string, Method<D, E>>>,
  others: Others<D> = {},
): AsyncGenerator<Progress, ArmResult[]> {
  const { engine, imitationSteps, armSteps } = setup
  const first = yield* pursue(setup, 'imitation', { ...imitation(setup), others, envSteps: imitationSteps })
  const results = [first]
  for (const [arm, method] of Object.entries(armsFrom(first))) {
    await engine.load(first.checkpoint)
    results.push(yield* pursue(setup, arm, { ...method, others, envSteps: armSteps }))
  }
  return results
}

/** Arms that each begin with the policy as it was born, knowing nothing; 'untrained' is that policy itself. */
export async function* fromNothing<D, E extends Env>(
  setup: Setup<D, E>,
  arms: Readonly<Record<string, Method<D, E>>>,
): AsyncGenerator<Progress, ArmResult[]> {
  const { engine, armSteps } = setup
  const born = measurer(setup, 'untrained')
  await engine.save(born.checkpoint)
  const results = [await measured(setup, born, { temperature: 1 })]
  for (const [arm, method] of Object.entries(arms)) {
    await engine.load(born.checkpoint)
    results.push(yield* pursue(setup, arm, { ...method, others: {}, envSteps: armSteps }))
  }
  return results
}

/** Runs one arm to the end of its budget, and measures what came of it. */
async function* pursue<D, E extends Env>(
  setup: Setup<D, E>,
  arm: string,
  { envSteps, rollout, others, ...method }: Method<D, E> & { readonly envSteps: number; readonly others: Others<D> },
): AsyncGenerator<Progress, ArmResult> {
  const { spec, agent, engine, onUpdate } = setup
  const { batch: _, maxTokens, ...common } = setup.rollout
  const measuring = measurer(setup, arm)
  const { batch, checkpoint, measure } = measuring
  let last: Round | undefined
  for await (const round of train({
    ...{ spec, agent, engine, envSteps, checkpoint, ...(setup.missing && { missing: setup.missing }), ...method },
    // All arms draw the same tasks in the same order.
    seed: seedOf(setup.seed, arm === 'imitation' ? 'imitation' : 'arms'),
    tasks: setup.train,
    every: envSteps / EVALUATIONS,
    evaluate: ({ envSteps }) => measure(`curve-${envSteps}`, { temperature: 1, attempts: 1 }),
    rollout: { ...common, ...rollout, batch, sampling: { temperature: 1, maxTokens } },
    ...(onUpdate && { onUpdate: (update) => onUpdate({ ...update, arm }) }),
  })) {
    last = round
    yield { arm, budget: envSteps, round }
  }
  return { ...(await measured(setup, measuring, { others })), ...spent(last) }
}

const spent = (last: Round | undefined): Pick<ArmResult, 'envSteps' | 'trainedTokens'> => ({
  envSteps: last?.envSteps ?? 0,
  trainedTokens: last?.trainedTokens ?? 0,
})

interface Measuring<D> {
  readonly arm: string
  readonly batch: string
  readonly checkpoint: string
  readonly measure: Measure<D>
}

/** How an arm is measured, and under which names that is kept. */
function measurer<D, E extends Env>({ spec, agent, policy, folder, ...setup }: Setup<D, E>, arm: string): Measuring<D> {
  const { batch = '', maxTokens, ...common } = setup.rollout
  const name = [batch, arm.replaceAll(/\W+/g, '-')].filter(Boolean).join('/')
  const measure: Measure<D> = (kind, { temperature, attempts, tasks = setup.test, model = policy }) => {
    const settings = { ...common, model, attempts, seed: setup.seed, sampling: { temperature, maxTokens } }
    return evaluate(spec, agent, tasks, { ...settings, batch: `${name}/${kind}` })
  }
  return { arm, batch: name, checkpoint: join(folder, name), measure }
}

/** The policy as it stands. The temperature that suits it best is looked for unless given. */
async function measured<D, E extends Env>(
  setup: Setup<D, E>,
  { arm, checkpoint, measure }: Measuring<D>,
  { others = {}, temperature: given }: { readonly others?: Others<D>; readonly temperature?: number },
): Promise<ArmResult> {
  const besides: [string, Summary][] = []
  for (const [kind, model] of Object.entries(others))
    besides.push([kind, await measure(kind.replaceAll(' ', '-'), { temperature: 1, attempts: 4, model })])
  const temperature = given ?? (await bestTemperature(measure, setup.train.slice(0, EPISODES)))
  return {
    ...{ arm, checkpoint, temperature, ...spent(undefined) },
    others: Object.fromEntries(besides),
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
  /** The policy unless given. */
  readonly model?: RolloutOptions<D>['model']
}
type Measure<D> = (kind: string, how: Measured<D>) => Promise<Summary>

/** By mean return on training tasks, so that the held-out ones stay unseen. */
async function bestTemperature<D>(measure: Measure<D>, tasks: readonly Task<D>[]): Promise<number> {
  let best = { temperature: 1, mean: Number.NEGATIVE_INFINITY }
  for (const temperature of TEMPERATURES) {
    const { mean } = (await measure(`temperature-${temperature}`, { temperature, attempts: 1, tasks })).return
    if (mean !== null && mean > best.mean) best = { temperature, mean }
  }
  return best.temperature
}
