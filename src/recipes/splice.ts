/**
 * Learning from what went wrong, three ways (Agent-R, EEF, STeP): an expert who errs begins, and whoever knows better,
 * or the policy itself, goes on from where it erred. One operation (train/splice.ts), three settings. Each is
 * measured against imitation of good play alone, for as many environment steps, replays included. What the papers' agents
 * say between the two parts, that they noticed an error, is left out: mazes are walked without words. And the judge of a
 * step is the answer key, where Agent-R asks the policy itself.
 */
import {
  chanceOf,
  type Env,
  type Group,
  type Model,
  type Random,
  type RolloutOptions,
  random,
  rollout,
  type Seat,
  type Task,
  type Trajectory,
} from '../core/index.ts'
import {
  type Beginning,
  beginningsOf,
  gather,
  type Judged,
  linear,
  masking,
  opened,
  type Played,
  type RoundSettings,
  rft,
  sft,
  shuffledAnswers,
  succeeded,
  upToAnError,
  upToFirstError,
  usefulBeginnings,
} from '../train/index.ts'
import { imitateThen, type Method, type Paper, type Recipe, type Setup } from './recipe.ts'

export const agentR = splicing({
  name: 'agent-r',
  about: 'bad beginnings, cut at the first error and continued well',
  paper: {
    title: 'Agent-R: Training Language Model Agents to Reflect via Iterative Self-Training',
    arxiv: '2501.11425',
    claim: 'good endings spliced to bad beginnings teach more than good play alone',
  },
  baseline: 'good play alone',
  noise: 0.3,
  armSteps: 40_000,
})
export const eef = splicing({
  name: 'eef',
  about: 'the policy goes on from inside what the expert failed at',
  paper: {
    title: 'Exploring Expert Failures Improves LLM Agent Tuning',
    arxiv: '2504.13145',
    claim: "what is of use in an expert's failures teaches more than his successes alone",
  },
  baseline: 'successes alone',
  // An expert that fails half of the time.
  noise: 0.7,
  armSteps: 20_000,
})
export const step = splicing({
  name: 'step',
  about: 'errors are corrected where they happen, and carry no loss',
  paper: {
    title: 'Training LLM-Based Agents with Synthetic Self-Reflected Trajectories and Partial Masking',
    arxiv: '2505.20023',
    claim: 'corrected errors, themselves masked, teach more than good play alone',
  },
  baseline: 'good play alone',
  unmasked: 'step, errors learned',
  noise: 0.3,
  armSteps: 20_000,
})

interface Splicing extends Pick<Recipe, 'about'> {
  readonly name: 'agent-r' | 'eef' | 'step'
  readonly paper: Paper
  readonly baseline: 'good play alone' | 'successes alone'
  /** The same without the mask, where that is worth a look. */
  readonly unmasked?: 'step, errors learned'
  readonly noise: number
  readonly armSteps: number
}
type How = Splicing['name' | 'baseline'] | 'step, errors learned'

function splicing({ name, about, paper, baseline, unmasked, noise, armSteps }: Splicing): Recipe {
  const control = `${name}, answers shuffled`
  const taught: How[] = [baseline, name, ...(unmasked ? [unmasked] : [])]
  return {
    ...{ name, about, paper, env: 'maze' },
    budget: { imitationSteps: 20_000, armSteps, noise },
    arms: ['imitation', ...taught, control],
    pairs: [
      { arm: name, baseline, kind: 'claim' },
      ...(unmasked ? [{ arm: name, baseline: unmasked, kind: 'claim' } as const] : []),
      { arm: name, baseline: 'imitation', kind: 'start' },
      { arm: control, baseline: 'imitation', kind: 'control' },
    ],
    run(whole) {
      // So few tasks that good play leaves most states unseen.
      const setup = { ...whole, train: whole.train.slice(0, TASKS) }
      const also = { 'after wrong steps': stumbling(setup) }
      const arms = () => {
        const method = imitating(setup, name)
        const methods = taught.map((how) => [how, how === name ? method : imitating(setup, how)] as const)
        return { ...Object.fromEntries(methods), [control]: { ...method, learn: shuffledAnswers(method.learn) } }
      }
      return imitateThen(setup, arms, also)
    },
  }
}

const TASKS = 96
/** Beginnings of a failure that are tried. */
const TRIED = 4

/** Drawn at random and taken before the policy may begin. */
const WRONG_STEPS = 3

/** The policy, after steps that were not its own: what it makes of states that good play does not lead to. */
function stumbling<D, E extends Env>({ spec, policy }: Setup<D, E>): RolloutOptions<D>['model'] {
  return ({ task, seed }) => {
    const rng = random(seed).split('wrong steps')
    const steps = Array.from({ length: WRONG_STEPS }, () => ({ action: chanceOf(spec, task, rng) }))
    return opened({ steps }, WRONG_STEPS, policy)
  }
}

