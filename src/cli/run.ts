/** `ludus run <env>`: play and judge. */
import { type EnvSpec, type Group, rollout, type Sampling, type Split, type Task } from '../core/index.ts'
import { createRun, type Summary, summarise } from '../data/index.ts'
import { gather } from '../train/index.ts'
import { AGENTS, openAgent } from './agents.ts'
import { type Flags, UsageError, usage } from './args.ts'
import { command, common, interruptible, print, recorded, sandboxed, world } from './command.ts'
import { live } from './live.ts'
import { MODELS, openSeats } from './models.ts'
import { openWorld } from './open-world.ts'
import { duration, interval, short, table } from './table.ts'
import { tally } from './tally.ts'

const flags = {
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
  'call-timeout': { type: 'number', default: '60', help: 'seconds for one request to a model' },
  tries: { type: 'count', default: '6', help: 'requests for one answer before giving up' },
  ...world,
  ...common,
} as const

export const run = command({
  about: 'play and judge: success, pass@k, pass^k, return, with intervals',
  positionals: ['env'],
  flags,
  async run({ flags, positionals: [name] }) {
    const { model: modelName, split, seed, concurrency, attempts, tries, timeout } = flags
    if (modelName === undefined) throw new UsageError(`ludus run needs --model: ${MODELS.join(', ')}`)
    if (split !== 'train' && split !== 'test') throw new UsageError(`--split is train or test, not '${split}'`)
    const spec = await usage(() => openWorld(`${name}`, flags.data))
    const agent = await usage(() => openAgent(flags.agent, spec))
    const callTimeoutMs = 1000 * flags['call-timeout']
    const asked = { spec, concurrency, seed, tries, callTimeoutMs }
    await using player = await usage(() => openSeats(modelName, flags.seat ?? [], asked))
    await using code = await sandboxed(flags.sandbox)
    const wanted = flags.tasks ?? (flags.data === undefined ? 100 : Number.POSITIVE_INFINITY)
    const tasks = await first(spec, split, wanted)
    if (tasks.length === 0) throw new UsageError(`${spec.id} has no ${split} tasks`)
    using signal = interruptible()
    await using folder = createRun(flags.runs, { command: 'run', env: `${name}`, settings: { ...flags } })
    const display = live()
    if (tasks.length < wanted && Number.isFinite(wanted))
      display.note(`${spec.id} has ${tasks.length} ${split} tasks; ${wanted} were asked for`)
    const counted = tally(tasks.length * attempts)
    const play = rollout(spec, agent, tasks, {
      model: player.model,
      sandbox: code.sandbox,
      sampling: samplingOf(flags),
      ...{ attempts, concurrency, seed, signal },
      ...(timeout !== undefined && { limits: { timeMs: 1000 * timeout } }),
      async onTrajectory(trajectory) {
        await folder.store.add(trajectory)
        display.update(...counted.add(trajectory))
      },
    })
    const groups = await recorded(folder, () => gather(play, tasks)).finally(display.end)
    const result = {
      ...{ env: spec.id, model: player.id, agent: agent.id },
      ...summarise(groups),
      failures: failuresOf(groups),
      seconds: counted.seconds(),
      run: folder.path,
    }
    folder.update({ state: signal.aborted ? 'cancelled' : 'done', seconds: result.seconds, result })
    print(result, report(result), flags)
    return result.outcomes.scored > 0 ? 0 : 1
  },
})

function samplingOf(chosen: Flags<typeof flags>): Sampling {
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
function failuresOf(groups: readonly Group[]): FailureCount[] {
  const found = new Map<string, FailureCount>()
  for (const { outcome } of groups.flatMap(({ trajectories }) => trajectories)) {
    if (outcome.kind !== 'broken') continue
    const { boundary, message } = outcome.failure
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
    ...result.failures.slice(0, 5).map(({ boundary, message, count }) => `  ${count} × ${boundary}: ${message}`),
    `the run lies in ${result.run}; see it with: ludus show ${result.run}`,
  ].join('\n')
}
