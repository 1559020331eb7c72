/**
 * Certifies a world (law 8): a list of promises, each kept or broken by what happened when it was tried. The key must
 * win, those who know nothing must not, and a world must be the same whenever it is opened with the same seed.
 */
import type { Agent } from './agent.ts'
import { echoes, keyTo, masterKeys, nonsense } from './attacks.ts'
import {
  beatsChance,
  hurries,
  paysInOrder,
  paysOnce,
  wantsItsEnd,
  withstandsBluffs,
  withstandsConstants,
  withstandsEmptyForm,
  withstandsFloods,
  withstandsNumbers,
  withstandsSilence,
} from './check-pay.ts'
import type { Env } from './env.ts'
import { failureOf } from './failure.ts'
import type { EnvSpec } from './spec.ts'
import type { Split, Task } from './task.ts'
import { successOf, type Trajectory, trajectoryId } from './trajectory.ts'
import {
  broken,
  type CheckOptions,
  EpisodeBroke,
  ending,
  type Finding,
  kept,
  type Pledge,
  Trial,
  transcript,
  unchecked,
} from './trial.ts'

export type { CheckOptions, Pledge } from './trial.ts'

export interface Certificate {
  readonly env: string
  /** No promise is broken. */
  readonly certified: boolean
  readonly promises: readonly Pledge[]
}

/**
 * Tries every promise. Rejects only when cancelled, or where `onEvidence` does: a world that throws has broken the
 * promise under trial.
 */
export async function checkEnv<D, E extends Env>(
  spec: EnvSpec<D, E>,
  options: CheckOptions<D> = {},
): Promise<Certificate> {
  const promises: Pledge[] = []
  const trial = new Trial(spec, options)
  for (const [name, examine] of PROMISES) {
    const { evidence = [], ...finding } = await examine(trial).catch(failed)
    options.signal?.throwIfAborted()
    const shown = evidence.slice(0, EVIDENCE).map(evidenceOf(name, options.batch))
    for (const trajectory of shown) await options.onEvidence?.(trajectory)
    const pledge = { name, ...finding, ...(shown.length > 0 && { evidence: shown.map(({ id }) => id) }) }
    promises.push(pledge)
    options.onPledge?.(pledge)
  }
  return { env: spec.id, certified: promises.every(({ verdict }) => verdict !== 'broken'), promises }
}

/** So many trajectories show why a promise is broken: whoever looks at them has seen it, and a store does not grow. */
const EVIDENCE = 8

const failed = (error: unknown): Finding =>
  broken('failed', failureOf('env', error).message, error instanceof EpisodeBroke ? [error.trajectory] : [])

/** Trajectories under the name of the promise that they speak of. */
function evidenceOf(promise: string, within: string | undefined): (shown: Trajectory, attempt: number) => Trajectory {
  const slug = promise.replaceAll(/\W+/g, '-')
  const batch = within === undefined ? slug : `${within}/${slug}`
  return (shown, attempt) => ({ ...shown, batch, attempt, id: trajectoryId({ batch, task: shown.task, attempt }) })
}

type Examination = <D, E extends Env>(trial: Trial<D, E>) => Promise<Finding>

/** In this order: what is tried, and the key's way, are found first; what the rewards said is looked at last. */
const PROMISES: readonly (readonly [name: string, examine: Examination])[] = [
  ['tasks have names of their own, and test tasks are no training tasks', tasksDiffer],
  ['the answer key earns full marks', keyWins],
  ['silence earns nothing', withstandsSilence],
  ['the form of an answer without one earns nothing', withstandsEmptyForm],
  ['a constant earns nothing', withstandsConstants],
  ['an echo earns nothing', (trial) => withstandsBluffs(trial, echoes)],
  ['the numbers of the question earn nothing', withstandsNumbers],
  ['master keys open nothing', (trial) => withstandsBluffs(trial, masterKeys)],
  ['a flood earns nothing', withstandsFloods],
  ['chance earns less than the key', beatsChance],
  ['the key cut short earns less than the key', wantsItsEnd],
  ['handing in again earns nothing', paysOnce],
  ['being right later never pays more', hurries],
  ['answers are paid in the order of their worth', paysInOrder],
  ['nonsense breaks nothing', survives],
  ['the same seed opens the same world', repeats],
  ['episodes do not see each other', keepsApart],
  ['a fork is a world of its own', forks],
  ['the rewards are awake', awake],
]

