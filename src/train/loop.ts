/**
 * The training loop: sample a batch of groups, learn from it, measure on held-out tasks, keep a checkpoint, again.
 * Who samples (the policy, an expert) and what is learned from it (GRPO, SFT) are handed in, so imitation and
 * reinforcement are the same loop and their costs in environment steps compare.
 */
import {
  type Agent,
  type Datum,
  type Engine,
  type Env,
  type EnvSpec,
  type Group,
  type Random,
  type RolloutOptions,
  random,
  rollout,
  seedOf,
  type Task,
} from '../core/index.ts'
import { type Summary, summarise } from '../data/index.ts'
import { gather } from './evaluate.ts'
import type { Learner, Lesson } from './lesson.ts'
import { type Missing, regain } from './missing.ts'
import { type Said, saidIn } from './said.ts'
import type { Schedule } from './schedule.ts'

export interface TrainOptions<D, E extends Env> {
  readonly spec: EnvSpec<D, E>
  readonly agent: Agent
  readonly engine: Engine
  /**
   * Who plays: its model, sampling, limits, where trajectories go. `batch` names this part of the run. While a semaphore
   * has no places, no update is made either.
   */
  readonly rollout: Omit<RolloutOptions<D>, 'seed'>
  readonly learn: Learner
  readonly tasks: readonly Task<D>[]
  readonly tasksPerRound: number
  /** How a round's attempts come about, where it is not by a rollout of `tasksPerRound` tasks drawn at random. */
  readonly play?: (round: RoundSettings<D>) => Promise<Played<D>>
  /** What becomes of attempts that broke, where attempts come by rollouts; 'drop' unless given. */
  readonly missing?: Missing
  /** Rounds go on until so many environment steps have been taken. */
  readonly envSteps: number
  /** By the fraction of `envSteps` that is spent, from 0 to 1. */
  readonly lr: Schedule
  readonly seed: number
  /** Measures the policy; called before the first round, after every `every` environment steps, and at the end. */
  readonly evaluate?: (done: { readonly envSteps: number }) => Promise<Summary>
  readonly every?: number
  /** Where the weights are kept, at each evaluation. */
  readonly checkpoint?: string
  /** Told of each update once it is made. */
  readonly onUpdate?: (update: Update) => void
}

export interface Update {
  readonly round: number
  /** Of the round, from 1. */
  readonly update: number
  /** What was handed to the engine. */
  readonly data: readonly Datum[]
}

export interface RoundSettings<D> {
  /** From 1. */
  readonly round: number
  readonly rollout: RolloutOptions<D>
  readonly random: Random
}

export interface Played<D> {
  readonly groups: readonly Group<D>[]
  /** What they cost, where that is more than the steps that they hold. */
  readonly envSteps?: number
}

export interface Round extends Said {
  /** 0 is the measurement before the first. */
  readonly round: number
  readonly envSteps: number
  /** Tokens that went through updates so far, context included. */
  readonly trainedTokens: number
  /** What was sampled in this round. */
  readonly batch: Summary
  readonly updates: number
  /** Means over the round's updates; null where there was none. */
  readonly loss: number | null
  readonly gradNorm: number | null
  readonly skipped: Lesson['skipped']
  /** Attempts that broke and were played again. */
  readonly playedAgain: number
  /** What the algorithm measured of its updates: ratios, margins, divergence. */
  readonly figures: Lesson['figures']
  /** Of playing and learning: the evaluation is apart. */
  readonly timeMs: number
  readonly evaluation?: Summary
}

export async function* train<D, E extends Env>(options: TrainOptions<D, E>): AsyncGenerator<Round, void> {
  const { spec, agent, engine, learn, tasks, tasksPerRound, envSteps: budget, lr, seed, every = Infinity } = options
  const { signal, batch: name = '' } = options.rollout
  const anyTasks = async ({ rollout: settings, random }: RoundSettings<D>): Promise<Played<D>> => {
    const chosen = random.shuffle(tasks).slice(0, tasksPerRound)
    return { groups: await gather(rollout(spec, agent, chosen, settings), chosen) }
  }
  const play = options.play ?? anyTasks
  let envSteps = 0
  let trainedTokens = 0
  let measured = 0
  const measure = async (): Promise<{ evaluation?: Summary }> => {
    measured = envSteps
    if (options.checkpoint) await engine.save(options.checkpoint)
    return options.evaluate ? { evaluation: await options.evaluate({ envSteps }) } : {}
  }
  yield { round: 0, envSteps, trainedTokens, ...nothing, ...(await measure()) }
  for (let round = 1; envSteps < budget && !signal?.aborted; round++) {
    const started = performance.now()
    const rng = random(seed).split(round)
    const settings = { ...options.rollout, seed: seedOf(seed, round), batch: `${name}/${round}` }
    const given = { round, rollout: settings, random: rng }
    const { groups: played, envSteps: cost } = await play(given)
    const { groups, playedAgain } = await regain(played, {
      ...{ policy: options.missing ?? 'drop', signal },
      play: async (tasks, finished) => gather(rollout(spec, agent, tasks, { ...settings, finished }), tasks),
    })
    if (signal?.aborted) return
    const lesson = learn(groups, { engine, random: rng })
    const { trained, ...learned } = await taught(lesson, { ...options, round, lr: lr(envSteps / budget) })
    trainedTokens += trained
    const batch = summarise(groups)
    const taken = cost ?? batch.steps
    if (taken === 0) throw new Error(`no step was taken in a whole round: ${whyNone(groups)}`)
    envSteps += taken
    const timeMs = performance.now() - started
    const due = envSteps - measured >= every || envSteps >= budget
    const measurement = due ? await measure() : {}
    const said = saidIn(groups)
    yield { round, envSteps, trainedTokens, batch, playedAgain, timeMs, ...said, ...learned, ...measurement }
  }
}

type Teaching = Pick<TrainOptions<never, Env>, 'engine' | 'rollout' | 'onUpdate'> & { round: number; lr: number }
type Learned = Pick<Round, 'updates' | 'loss' | 'gradNorm'> & Lesson

/** Makes a lesson's updates. `trained`: the tokens that went through them. */
async function taught(
  lesson: ReturnType<Learner>,
  { engine, rollout: { concurrency }, onUpdate, round, lr }: Teaching,
): Promise<Learned & { readonly trained: number }> {
  let [updates, loss, gradNorm, trained] = [0, 0, 0, 0]
  let next = await lesson.next()
  for (; !next.done; next = await lesson.next()) {
    if (typeof concurrency === 'object') await concurrency.room()
    const data = next.value
    loss += (await engine.backward(data)).loss
    gradNorm += (await engine.step({ lr })).gradNorm
    for (const { tokens } of data) trained += tokens.length
    updates++
    onUpdate?.({ round, update: updates, data })
  }
  const means = updates > 0 ? { loss: loss / updates, gradNorm: gradNorm / updates } : { loss: null, gradNorm: null }
  return { updates, ...means, ...next.value, trained }
}

const nothing = {
  batch: summarise([]),
  updates: 0,
  playedAgain: 0,
  ...saidIn([]),
  timeMs: 0,
  loss: null,
  gradNorm: null,
  skipped: {},
  figures: {},
}

function whyNone(groups: readonly Group[]): string {
  const outcome = groups[0]?.trajectories[0]?.outcome
  return outcome?.kind === 'broken'
    ? `${outcome.failure.boundary}: ${outcome.failure.message}`
    : (outcome?.kind ?? 'no tasks')
}