function imitating<D, E extends Env>(setup: Setup<D, E>, how: How): Method<D, E> {
  const { expert, renderer } = setup
  const passes = { renderer, minibatch: 128, epochs: 2 }
  const common = {
    lr: linear(1e-3, { end: 0.1 }),
    tasksPerRound: TASKS,
    learn: sft(passes),
    rollout: { model: expert },
  }
  if (how === 'good play alone') return { ...common, rollout: { model: setup.prompted(() => (right) => right) } }
  if (how === 'successes alone') return { ...common, learn: rft(passes) }
  if (how === 'eef') return { ...common, play: explored(setup) }
  if (how === 'agent-r') return { ...common, play: corrected(setup, upToFirstError) }
  if (how === 'step') return { ...common, play: corrected(setup, upToAnError) }
  const unmasked: Cut = (right_T, random) => {
    const beginning = upToAnError(right_T, random)
    return beginning && { ...beginning, learned: beginning.learned.map(() => true) }
  }
  return { ...common, play: corrected(setup, unmasked) }
}

type Play<D> = (round: RoundSettings<D>) => Promise<Played<D>>
type Cut = (right_T: Judged, random: Random) => Beginning | undefined

/** The expert plays, each attempt is cut somewhere, and the answer key goes on from there. */
function corrected<D, E extends Env>(setup: Setup<D, E>, cut: Cut): Play<D> {
  return async ({ rollout: settings, random }) => {
    const attempts = await playedBy(setup, setup.train, settings)
    const right = await judged(setup, attempts, settings)
    const cuts = new Map(attempts.map((t) => [t.task, cut(right.get(t.task) ?? [], random)]))
    const begun = new Map(attempts.filter(({ task }) => cuts.get(task)).map((t) => [t.task, t]))
    const model = setup.prompted(({ task: { id } }) => (right, turn) => {
      const { steps } = cuts.get(id)!
      return turn < steps ? begun.get(id)!.steps[turn]!.action : right
    })
    const tasks = setup.train.filter(({ id }) => begun.has(id))
    const spliced = await playedBy(setup, tasks, { ...settings, model, batch: `${settings.batch}/spliced` })
    return {
      groups: grouped(
        setup.train,
        spliced.map((t) => masking(t, cuts.get(t.task)!)),
      ),
      envSteps: stepsIn(attempts) + stepsIn(spliced),
    }
  }
}

/** What the expert succeeds at is imitated; where he fails, the policy goes on from several places of his attempt. */
function explored<D, E extends Env>(setup: Setup<D, E>): Play<D> {
  return async ({ rollout: settings }) => {
    const attempts = await playedBy(setup, setup.train, settings)
    const failures = attempts.filter((t) => t.outcome.kind === 'scored' && !succeeded(t))
    const failed = new Map(failures.map((failure) => [failure.task, failure]))
    const tasks = setup.train.filter(({ id }) => failed.has(id))
    const tries: Trajectory[][] = []
    for (let j = 0; j < TRIED; j++) {
      const model = ({ task: { id } }: Seat<D>): Model => {
        const failure = failed.get(id)!
        return opened(failure, beginningsOf(failure.steps.length, TRIED)[j]!, setup.policy)
      }
      tries.push(await playedBy(setup, tasks, { ...settings, model, batch: `${settings.batch}/from-${j}` }))
    }
    const found = failures.flatMap((failure) => {
      const mine = tries.map((played) => played.find(({ task }) => task === failure.task)!)
      const solved = mine.map(succeeded)
      const useful = usefulBeginnings(failure.steps.length, solved)
      return mine.filter(succeeded).map((t, i) => masking(t, useful[i]!))
    })
    return {
      groups: grouped(setup.train, [...attempts.filter(succeeded), ...found]),
      envSteps: stepsIn(attempts) + tries.reduce((sum, played) => sum + stepsIn(played), 0),
    }
  }
}

const stepsIn = (trajectories: readonly Trajectory[]): number =>
  trajectories.reduce((sum, { steps }) => sum + steps.length, 0)

async function playedBy<D, E extends Env>(
  { spec, agent }: Setup<D, E>,
  tasks: readonly Task<D>[],
  settings: RolloutOptions<D>,
): Promise<Trajectory[]> {
  const groups = await gather(rollout(spec, agent, tasks, settings), tasks)
  return groups.flatMap(({ trajectories }) => trajectories)
}

/** Whether each step was what the answer key would have done there: the attempts are played again beside it. */
async function judged<D, E extends Env>(
  setup: Setup<D, E>,
  attempts: readonly Trajectory[],
  settings: RolloutOptions<D>,
): Promise<Map<string, boolean[]>> {
  const made = new Map(attempts.map(({ task, steps }) => [task, steps]))
  const right = new Map<string, boolean[]>()
  const model = setup.prompted(({ task }) => {
    const steps = made.get(task.id)!
    const right_T: boolean[] = []
    right.set(task.id, right_T)
    return (key, turn) => {
      const { action } = steps[turn]!
      right_T.push(
        action.content.trim() === key.content.trim() && JSON.stringify(action.calls) === JSON.stringify(key.calls),
      )
      return action
    }
  })
  // Not on the record: nobody learns from it.
  const { onTrajectory: _, ...quiet } = settings
  await playedBy(setup, setup.train, { ...quiet, model, batch: `${settings.batch}/judged` })
  return right
}

function grouped<D>(tasks: readonly Task<D>[], trajectories: readonly Trajectory[]): Group<D>[] {
  return tasks.flatMap((task) => {
    const own = trajectories.filter((trajectory) => trajectory.task === task.id)
    return own.length > 0 ? [{ task, trajectories: own }] : []
  })
}