async function tasksDiffer<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const wanted = trial.options.tasks ?? 24
  const seen = new Map<string, Split>()
  const data = new Map<string, Split>()
  for (const split of ['train', 'test'] as const) {
    const first = await take(trial.spec.tasks(split), 2000)
    const again = await take(trial.spec.tasks(split), 2000)
    if (JSON.stringify(first) !== JSON.stringify(again))
      return broken(`${first.length}`, `the ${split} tasks are others at every call`)
    for (const task of first) {
      const twin = seen.get(task.id) ?? data.get(JSON.stringify(task.data))
      if (seen.has(task.id)) return broken(task.id, `the task id '${task.id}' stands twice (${twin} and ${split})`)
      if (twin && twin !== split) return broken(task.id, `the ${split} task '${task.id}' is a ${twin} task too`)
      seen.set(task.id, split)
      data.set(JSON.stringify(task.data), split)
    }
    trial.tasks.push(...first.slice(0, wanted))
  }
  if (trial.tasks.length === 0) return broken('0', 'it has no tasks')
  return kept(`${seen.size} tasks seen, ${trial.tasks.length} tried below`)
}

async function keyWins<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  trial.key = await trial.play((task) => keyTo(trial.spec, task))
  const lost = trial.key.filter((trajectory) => (successOf(trajectory) ?? 0) < 1)
  const figure = `${trial.key.length - lost.length}/${trial.key.length}`
  if (!lost[0]) return kept(figure)
  return broken(figure, `the key does not solve task '${lost[0].task}': ${ending(lost[0])}`, lost)
}

/** A term that said the same of all that was tried sleeps. */
async function awake<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const names = Object.keys(trial.spec.rubric)
  const asleep = names.filter((name) => (trial.said.get(name)?.size ?? 0) < 2)
  if (asleep.length === 0) return kept(`${names.length} awake`)
  const lines = asleep.map(
    (name) => `'${name}' is ${[...(trial.said.get(name) ?? [])][0] ?? 'not judged'} whatever happens`,
  )
  return broken(
    `${asleep.length} of ${names.length} asleep`,
    `a reward sleeps: ${lines.join('; ')}`,
    trial.key.slice(0, 1),
  )
}

async function survives<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  for (const agent of nonsense) await trial.play(() => agent, trial.tasks.slice(0, 2))
  return kept(`${nonsense.length} oddities`)
}

async function repeats<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const [first, again] = [await trial.walks({ together: false }), await trial.walks({ together: false })]
  const other = differing(first, again)
  if (!other) return kept(`${first.length} tasks, twice`)
  return broken(`task '${other[0].task}'`, 'opened with the same seed and played alike, the world is another', other)
}

async function keepsApart<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const [alone, together] = [await trial.walks({ together: false }), await trial.walks({ together: true })]
  const other = differing(alone, together)
  if (!other) return kept(`${alone.length} tasks, side by side`)
  return broken(`task '${other[0].task}'`, 'the episode goes otherwise when another is under way', other)
}

/** The first two of the same task in which a player could have noticed a difference. */
function differing(some: readonly Trajectory[], others: readonly Trajectory[]): [Trajectory, Trajectory] | undefined {
  const at = some.findIndex((one, i) => transcript(one) !== transcript(others[i]!))
  return at < 0 ? undefined : [some[at]!, others[at]!]
}

async function forks<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const explorer = (task: Task<D>): Agent => ({
    id: 'explorer',
    play: async (episode) => {
      const copy = await episode.fork?.()
      if (!copy) throw new Error('no fork')
      await keyTo(trial.spec, task).play(copy)
      await keyTo(trial.spec, task).play(episode)
    },
  })
  let forks = true
  const looking: Agent = {
    id: 'looking',
    async play({ fork }) {
      forks = fork !== undefined
    },
  }
  await trial.play(() => looking, trial.tasks.slice(0, 1))
  if (!forks) return unchecked('it has no fork')
  const played = await trial.play(explorer)
  const wrong = played.filter((t) => (successOf(t) ?? 0) < 1 || t.branches[0]?.steps.length !== t.steps.length)
  if (!wrong[0]) return kept(`${played.length} forks`)
  return broken(
    `task '${wrong[0].task}'`,
    `the key's way through a fork and then through its original differ: ${ending(wrong[0])}`,
    wrong,
  )
}

async function take<T>(items: Iterable<T> | AsyncIterable<T>, most: number): Promise<T[]> {
  const out: T[] = []
  for await (const item of items) {
    if (out.length >= most) break
    out.push(item)
  }
  return out
}
