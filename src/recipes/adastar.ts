/**
 * AdaSTaR (Koh et al. 2025): a policy samples answers, keeps the right ones, and is fine-tuned on them from where it
 * began; then again, with the better policy. STaR goes through its tasks in turn. AdaSTaR samples those that it has
 * not tried for longest and gets right least, as far as it is already good enough for them.
 */
import { type Env, type Group, random, rollout, seedOf } from '../core/index.ts'
import {
  adaptive,
  gather,
  type Learner,
  type Played,
  passing,
  type RoundSettings,
  rft,
  shuffledAnswers,
  succeeded,
  type TaskSampler,
} from '../train/index.ts'
import { EPISODES, imitateThen, type Method, type Recipe, type Setup } from './recipe.ts'

export const adastar: Recipe = {
  name: 'adastar',
  about: 'self-taught reasoning with adaptive sampling of tasks',
  paper: {
    title: 'AdaSTaR: Adaptive Data Sampling for Training Self-Taught Reasoners',
    arxiv: '2505.16322',
    claim: 'choosing tasks by how long ago and how well they were solved beats going through them in turn',
  },
  env: 'arithmetic:1-2',
  arms: ['imitation', 'star', 'adastar', 'adastar, answers shuffled'],
  pairs: [
    { arm: 'adastar', baseline: 'star', kind: 'claim' },
    { arm: 'star', baseline: 'imitation', kind: 'start' },
    { arm: 'adastar', baseline: 'imitation', kind: 'start' },
    { arm: 'adastar, answers shuffled', baseline: 'imitation', kind: 'control' },
  ],
  run: (setup) =>
    imitateThen(setup, ({ checkpoint }) => {
      const learn = afresh(setup, checkpoint)
      return {
        star: star(setup, learn, passing(setup.train, random(seedOf(setup.seed, 'passes')))),
        adastar: star(setup, learn, adaptive(setup.train)),
        'adastar, answers shuffled': star(setup, shuffledAnswers(learn), adaptive(setup.train)),
      }
    }),
}

const BATCH = 32
/** Updates of an iteration: "40 · 1.2^t" there, of larger models; β, the right answers wanted, is as many batches. */
const updatesIn = (iteration: number): number => Math.round(20 * 1.2 ** (iteration - 1))

/** Fine-tuned from the checkpoint each time, on right answers alone and on each once. */
function afresh<D, E extends Env>({ engine, renderer }: Setup<D, E>, checkpoint: string): Learner {
  const learn = rft({ renderer, minibatch: BATCH, epochs: 1 })
  return async function* (groups, options) {
    await engine.load(checkpoint)
    return yield* learn(groups, options)
  }
}

function star<D, E extends Env>(setup: Setup<D, E>, learn: Learner, sampler: TaskSampler<D>): Method<D, E> {
  const { spec, agent, policy, armSteps } = setup
  let spent = 0
  return {
    learn,
    lr: () => 1e-3,
    tasksPerRound: EPISODES,
    rollout: { model: policy, attempts: 2 },
    /** Samples until there are right answers enough, or nothing left to spend. */
    async play({ round, rollout: settings }: RoundSettings<D>): Promise<Played<D>> {
      const groups: Group<D>[] = []
      let right = 0
      while (right < updatesIn(round) * BATCH && spent < armSteps && !settings.signal?.aborted) {
        const tasks = sampler.draw(EPISODES)
        const batch = `${settings.batch}/${groups.length}`
        const played = await gather(rollout(spec, agent, tasks, { ...settings, batch }), tasks)
        const all = played.flatMap(({ trajectories }) => trajectories)
        right += all.filter(succeeded).length
        spent += all.reduce((sum, { steps }) => sum + steps.length, 0)
        groups.push(...played)
      }
      sampler.settle(groups, round)
      return { groups }
    },
  }
}
