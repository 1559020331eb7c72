/**
 * The only loop: agents play worlds, many at a time, and every episode ends as a Trajectory, whatever happened.
 * It knows nothing of tokens, files or training.
 */
import type { Agent } from './agent.ts'
import type { Env } from './env.ts'
import { RecordedEpisode } from './episode.ts'
import { boundary, EpisodeStopped, failureOf, orAbort } from './failure.ts'
import { hostOf, type OpenSandbox, sandboxFor } from './host.ts'
import { episodeJournal, type Journal, milliseconds } from './journal.ts'
import { lifetime, Owner } from './lifetime.ts'
import { type Limits, tightest } from './limits.ts'
import { newMeter } from './meter.ts'
import type { Model, Sampling } from './model.ts'
import { seedOf } from './random.ts'
import { judge } from './reward.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'
import { type Semaphore, semaphore } from './semaphore.ts'
import type { EnvSpec } from './spec.ts'
import type { Task } from './task.ts'
import { outcomeOf, type Trajectory, trajectoryId } from './trajectory.ts'

/** Who is asking for a model: what an answer key or a per-seat choice needs to know. Agents never see it. */
export interface Seat<D = unknown> {
  readonly role: string
  readonly task: Task<D>
  /** Which attempt at the task, from 0. */
  readonly attempt: number
  readonly seed: number
}

export interface RolloutOptions<D = unknown> {
  /** One for everybody, or one for each seat of each episode, asked for when it is first needed. */
  readonly model: Model | ((seat: Seat<D>) => Model)
  readonly sandbox?: OpenSandbox
  /** Attempts at each task, 1 unless given. Together they are a group; they start in the same world. */
  readonly attempts?: number
  /** Episodes in flight, 32 unless given; a semaphore may be resized while they are. */
  readonly concurrency?: number | Semaphore
  readonly seed?: number
  readonly sampling?: Sampling
  /** Tightens the environment's own. */
  readonly limits?: Partial<Limits>
  readonly signal?: AbortSignal
  /** Names this part of a run; see Trajectory.batch. */
  readonly batch?: string
  /** Answers calls that an earlier life of the run has paid for, and keeps those that this one does. */
  readonly journal?: Journal
  /** Attempts that an earlier life of the run has finished, by the ids of their trajectories: left out of their groups. */
  readonly finished?: (id: string) => boolean
  /** Told of each trajectory as it ends, before its group is complete; awaited. */
  readonly onTrajectory?: (trajectory: Trajectory) => void | Promise<void>
}

export interface Group<D = unknown> {
  readonly task: Task<D>
  /** In the order of their attempts, those left out that were finished before. */
  readonly trajectories: readonly Trajectory[]
}

/**
 * Plays every task `attempts` times and yields each task's group when its last attempt has ended. New tasks are
 * begun only as fast as groups are taken. When `signal` aborts, what is in flight ends as 'cancelled' and is still
 * yielded, and nothing new is begun; leaving the loop early cancels too, and waits for the worlds to close.
 */
