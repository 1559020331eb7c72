/** What `ludus run` and `ludus resume` share: the flags of a play, and the play itself, written down as it goes. */
import { join } from 'node:path'
import {
  type EnvSpec,
  type RolloutOptions,
  rollout,
  type Sampling,
  type Split,
  semaphore,
  type Task,
  type Trajectory,
  trajectoryId,
} from '../core/index.ts'
import { openJournal, playedOf, type Row, type Run, type Summary, summarise } from '../data/index.ts'
import { accessFlags, episodeLimits, openAccess, type Spent, spentOf } from './access.ts'
import { AGENTS, openAgent } from './agents.ts'
import { type Flags, UsageError, usage } from './args.ts'
import { common, interruptible, print, recorded, sandboxed, world } from './command.ts'
import { controlled } from './control.ts'
import { live } from './live.ts'
import { MODELS, openSeats } from './models.ts'
import { openWorld } from './open-world.ts'
import { checkExecutor, share, shareFlags } from './share.ts'
import { duration, interval, short, table } from './table.ts'
import { tally } from './tally.ts'

export const playFlags = {
  model: { type: 'text', short: 'm', help: `who plays: ${MODELS.join(', ')}` },
  seat: { type: 'texts', help: 'who sits in one seat of it, like user=openai:gpt-5; may be given several times' },
  agent: { type: 'text', short: 'a', default: 'react', help: `how it plays: ${AGENTS.join(', ')}` },
  tasks: { type: 'count', short: 'n', help: 'how many tasks, from the first (100; all of a folder of yours)' },
  attempts: { type: 'count', short: 'k', default: '1', help: 'how often each' },
  split: { type: 'text', default: 'test', help: 'train or test' },
  concurrency: { type: 'count', short: 'c', default: '64', help: 'episodes at a time' },
  temperature: { type: 'number', help: 'of sampling; 0 is greedy' },
  'top-k': { type: 'count', help: 'draw among so many of the likeliest tokens' },
  'top-p': { type: 'number', help: 'draw among the fewest that come to this probability' },
  'max-tokens': { type: 'count', help: 'most tokens in an answer' },
  stop: { type: 'texts', help: 'a text that ends an answer and is no part of it; may be given several times' },
  timeout: { type: 'number', help: 'seconds for an episode' },
  'run-timeout': {
    type: 'number',
    help: 'seconds for the run; what is in flight then is cancelled, and can be resumed',
  },
  'call-timeout': { type: 'number', default: '60', help: 'seconds for one request to a model' },
  tries: { type: 'count', default: '6', help: 'requests for one answer before giving up' },
  ...accessFlags,
  ...shareFlags,
  ...world,
  ...common,
} as const

export type PlayFlags = Flags<typeof playFlags>

/** What can be said wrongly, said before anything is written. Throws UsageError. */
export async function openPlay(name: string, flags: PlayFlags) {
  const { model, split, seed, concurrency, tries, agent, data } = flags
  if (model === undefined) throw new UsageError(`ludus run needs --model: ${MODELS.join(', ')}`)
  if (split !== 'train' && split !== 'test') throw new UsageError(`--split is train or test, not '${split}'`)
  const spec = await usage(() => openWorld(name, data))
  const wanted = flags.tasks ?? (data === undefined ? 100 : Number.POSITIVE_INFINITY)
  const tasks = await first(spec, split, wanted)
  if (tasks.length === 0) throw new UsageError(`${spec.id} has no ${split} tasks`)
  const shortage =
    tasks.length < wanted && Number.isFinite(wanted)
      ? `${spec.id} has ${tasks.length} ${split} tasks; ${wanted} were asked for`
      : undefined
  if (flags.executor !== undefined) await usage(() => shareable(flags))
  const agentOf = await usage(() => openAgent(agent, spec))
  const limits = await usage(() => episodeLimits(flags.limit))
  const access = await usage(() => openAccess({ flags, concurrency, tries }))
  const asked = { spec, concurrency, seed, access, runs: flags.runs, callTimeoutMs: 1000 * flags['call-timeout'] }
  const player = await usage(() => openSeats(model, flags.seat ?? [], asked))
  return { spec, tasks, shortage, agent: agentOf, player, access, limits, flags }
}

