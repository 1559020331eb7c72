/**
 * The only loop: agents play worlds, many at a time, and every episode ends as a Trajectory, whatever happened.
 * It knows nothing of tokens, files or training.
 */
import type { Agent } from './agent.ts'
import type { Env, Host } from './env.ts'
import { type Meter, milliseconds, RecordedEpisode } from './episode.ts'
import { boundary, EpisodeStopped, failureOf, orAbort } from './failure.ts'
import { lifetime, Owner } from './lifetime.ts'
import { type Limits, tightest } from './limits.ts'
import type { Model, Sampling } from './model.ts'
import { seedOf } from './random.ts'
import { judge } from './reward.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'
import { semaphore } from './semaphore.ts'
import type { EnvSpec } from './spec.ts'
import type { Task } from './task.ts'
import { outcomeOf, type Trajectory } from './trajectory.ts'

/** Who is asking for a model: what an answer key or a per-seat choice needs to know. Agents never see it. */
export interface Seat<D = unknown> {
  readonly role: string
  readonly task: Task<D>
  readonly seed: number
}

export interface RolloutOptions<D = unknown> {
  /** One for everybody, or one for each seat of each episode, asked for when it is first needed. */
  readonly model: Model | ((seat: Seat<D>) => Model)
  readonly sandbox?: (spec: SandboxSpec, signal: AbortSignal) => Promise<Sandbox>
  /** Attempts at each task, 1 unless given. Together they are a group; they start in the same world. */
  readonly attempts?: number
  /** Episodes in flight, 32 unless given. */
  readonly concurrency?: number
  readonly seed?: number
  readonly sampling?: Sampling
  /** Tightens the environment's own. */
  readonly limits?: Partial<Limits>
  readonly signal?: AbortSignal
  /** Names this part of a run; see Trajectory.batch. */
  readonly batch?: string
  /** Told of each trajectory as it ends, before its group is complete; awaited. */
  readonly onTrajectory?: (trajectory: Trajectory) => void | Promise<void>
}

export interface Group<D = unknown> {
  readonly task: Task<D>
  /** In the order of their attempts. */
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
  const places = semaphore(concurrency)
  const open = new Set<Promise<unknown>>()
  const ended: Promise<Group<D>>[] = []
  let wake = (): void => {}

  const begin = (task: Task<D>): void => {
    const numbers = Array.from({ length: attempts }, (_, number) => number)
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

  const source = Symbol.asyncIterator in tasks ? tasks[Symbol.asyncIterator]() : tasks[Symbol.iterator]()
  let more = true
  try {
    while (more || open.size > 0 || ended.length > 0) {
      const group = ended.shift()
      if (group) yield await group
      else if (more && places.free > 0) {
        const next = signal.aborted ? { done: true as const } : await source.next()
        if (next.done) more = false
        else begin(next.value)
      } else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    halt.abort()
    await Promise.all(open)
    await source.return?.()
  }
}

/** One episode from opening to verdict. Rejects only where `onTrajectory` does. */
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
  const meter: Meter = { calls: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 }
  const owner = new Owner()
  const own = (env: Env): void => owner.own(() => env.close?.())
  using life = lifetime('the episode', limits.timeMs, options.signal)
  const { signal } = life
  const seats = new Map<string, Model>()
  const model = (role: string): Model => {
    const taken = seats.get(role)
    if (taken) return taken
    const seated = typeof options.model === 'function' ? options.model({ role, task, seed: drawing }) : options.model
    seats.set(role, seated)
    return seated
  }
  const host: Host = { seed, signal, model, sandbox: (needs) => sandboxFor(needs, options, signal, owner) }

  let episode: RecordedEpisode | undefined
  const perform = async (): Promise<Ending> => {
    const made = boundary('env', () => spec.make(task, host))
    made.then(own, () => {})
    const env = await orAbort(made, signal)
    const opening = await boundary('env', () => orAbort(env.reset(), signal))
    const live = new RecordedEpisode({ env, opening, limits, signal, seed: drawing, sampling, meter, model, own })
    episode = live
    const cut = await boundary('agent', () => orAbort(agent.play(live), signal)).catch(unlessOutOfCalls)
    if (live.error) throw live.error
    const { steps } = live.record()
    // The judge's deadline is its own: a slow game must not leave it without time.
    using time = lifetime('the judging', limits.timeMs, options.signal)
    const fresh = (needs: SandboxSpec): Promise<Sandbox> => sandboxFor(needs, options, time.signal, owner)
    const judged = { task, env, steps, last: steps.at(-1)?.action, signal: time.signal, sandbox: fresh }
    const rewards = await boundary('reward', () => orAbort(judge(spec.rubric, judged), time.signal))
    return { stop: live.stop ?? cut ?? 'gave-up', rewards, outcome: outcomeOf(steps, rewards) }
  }
  const ending = await perform().catch(endedBy)
  const warnings = await owner.close()
  const { steps, trailing, branches } = episode?.record() ?? { steps: [], trailing: [], branches: [] }
  const trajectory: Trajectory = {
    version: 1,
    id: [batch, task.id, attempt].filter((part) => part !== '').join('/'),
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

async function sandboxFor(
  needs: SandboxSpec,
  options: { sandbox?: RolloutOptions['sandbox'] },
  signal: AbortSignal,
  owner: Owner,
): Promise<Sandbox> {
  const { sandbox } = options
  if (!sandbox) throw new Error(`this world needs a ${needs.language} sandbox, and the run was given none`)
  const opening = boundary('sandbox', () => sandbox(needs, signal))
  opening.then(
    (opened) => owner.own(() => opened[Symbol.asyncDispose]()),
    () => {},
  )
  return orAbort(opening, signal)
}
