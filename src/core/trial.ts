/** A world under trial: plays agents in its tasks, and keeps what its rewards have said. */
import type { Agent } from './agent.ts'
import { chance, keyTo } from './attacks.ts'
import type { Env } from './env.ts'
import { type RolloutOptions, rollout } from './rollout.ts'
import { type Semaphore, semaphore } from './semaphore.ts'
import type { EnvSpec } from './spec.ts'
import type { Task } from './task.ts'
import { returnOf, successOf, type Trajectory } from './trajectory.ts'

export interface CheckOptions<D> extends Pick<RolloutOptions<D>, 'sandbox' | 'signal'> {
  /** Goes before the batches of the evidence, where that of several worlds lies in one store. */
  readonly batch?: string
  /** For worlds in which a model plays a part. */
  readonly model?: RolloutOptions<D>['model']
  /** Tasks tried of each split, 24 unless given. */
  readonly tasks?: number
  readonly onPledge?: (pledge: Pledge) => void
  /** Told of each trajectory that shows why a promise is broken, a few of them a promise; awaited. */
  readonly onEvidence?: (trajectory: Trajectory) => void | Promise<void>
}

/** `figure` is what was measured. `why` says what is wrong where it is broken, and what is missing where unchecked. */
export interface Pledge {
  readonly name: string
  readonly verdict: 'kept' | 'broken' | 'unchecked'
  readonly figure: string
  readonly why?: string
  /** The ids of the trajectories that show it, as `onEvidence` was told of them. */
  readonly evidence?: readonly string[]
}

export interface Finding extends Omit<Pledge, 'name' | 'evidence'> {
  /** The most telling first. */
  readonly evidence?: readonly Trajectory[]
}

export const kept = (figure: string): Finding => ({ verdict: 'kept', figure })
export const broken = (figure: string, why: string, evidence: readonly Trajectory[] = []): Finding => ({
  ...{ verdict: 'broken', figure, why, evidence },
})
export const unchecked = (why: string): Finding => ({ verdict: 'unchecked', figure: '-', why })

export type Tactic<D> = (task: Task<D>) => Agent

/** What an agent made of some tasks: means over them; an attempt without a score counts as no success. */
export interface Marks {
  readonly success: number
  readonly return: number
}

/** Something broke in an episode, whatever the promise under trial was about. */
export class EpisodeBroke extends Error {
  readonly trajectory: Trajectory
  constructor(message: string, trajectory: Trajectory) {
    super(message)
    this.trajectory = trajectory
  }
}

/** Episodes at once: enough to be quick, and few enough for worlds that open a process each. */
const AT_ONCE = 16

export class Trial<D, E extends Env> {
  readonly spec: EnvSpec<D, E>
  readonly options: CheckOptions<D>
  /** What is tried, and the key's way through each of them. */
  tasks: Task<D>[] = []
  key: Trajectory[] = []
  /** Each reward's values so far. */
  readonly said = new Map<string, Set<number | null>>()
  /** True where an episode opened a sandbox: then it costs more than arithmetic. */
  costly = false
  readonly #places: Semaphore = semaphore(AT_ONCE)

  constructor(spec: EnvSpec<D, E>, options: CheckOptions<D>) {
    this.spec = spec
    this.options = options
  }

  async marks(tactic: Tactic<D>, tasks: readonly Task<D>[] = this.tasks): Promise<Marks> {
    return marksOf(await this.play(tactic, tasks))
  }

  /** One attempt at each task, in the order of the tasks. Throws EpisodeBroke where one did. */
  async play(tactic: Tactic<D>, tasks: readonly Task<D>[] = this.tasks): Promise<Trajectory[]> {
    const { model = nobody, sandbox, signal } = this.options
    const counted: typeof sandbox = (needs, until) => {
      this.costly = true
      return sandbox!(needs, until)
    }
    const one = async (task: Task<D>): Promise<Trajectory[]> => {
      const options = { model, ...(sandbox && { sandbox: counted }), ...(signal && { signal }) }
      const groups = await Array.fromAsync(rollout(this.spec, tactic(task), [task], options))
      return groups.flatMap(({ trajectories }) => trajectories)
    }
    const all = (await Promise.all(tasks.map((task) => this.#places.run(() => one(task))))).flat()
    for (const trajectory of all) this.#note(trajectory)
    return all
  }

  #note(trajectory: Trajectory): void {
    const { outcome, task, agent, rewards } = trajectory
    for (const [name, { value }] of Object.entries(rewards))
      this.said.set(name, (this.said.get(name) ?? new Set()).add(value))
    if (outcome.kind === 'broken')
      throw new EpisodeBroke(
        `task '${task}' broke (${outcome.failure.boundary}) under ${agent}: ${outcome.failure.message}`,
        trajectory,
      )
  }

  /** The same random actions in some of the tasks; those of the key where none can be drawn. */
  async walks({ together }: { readonly together: boolean }): Promise<Trajectory[]> {
    const tactic: Tactic<D> = (task) => (this.spec.guess ? chance(this.spec, task) : keyTo(this.spec, task))
    const tasks = this.tasks.slice(0, 12)
    if (together) return await this.play(tactic, tasks)
    const out: Trajectory[] = []
    for (const task of tasks) out.push(...(await this.play(tactic, [task])))
    return out
  }
}

const nobody = (): never => {
  throw new Error('the check was given no such thing: this world needs a model')
}

export function marksOf(trajectories: readonly Trajectory[]): Marks {
  const returns = trajectories.flatMap((trajectory) => returnOf(trajectory) ?? [])
  const successes = trajectories.map((trajectory) => successOf(trajectory) ?? 0)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return { success: mean(successes), return: returns.length > 0 ? mean(returns) : Number.NEGATIVE_INFINITY }
}

export const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

/** Everything a player could have noticed, as text. */
export function transcript({ steps, final, stop }: Trajectory): string {
  return JSON.stringify([steps.map(({ observation, reward, info }) => [observation, reward, info]), final, stop])
}

export function ending({ outcome, stop, steps }: Trajectory): string {
  const how = outcome.kind === 'scored' ? `scored ${outcome.return}` : outcome.kind
  return `${how} after ${steps.length} steps (${stop})`
}