/** Throws where a flag needs what several processes do not have: one that sees every call before it is made. */
function shareable(flags: PlayFlags): void {
  checkExecutor(`${flags.executor}`)
  const given = (['budget-usd', 'budget-usd-group', 'budget-tokens', 'rpm', 'tpm'] as const).find(
    (name) => flags[name] !== undefined,
  )
  if (given) throw new UsageError(`--${given} is kept by one process: it cannot be given with --executor`)
}

export type Play = Awaited<ReturnType<typeof openPlay>>

/** How a play is played, wherever that is. */
export function rolloutOf(
  { player, limits, flags }: Play,
  sandbox: RolloutOptions['sandbox'],
): Omit<RolloutOptions, 'concurrency' | 'signal'> {
  const { attempts, seed, timeout } = flags
  return {
    ...{ model: player.model, sampling: samplingOf(flags), attempts, seed },
    ...(sandbox && { sandbox }),
    limits: { ...limits, ...(timeout !== undefined && { timeMs: 1000 * timeout }) },
  }
}

/** Plays what is not played yet, prints what came of all of it, and gives the exit code. */
export async function playInto(folder: Run, play: Play): Promise<number> {
  const { spec, tasks, agent, access, flags } = play
  using _access = access
  access.begin(folder)
  await using code = await sandboxed(flags.sandbox)
  using interrupted = interruptible()
  const before = new Set(folder.store.ids())
  const finished = (id: string): boolean => before.has(id)
  const journal = await openJournal(join(folder.path, 'journal'), finished, { keep: flags.executor !== undefined })
  const display = live()
  if (play.shortage !== undefined) display.note(play.shortage)
  if (journal.held > 0)
    display.note(`${before.size} episodes are done; ${journal.held} answers of others are on record`)
  const counted = tally(tasks.length * flags.attempts, before.size)
  const places = semaphore(flags.concurrency)
  const halt = new AbortController()
  const runS = flags['run-timeout']
  const late = runS === undefined ? [] : [AbortSignal.timeout(1000 * runS)]
  const signal = AbortSignal.any([interrupted, halt.signal, ...late])
  await using _control = await controlled(folder, { places, halt, signal, counted, access })
  const onTrajectory = async (trajectory: Trajectory): Promise<void> => {
    await folder.store.add(trajectory)
    journal.forget(trajectory.id)
    display.update(...counted.add(trajectory))
  }
  const here = async (): Promise<void> => {
    const options = { ...rolloutOf(play, code.sandbox), journal, finished, signal, onTrajectory }
    for await (const _ of rollout(spec, agent, tasks, { ...options, concurrency: places }));
  }
  const elsewhere = (): Promise<void> => {
    const attempts = Array.from({ length: flags.attempts }, (_, attempt) => attempt)
    const all = tasks.flatMap(({ id }) => attempts.map((attempt) => trajectoryId({ task: id, attempt })))
    const ids = all.filter((id) => !finished(id))
    return share(folder, { flags, journal, ids, signal, onTrajectory, note: display.note })
  }
  await recorded(folder, flags.executor === undefined ? here : elsewhere).finally(async () => {
    display.end()
    await journal[Symbol.asyncDispose]()
  })
  return await closed(folder, play, { seconds: counted.seconds(), cancelled: signal.aborted, journal })
}

interface Closing {
  readonly seconds: number
  readonly cancelled: boolean
  readonly journal: { remove(): Promise<void>; readonly recalled: number }
}