export async function* rollout<D, E extends Env>(
  spec: EnvSpec<D, E>,
  agent: Agent,
  tasks: Iterable<Task<D>> | AsyncIterable<Task<D>>,
  options: RolloutOptions<D>,
): AsyncGenerator<Group<D>, void> {
  const { attempts = 1, concurrency = 32 } = options
  const halt = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, halt.signal]) : halt.signal
  const places = typeof concurrency === 'number' ? semaphore(concurrency) : concurrency
  const open = new Set<Promise<unknown>>()
  const ended: Promise<Group<D>>[] = []
  let wake = (): void => {}

  const begin = (task: Task<D>): void => {
    const all = Array.from({ length: attempts }, (_, number) => number)
    const numbers = all.filter(
      (number) => !options.finished?.(trajectoryId({ batch: options.batch, task: task.id, attempt: number })),
    )
    if (numbers.length === 0) return
    const played = numbers.map((number) =>
      places.run(() => play(spec, agent, task, number, { ...options, signal })).finally(() => wake()),
    )
    const group = Promise.all(played).then((trajectories) => ({ task, trajectories }))
    const settled = group
      .catch(() => {})
      .then(() => {
        open.delete(settled)
        ended.push(group)
        wake()
      })
    open.add(settled)
  }

  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  const source = Symbol.asyncIterator in tasks ? tasks[Symbol.asyncIterator]() : tasks[Symbol.iterator]()
  let more = true
  let burst = 0
  try {
    while (more || open.size > 0 || ended.length > 0) {
      const group = ended.shift()
      if (group) yield await group
      else if (more && (signal.aborted || places.free > 0)) {
        const next = signal.aborted ? { done: true as const } : await source.next()
        if (next.done) more = false
        else begin(next.value)
        if (++burst % BURST === 0) await breath()
      } else {
        const woken = new Promise<void>((resolve) => {
          wake = resolve
        })
        await (more ? Promise.race([woken, places.room()]) : woken)
        burst = 0
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    halt.abort()
    await Promise.all(open)
    await source.return?.()
  }
}

/** So many are begun at once: what a thousand ask in one turn of the event loop is answered in one, and all of them wait. */
const BURST = 8
const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** One episode from opening to verdict. Rejects only where `onTrajectory` does, or the journal. */
async function play<D, E extends Env>(
  spec: EnvSpec<D, E>,
  agent: Agent,
  task: Task<D>,
  attempt: number,
  options: RolloutOptions<D>,
): Promise<Trajectory> {
  const { batch = '', sampling = {} } = options
  const started = performance.now()
  const limits = tightest(spec.limits, options.limits)
  const seed = seedOf(options.seed ?? 0, spec.id, task.id)
  const drawing = seedOf(seed, attempt)
  const id = trajectoryId({ batch, task: task.id, attempt })
  const journal = episodeJournal(id, options.journal)
  const meter = newMeter()
  const owner = new Owner()
  const own = (env: Env): void => owner.own(() => env.close?.())
  using life = lifetime('the episode', limits.timeMs, options.signal)
  const { signal } = life
  const model = seated(options, { task, attempt, seed: drawing })
  const open = (needs: SandboxSpec, signal: AbortSignal) => sandboxFor(needs, options.sandbox, { signal, owner })
  const sandbox = (needs: SandboxSpec): Promise<Sandbox> => open(needs, signal)
  const host = hostOf({ seed, drawing, signal, meter, journal, model, sandbox })

  let episode: RecordedEpisode | undefined
  const perform = async (): Promise<Ending> => {
    const made = boundary('env', () => spec.make(task, host))
    made.then(own, () => {})
    const env = await orAbort(made, signal)
    const opening = await boundary('env', () => orAbort(env.reset(), signal))
    const setup = { env, opening, limits, signal, seed: drawing, sampling, meter, journal, model, own }
    const live = new RecordedEpisode(setup)
    episode = live
    const cut = await boundary('agent', () => orAbort(agent.play(live), signal)).catch(unlessOutOfCalls)
    if (live.error) throw live.error
    const { steps } = live.record()
    // The judge's deadline is its own: a slow game must not leave it without time.
    using time = lifetime('the judging', limits.timeMs, options.signal)
    const fresh = (needs: SandboxSpec): Promise<Sandbox> => open(needs, time.signal)
    const judged = { task, env, steps, last: steps.at(-1)?.action, signal: time.signal, sandbox: fresh }
    const rewards = await boundary('reward', () => orAbort(judge(spec.rubric, judged), time.signal))
    return { stop: live.stop ?? cut ?? 'gave-up', rewards, outcome: outcomeOf(steps, rewards) }
  }
  const ending = await perform().catch(endedBy)
  const warnings = [...(journal.departed ? [journal.departed] : []), ...(await owner.close())]
  journal.check()
  const { steps, trailing, branches } = episode?.record() ?? { steps: [], trailing: [], branches: [] }
  const trajectory: Trajectory = {
    version: 1,
    id,
    batch,
    env: spec.id,
    task: task.id,
    attempt,
    agent: agent.id,
    seed,
    steps,
    trailing,
    branches,
    ...(episode && { final: episode.observation }),
    ...ending,
    usage: { promptTokens: meter.promptTokens, completionTokens: meter.completionTokens },
    costUsd: meter.costUsd,
    timeMs: milliseconds(started),
    ...(warnings.length > 0 && { warnings }),
  }
  await options.onTrajectory?.(trajectory)
  return trajectory
}

/** Each seat's model, asked for once in an episode. */
function seated<D>({ model }: RolloutOptions<D>, asking: Omit<Seat<D>, 'role'>): (role: string) => Model {
  const seats = new Map<string, Model>()
  return (role) => {
    const taken = seats.get(role) ?? (typeof model === 'function' ? model({ role, ...asking }) : model)
    seats.set(role, taken)
    return taken
  }
}

type Ending = Pick<Trajectory, 'stop' | 'rewards' | 'outcome'>

/** A game that ran out of calls is over, and judged as it stands. */
function unlessOutOfCalls(error: unknown): 'calls' {
  if (!(error instanceof EpisodeStopped && error.reason === 'calls')) throw error
  return error.reason
}

/** How an episode ends that did not get to its verdict. */
function endedBy(error: unknown): Ending {
  const stopped = error instanceof EpisodeStopped ? error.reason : 'failed'
  if (stopped === 'cancelled') return { stop: stopped, rewards: {}, outcome: { kind: 'cancelled' } }
  if (error instanceof EpisodeStopped) {
    return { stop: stopped, rewards: {}, outcome: { kind: 'over-budget', why: error.message } }
  }
  return { stop: 'failed', rewards: {}, outcome: { kind: 'broken', failure: failureOf('agent', error) } }
}
