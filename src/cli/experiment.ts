/** One experiment of `start` and `train`: a fresh model for each seed, taken through a recipe while you watch. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Env, type EnvSpec, type RolloutOptions, type Semaphore, semaphore, type Task } from '../core/index.ts'
import { openLearned, type Run, type Summary } from '../data/index.ts'
import { createEngine } from '../engine/index.ts'
import { noisyOracle, oracle, prompted, randomPlayer } from '../models/index.ts'
import type { ArmResult, Recipe } from '../recipes/index.ts'
import { evaluate, type Missing } from '../train/index.ts'
import { openAgent } from './agents.ts'
import { controlled, type Places } from './control.ts'
import type { Live } from './live.ts'
import { measuring } from './measure.ts'
import { newborn } from './newborn.ts'
import { watch } from './watch.ts'

export interface Settings {
  /** As on the command line: 'react', 'react:4'. */
  readonly agent: string
  readonly seeds: readonly number[]
  /** How often the imitated expert errs. */
  readonly noise: number
  readonly imitationSteps: number
  /** Of each arm after imitation. */
  readonly armSteps: number
  readonly width: number
  readonly layers: number
  readonly maxTokens: number
  /** What the vocabulary is learned from; 'all' unless given. */
  readonly vocabulary?: 'all' | 'rules'
  /** What becomes of attempts that broke. */
  readonly missing?: Missing
}

export interface Conducted {
  /** Those that do not learn: chance, the expert, the answer key. */
  readonly players: { readonly random: Summary; readonly expert: Summary; readonly optimum: Summary }
  /** Per seed, a result for each arm of the recipe; fewer where it was not finished. */
  readonly results: readonly (readonly ArmResult[])[]
  /** The learning curves, for a terminal. */
  readonly chart: string
  /** Whether somebody ended it before its time. */
  readonly cancelled: boolean
}

interface Stage {
  readonly recipe: Recipe
  readonly run: Run
  readonly signal: AbortSignal
  readonly display: Live
  /** For worlds that run code. */
  readonly sandbox?: NonNullable<RolloutOptions['sandbox']>
}

/**
 * Leaves every trajectory in the run's store; measurements, what was learned of each token, checkpoints and curve.svg in
 * its folder.
 */
export async function conduct<D, E extends Env>(
  spec: EnvSpec<D, E>,
  settings: Settings,
  stage: Stage,
): Promise<Conducted> {
  const { recipe, display, run } = stage
  const place = stage.sandbox && { sandbox: stage.sandbox }
  const halt = new AbortController()
  const signal = AbortSignal.any([stage.signal, halt.signal])
  const stopAll = (error: unknown): never => {
    halt.abort()
    throw error
  }
  const agent = openAgent(settings.agent, spec)
  const [train, test] = [await all(spec.tasks('train')), (await all(spec.tasks('test'))).slice(0, TEST_TASKS)]
  const expert = noisyOracle(spec, settings.noise)
  const { seeds, imitationSteps, armSteps } = settings
  const counted = measuring(run, seeds.length * (imitationSteps + (recipe.arms.length - 1) * armSteps))
  // Small models gain little from a second thread: what the machine has goes to as many seeds at once.
  const atOnce = Math.min(seeds.length, availableParallelism())
  const threads = Math.floor(availableParallelism() / atOnce)
  const lanes = Array.from({ length: atOnce }, () => semaphore(CONCURRENCY))
  using learned = openLearned(run.path)
  await using _control = await controlled(run, { places: shared(lanes), halt, signal, counted })
  const measure = (model: ReturnType<typeof oracle<D>>): Promise<Summary> =>
    evaluate(spec, agent, test, { model, attempts: 4, signal, concurrency: lanes[0]!, ...place })
  const players = {
    random: await measure(randomPlayer(spec)),
    expert: await measure(expert),
    optimum: await measure(oracle(spec)),
  }
  display.note(`${spec.id}: ${train.length} tasks to learn from, ${test.length} held out`)
  const curves = watch(display, { chance: players.random, optimum: players.optimum }, counted)
  const ofSeed = async (seed: number, concurrency: Semaphore): Promise<readonly ArmResult[]> => {
    if (signal.aborted) return []
    const born = await newborn(spec, agent, { ...settings, expert, tasks: train, seed, threads, ...place })
    await using engines = new AsyncDisposableStack()
    engines.use(born.engine)
    if (seed === seeds[0]) display.note(`a transformer of ${born.engine.parameters} weights`)
    const experiment = recipe.run({
      ...{ spec, agent, ...born, expert, train, test, seed, imitationSteps, armSteps },
      ...(settings.missing && { missing: settings.missing }),
      async critic(checkpoint) {
        const critic = engines.use(createEngine(born.engine.config, { seed, threads, head: { outputs: 1 } }))
        await critic.load(checkpoint)
        return critic
      },
      prompted: (say) => prompted(spec, 'prompted', say),
      folder: join(run.path, 'checkpoints'),
      onUpdate: learned.add,
      rollout: {
        ...place,
        batch: `seed-${seed}`,
        signal,
        concurrency,
        maxTokens: settings.maxTokens,
        onTrajectory: (done) => run.store.add(done),
      },
    })
    const title = seeds.length > 1 ? `seed ${seed}, ` : ''
    const results = await curves.follow(title, counted.follow(seed, experiment))
    run.write('curve.svg', curves.svg())
    return results
  }
  const results = await together(seeds, lanes, (seed, lane) => ofSeed(seed, lane).catch(stopAll))
  return { players, results, chart: curves.text(), cancelled: signal.aborted }
}

/** Episodes in flight for each seed. */
const CONCURRENCY = 128

/** Does the same with each, as many at once as there are lanes; what comes of them in their order. Throws when all have ended. */
async function together<T, L, R>(
  items: readonly T[],
  lanes: readonly L[],
  work: (item: T, lane: L) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const waiting = items.entries()
  const worker = async (lane: L): Promise<void> => {
    for (const [i, item] of waiting) results[i] = await work(item, lane)
  }
  const ended = await Promise.allSettled(lanes.map(worker))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return results
}

/** Several semaphores as one that has the places of all. */
function shared(lanes: readonly Semaphore[]): Places {
  const total = (of: (lane: Semaphore) => number): number => lanes.reduce((sum, lane) => sum + of(lane), 0)
  return {
    least: lanes.length,
    get places() {
      return total((lane) => lane.places)
    },
    get held() {
      return total((lane) => lane.held)
    },
    resize(places) {
      for (const [i, lane] of lanes.entries()) lane.resize(Math.floor((places + i) / lanes.length))
    },
  }
}

/** Held-out tasks that everybody is measured on, at most. */
const TEST_TASKS = 200

async function all<D>(tasks: Iterable<Task<D>> | AsyncIterable<Task<D>>): Promise<Task<D>[]> {
  return Array.fromAsync(tasks)
}
