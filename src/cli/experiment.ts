/** One experiment of `start` and `train`: a fresh model for each seed, taken through the recipe while you watch. */
import { join } from 'node:path'
import type { Env, EnvSpec, Task } from '../core/index.ts'
import type { Run, Summary } from '../data/index.ts'
import { noisyOracle, oracle, randomPlayer } from '../models/index.ts'
import { type Arm, type ArmResult, imitateThenReinforce } from '../recipes/index.ts'
import { evaluate } from '../train/index.ts'
import type { Live } from './live.ts'
import { openAgent } from './models.ts'
import { newborn } from './newborn.ts'
import { watch } from './watch.ts'

export interface Settings {
  /** As on the command line: 'react', 'react:4'. */
  readonly agent: string
  readonly arms: readonly Arm[]
  readonly seeds: readonly number[]
  /** How often the imitated expert errs. */
  readonly noise: number
  readonly imitationSteps: number
  /** Of each arm after imitation. */
  readonly armSteps: number
  readonly width: number
  readonly layers: number
  readonly maxTokens: number
}

export interface Conducted {
  /** Those that do not learn: chance, the expert, the answer key. */
  readonly players: { readonly random: Summary; readonly expert: Summary; readonly optimum: Summary }
  /** Per seed, imitation first, then the arms in order. */
  readonly results: readonly (readonly ArmResult[])[]
  /** The learning curves, for a terminal. */
  readonly chart: string
}

/** Leaves every trajectory in the run's store, checkpoints and curve.svg in its folder. */
export async function conduct<D, E extends Env>(
  spec: EnvSpec<D, E>,
  settings: Settings,
  { run, signal, display }: { readonly run: Run; readonly signal: AbortSignal; readonly display: Live },
): Promise<Conducted> {
  const { seeds, noise, imitationSteps, armSteps, arms, maxTokens, width, layers } = settings
  const agent = openAgent(settings.agent, spec)
  const [train, test] = [await all(spec.tasks('train')), (await all(spec.tasks('test'))).slice(0, TEST_TASKS)]
  const expert = noisyOracle(spec, noise)
  const measure = (model: ReturnType<typeof oracle<D>>): Promise<Summary> =>
    evaluate(spec, agent, test, { model, attempts: 4, signal })
  const players = {
    random: await measure(randomPlayer(spec)),
    expert: await measure(expert),
    optimum: await measure(oracle(spec)),
  }
  const steps = seeds.length * (imitationSteps + arms.length * armSteps)
  const curves = watch(display, { chance: players.random, optimum: players.optimum }, steps)
  const results: ArmResult[][] = []
  for (const [i, seed] of seeds.entries()) {
    const born = await newborn(spec, agent, { expert, tasks: train, seed, width, layers, maxTokens })
    await using engine = born.engine
    if (i === 0)
      display.note(
        `${spec.id}: ${train.length} tasks to learn from, ${test.length} held out; a transformer of ${engine.parameters} weights`,
      )
    const experiment = imitateThenReinforce({
      ...{ spec, agent, ...born, expert, train, test, arms, seed, imitationSteps, armSteps },
      folder: join(run.path, 'checkpoints'),
      rollout: {
        batch: `seed-${seed}`,
        signal,
        concurrency: 128,
        maxTokens,
        onTrajectory: (done) => run.store.add(done),
      },
    })
    results.push(await curves.follow(seeds.length > 1 ? `seed ${i + 1}/${seeds.length}, ` : '', experiment))
    run.write('curve.svg', curves.svg())
    if (signal.aborted) break
  }
  return { players, results, chart: curves.text() }
}

/** Held-out tasks that everybody is measured on, at most. */
const TEST_TASKS = 200

async function all<D>(tasks: Iterable<Task<D>> | AsyncIterable<Task<D>>): Promise<Task<D>[]> {
  return Array.fromAsync(tasks)
}