/** The numbers come from what is on disk, so that a run says the same whether it was cut off or not. */
async function closed(folder: Run, play: Play, { seconds, cancelled, journal }: Closing): Promise<number> {
  const { spec, agent, player, tasks, flags } = play
  const rows = Map.groupBy(folder.store.rows(), ({ task }) => task)
  const groups = tasks.flatMap(({ id }) => {
    const played = rows.get(id)?.sort((a, b) => a.attempt - b.attempt)
    return played ? [{ trajectories: played.map(playedOf) }] : []
  })
  const result = {
    ...{ env: spec.id, model: player.id, agent: agent.id },
    ...summarise(groups),
    failures: failuresOf([...rows.values()].flat()),
    seconds: (folder.manifest.seconds ?? 0) + seconds,
    recalled: journal.recalled,
    budgets: play.access.spent(),
    run: folder.path,
  }
  folder.update({ state: cancelled ? 'cancelled' : 'done', seconds: result.seconds, result })
  if (!cancelled) await journal.remove()
  print(result, report(result), flags)
  return result.outcomes.scored > 0 ? 0 : 1
}

function samplingOf(chosen: PlayFlags): Sampling {
  const given = {
    temperature: chosen.temperature,
    topK: chosen['top-k'],
    topP: chosen['top-p'],
    maxTokens: chosen['max-tokens'],
    stop: chosen.stop,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

async function first(spec: EnvSpec, split: Split, count: number): Promise<Task[]> {
  const tasks: Task[] = []
  for await (const task of spec.tasks(split)) if (tasks.push(task) === count) break
  return tasks
}

interface FailureCount {
  readonly boundary: string
  readonly message: string
  readonly count: number
}

/** What broke, most frequent first. */
function failuresOf(rows: readonly Row[]): FailureCount[] {
  const found = new Map<string, FailureCount>()
  for (const { failure } of rows) {
    if (!failure) continue
    const { boundary, message } = failure
    const key = `${boundary}: ${message}`
    found.set(key, { boundary, message, count: (found.get(key)?.count ?? 0) + 1 })
  }
  return [...found.values()].sort((a, b) => b.count - a.count)
}

type Result = Summary & {
  env: string
  model: string
  agent: string
  failures: FailureCount[]
  seconds: number
  /** Answers that an earlier life of the run had paid for. */
  recalled: number
  budgets: Spent[]
  run: string
}

function report(result: Result): string {
  const { outcomes, passAt, passHat, samples, steps, tokens, costUsd, seconds } = result
  // The JSON has them all; a line has room for the powers of two.
  const ks = Object.keys(passAt).filter((k) => Number.isInteger(Math.log2(Number(k))) || Number(k) === samples)
  const curve =
    ks.length > 1
      ? [
          ['k', ...ks],
          ['pass@k', ...ks.map((k) => passAt[k]!.toFixed(3))],
          ['pass^k', ...ks.map((k) => passHat[k]!.toFixed(3))],
        ]
      : []
  const others = Object.entries(outcomes).filter(([kind, count]) => kind !== 'scored' && count > 0)
  return [
    `${result.env}, ${result.agent}, ${result.model}: ${result.tasks} tasks × ${samples}`,
    '',
    table([
      ['success', interval(result.success, 3)],
      ['return', interval(result.return)],
      ...Object.entries(result.metrics).map(([name, value]) => [name, interval(value, 3)]),
    ]),
    ...(curve.length > 0 ? ['', table(curve)] : []),
    '',
    `${outcomes.scored} scored${others.map(([kind, count]) => `, ${count} ${kind}`).join('')}; ${short(steps)} steps, ${short(tokens)} tokens, ${costUsd === null ? 'cost unknown' : `$${costUsd.toFixed(4)}`}, ${duration(seconds)}`,
    ...result.budgets.map(spentOf),
    ...result.failures.slice(0, 5).map(({ boundary, message, count }) => `  ${count} × ${boundary}: ${message}`),
    `the run lies in ${result.run}; see it with: ludus show ${result.run}`,
  ].join('\n')
}
