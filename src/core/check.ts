/**
 * Certifies a world (law 8): a list of promises, each kept or broken by what happened when it was tried. The key must
 * win, those who know nothing must not, and a world must be the same whenever it is opened with the same seed.
 */
import type { Agent } from './agent.ts'
import { chance, constant, echoes, keyTo, masterKeys, nonsense, platitudes, silence, stumbling } from './attacks.ts'
import type { Env } from './env.ts'
import { failureOf } from './failure.ts'
import { type RolloutOptions, rollout } from './rollout.ts'
import type { EnvSpec } from './spec.ts'
import type { Split, Task } from './task.ts'
import { returnOf, successOf, type Trajectory } from './trajectory.ts'

/** `figure` is what was measured. `why` says what is wrong where it is broken, and what is missing where unchecked. */
export interface Pledge {
  readonly name: string
  readonly verdict: 'kept' | 'broken' | 'unchecked'
  readonly figure: string
  readonly why?: string
}

export interface Certificate {
  readonly env: string
  /** No promise is broken. */
  readonly certified: boolean
  readonly promises: readonly Pledge[]
}

export interface CheckOptions<D> extends Pick<RolloutOptions<D>, 'sandbox' | 'signal'> {
  /** For worlds in which a model plays a part. */
  readonly model?: RolloutOptions<D>['model']
  /** Tasks tried of each split, 24 unless given. */
  readonly tasks?: number
  readonly onPledge?: (pledge: Pledge) => void
}

type Finding = Omit<Pledge, 'name'>

/** Tries every promise. Rejects only when cancelled: a world that throws has broken the promise under trial. */
export async function checkEnv<D, E extends Env>(
  spec: EnvSpec<D, E>,
  options: CheckOptions<D> = {},
): Promise<Certificate> {
  const promises: Pledge[] = []
  const trial = new Trial(spec, options)
  for (const [name, examine] of trial.examinations()) {
    const finding = await examine().catch(
      (error): Finding => ({ verdict: 'broken', figure: 'failed', why: failureOf('env', error).message }),
    )
    options.signal?.throwIfAborted()
    const pledge = { name, ...finding }
    promises.push(pledge)
    options.onPledge?.(pledge)
  }
  return { env: spec.id, certified: promises.every(({ verdict }) => verdict !== 'broken'), promises }
}

const kept = (figure: string): Finding => ({ verdict: 'kept', figure })
const broken = (figure: string, why: string): Finding => ({ verdict: 'broken', figure, why })
const unchecked = (why: string): Finding => ({ verdict: 'unchecked', figure: '-', why })

/** What an agent made of the tasks: means over them; an attempt without a score counts as no success. */
interface Marks {
  readonly success: number
  readonly return: number
}

/** Success that somebody who knows nothing may have: answers can be right by accident. */
const ACCIDENT = 0.1

class Trial<D, E extends Env> {
  readonly #spec: EnvSpec<D, E>
  readonly #options: CheckOptions<D>
  #tasks: Task<D>[] = []
  #key: Trajectory[] = []
  /** Each reward's values so far. */
  readonly #said = new Map<string, Set<number | null>>()

  constructor(spec: EnvSpec<D, E>, options: CheckOptions<D>) {
    this.#spec = spec
    this.#options = options
  }

  examinations(): [name: string, examine: () => Promise<Finding>][] {
    return [
      ['tasks have names of their own, and test tasks are no training tasks', () => this.#tasksDiffer()],
      ['the answer key earns full marks', () => this.#keyWins()],
      ['silence earns nothing', () => this.#attack([silence])],
      ['a constant earns nothing', () => this.#constants()],
      ['an echo earns nothing', () => this.#attack(echoes)],
      ['master keys open nothing', () => this.#attack(masterKeys)],
      ['chance earns less than the key', () => this.#chance()],
      ['nonsense breaks nothing', () => this.#withstands()],
      ['the same seed opens the same world', () => this.#repeats()],
      ['episodes do not see each other', () => this.#keepsApart()],
      ['being right later never pays more', () => this.#hurries()],
      ['a fork is a world of its own', () => this.#forks()],
      ['the rewards are awake', () => this.#awake()],
    ]
  }

  async #tasksDiffer(): Promise<Finding> {
    const wanted = this.#options.tasks ?? 24
    const seen = new Map<string, Split>()
    const data = new Map<string, Split>()
    for (const split of ['train', 'test'] as const) {
      const first = await take(this.#spec.tasks(split), 2000)
      const again = await take(this.#spec.tasks(split), 2000)
      if (JSON.stringify(first) !== JSON.stringify(again))
        return broken(`${first.length}`, `the ${split} tasks are others at every call`)
      for (const task of first) {
        const twin = seen.get(task.id) ?? data.get(JSON.stringify(task.data))
        if (seen.has(task.id)) return broken(task.id, `the task id '${task.id}' stands twice (${twin} and ${split})`)
        if (twin && twin !== split) return broken(task.id, `the ${split} task '${task.id}' is a ${twin} task too`)
        seen.set(task.id, split)
        data.set(JSON.stringify(task.data), split)
      }
      this.#tasks.push(...first.slice(0, wanted))
    }
    if (this.#tasks.length === 0) return broken('0', 'it has no tasks')
    return kept(`${seen.size} tasks seen, ${this.#tasks.length} tried below`)
  }

  async #keyWins(): Promise<Finding> {
    this.#key = await this.#play((task) => keyTo(this.#spec, task))
    const lost = this.#key.find((trajectory) => (successOf(trajectory) ?? 0) < 1)
    const won = this.#key.filter((trajectory) => (successOf(trajectory) ?? 0) >= 1).length
    const figure = `${won}/${this.#key.length}`
    if (!lost) return kept(figure)
    return broken(figure, `the key does not solve task '${lost.task}': ${ending(lost)}`)
  }

  /** A term that said the same of all that was tried sleeps. */
  async #awake(): Promise<Finding> {
    const names = Object.keys(this.#spec.rubric)
    const asleep = names.filter((name) => (this.#said.get(name)?.size ?? 0) < 2)
    if (asleep.length === 0) return kept(`${names.length} awake`)
    const lines = asleep.map(
      (name) => `'${name}' is ${[...(this.#said.get(name) ?? [])][0] ?? 'not judged'} whatever happens`,
    )
    return broken(`${asleep.length} of ${names.length} asleep`, `a reward sleeps: ${lines.join('; ')}`)
  }

  /** A well-formed constant may be right as often as chance is; nothing else may. */
  async #constants(): Promise<Finding> {
    const platitudinous = await this.#attack(platitudes)
    if (platitudinous.verdict === 'broken' || !this.#spec.guess) return platitudinous
    const drawn = [0, 1, 2, 3, 4].map((number) => (task: Task<D>) => constant(this.#spec, task, number))
    return this.#attack(drawn, (await this.#marks((task) => chance(this.#spec, task))).success)
  }

  /** None of these knows anything: none may succeed more often than that, or be paid what the key is. */
  async #attack(agents: readonly (Agent | ((task: Task<D>) => Agent))[], byChance = 0): Promise<Finding> {
    const allowed = Math.max(ACCIDENT, byChance)
    const key = marksOf(this.#key)
    let most = 0
    for (const agent of agents) {
      const tactic = typeof agent === 'function' ? agent : () => agent
      const marks = await this.#marks(tactic)
      const { id } = tactic(this.#tasks[0]!)
      most = Math.max(most, marks.success)
      if (marks.success > allowed)
        return broken(percent(marks.success), `${id} succeeds in ${percent(marks.success)} of the tasks`)
      if (marks.return >= key.return)
        return broken(`${marks.return}`, `${id} is paid ${marks.return}, the key ${key.return}`)
    }
    return kept(`${percent(most)} at most, of ${agents.length}`)
  }

  async #chance(): Promise<Finding> {
    if (!this.#spec.guess) return unchecked('it cannot draw random actions (guess)')
    const [marks, key] = [await this.#marks((task) => chance(this.#spec, task)), marksOf(this.#key)]
    const figure = `success ${percent(marks.success)}, return ${marks.return.toFixed(2)}; key ${key.return.toFixed(2)}`
    return marks.return < key.return ? kept(figure) : broken(figure, 'random actions are paid as much as the key')
  }

  async #withstands(): Promise<Finding> {
    for (const agent of nonsense) await this.#play(() => agent, this.#tasks.slice(0, 2))
    return kept(`${nonsense.length} oddities`)
  }

  async #repeats(): Promise<Finding> {
    const [first, again] = [await this.#transcripts(1), await this.#transcripts(1)]
    const other = first.findIndex((transcript, i) => transcript !== again[i])
    if (other < 0) return kept(`${first.length} tasks, twice`)
    return broken(
      `task '${this.#tasks[other]!.id}'`,
      'opened with the same seed and played alike, the world is another',
    )
  }

  async #keepsApart(): Promise<Finding> {
    const [alone, together] = [await this.#transcripts(1), await this.#transcripts(Infinity)]
    const other = alone.findIndex((transcript, i) => transcript !== together[i])
    if (other < 0) return kept(`${alone.length} tasks, side by side`)
    return broken(`task '${this.#tasks[other]!.id}'`, 'the episode goes otherwise when another is under way')
  }

  async #hurries(): Promise<Finding> {
    if (!this.#spec.guess) return unchecked('it cannot draw random actions (guess)')
    if (this.#key.every(({ steps }) => steps.length < 2))
      return unchecked('there is no later: one step is all there is')
    const late = await this.#marks((task) => stumbling(this.#spec, task, 3))
    const [key, figure] = [marksOf(this.#key), `${late.return.toFixed(2)} after three stumbles`]
    return late.return <= key.return
      ? kept(figure)
      : broken(figure, `the key at once is paid ${key.return.toFixed(2)}, later more`)
  }

  async #forks(): Promise<Finding> {
    const explorer = (task: Task<D>): Agent => ({
      id: 'explorer',
      play: async (episode) => {
        const copy = await episode.fork?.()
        if (!copy) throw new Error('no fork')
        await keyTo(this.#spec, task).play(copy)
        await keyTo(this.#spec, task).play(episode)
      },
    })
    let forks = true
    const looking: Agent = {
      id: 'looking',
      async play({ fork }) {
        forks = fork !== undefined
      },
    }
    await this.#play(() => looking, this.#tasks.slice(0, 1))
    if (!forks) return unchecked('it has no fork')
    const played = await this.#play(explorer)
    const wrong = played.find((t) => (successOf(t) ?? 0) < 1 || t.branches[0]?.steps.length !== t.steps.length)
    if (!wrong) return kept(`${played.length} forks`)
    return broken(
      `task '${wrong.task}'`,
      `the key's way through a fork and then through its original differ: ${ending(wrong)}`,
    )
  }

  async #marks(tactic: (task: Task<D>) => Agent): Promise<Marks> {
    return marksOf(await this.#play(tactic))
  }

  /** What the worlds showed and paid to the same random actions. */
  async #transcripts(concurrency: number): Promise<string[]> {
    const tactic = (task: Task<D>): Agent => (this.#spec.guess ? chance(this.#spec, task) : keyTo(this.#spec, task))
    const tasks = this.#tasks.slice(0, 12)
    const play = async (some: Task<D>[]): Promise<string[]> => (await this.#play(tactic, some)).map(transcript)
    if (concurrency > 1) return play(tasks)
    const out: string[] = []
    for (const task of tasks) out.push(...(await play([task])))
    return out
  }

  /** One attempt at each task, all at once. Throws where a world broke. */
  async #play(tactic: (task: Task<D>) => Agent, tasks: readonly Task<D>[] = this.#tasks): Promise<Trajectory[]> {
    const { model = nobody, sandbox, signal } = this.#options
    const options = { model, ...(sandbox && { sandbox }), ...(signal && { signal }) }
    const one = async (task: Task<D>): Promise<Trajectory[]> => {
      const groups = await Array.fromAsync(rollout(this.#spec, tactic(task), [task], options))
      return groups.flatMap(({ trajectories }) => trajectories)
    }
    const all = (await Promise.all(tasks.map(one))).flat()
    for (const { outcome, task, rewards } of all) {
      for (const [name, { value }] of Object.entries(rewards)) {
        this.#said.set(name, (this.#said.get(name) ?? new Set()).add(value))
      }
      if (outcome.kind === 'broken')
        throw new Error(`task '${task}' broke (${outcome.failure.boundary}): ${outcome.failure.message}`)
    }
    return all
  }
}

const nobody = (): never => {
  throw new Error('the check was given no such thing: this world needs a model or a sandbox')
}

async function take<T>(items: Iterable<T> | AsyncIterable<T>, most: number): Promise<T[]> {
  const out: T[] = []
  for await (const item of items) {
    if (out.length >= most) break
    out.push(item)
  }
  return out
}

function marksOf(trajectories: readonly Trajectory[]): Marks {
  const returns = trajectories.flatMap((trajectory) => returnOf(trajectory) ?? [])
  const successes = trajectories.map((trajectory) => successOf(trajectory) ?? 0)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return { success: mean(successes), return: returns.length > 0 ? mean(returns) : Number.NEGATIVE_INFINITY }
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

/** Everything a player could have noticed, as text. */
function transcript({ steps, final, stop }: Trajectory): string {
  return JSON.stringify([steps.map(({ observation, reward, info }) => [observation, reward, info]), final, stop])
}

function ending({ outcome, stop, steps }: Trajectory): string {
  const how = outcome.kind === 'scored' ? `scored ${outcome.return}` : outcome.kind
  return `${how} after ${steps.length} steps (${stop})`
}
