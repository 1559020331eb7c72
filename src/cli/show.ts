/** `ludus show <run>` or `<run>/<trajectory>`: what became of a run, and what was said in an episode. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { styleText } from 'node:util'
import { type Message, type Step, type Trajectory, textOf } from '../core/index.ts'
import { type BatchRow, openRun, type Row, type Run } from '../data/index.ts'
import { UsageError, usage } from './args.ts'
import { command, common, print } from './command.ts'
import { picturesOf } from './pictures.ts'
import { duration, table } from './table.ts'

export const show = command({
  about: 'what became of a run, or of one of its trajectories (<run>/<trajectory>)',
  positionals: ['run'],
  flags: {
    runs: common.runs,
    pictures: {
      type: 'text',
      help: 'plays the trajectory again and writes what its world looks like, an SVG a step, here',
    },
    rows: { type: 'count', default: '20', help: 'trajectories listed' },
    json: common.json,
  },
  async run({ flags, positionals: [where] }) {
    const [path, id] = split(`${where}`, flags.runs)
    await using run = await usage(() => openRun(path, flags.runs))
    if (id === undefined) {
      const batches = batchesOf([...run.store.batches()])
      const trajectories = batches.reduce((sum, batch) => sum + batch.trajectories, 0)
      const rows = [...run.store.rows({}, flags.rows)]
      print(
        { ...run.manifest, state: run.state, path: run.path, trajectories, batches },
        summary(run, { batches, rows, more: trajectories - rows.length }),
        flags,
      )
      return 0
    }
    const trajectory = run.store.get(id)
    if (!trajectory) throw new UsageError(`the run '${run.id}' has no trajectory '${id}': see ludus show ${path}`)
    const { pictures } = flags
    if (pictures !== undefined) {
      const drawn = await draw(run, trajectory, pictures)
      print({ pictures: drawn }, `${drawn.length} pictures in ${pictures}`, flags)
      return 0
    }
    print(trajectory, transcript(trajectory), flags)
    return 0
  },
})

/** The paths of the pictures. Throws UsageError where the world draws none, or is not what it was. */
async function draw({ manifest }: Run, trajectory: Trajectory, folder: string): Promise<string[]> {
  const paths: string[] = []
  mkdirSync(folder, { recursive: true })
  for await (const { step, svg, same } of picturesOf(manifest, trajectory, new AbortController().signal)) {
    if (!same) process.stderr.write(`at step ${step} the world shows something else than it did\n`)
    const path = join(folder, `${`${step}`.padStart(4, '0')}.svg`)
    writeFileSync(path, svg)
    paths.push(path)
  }
  return paths
}

/** The folder is as much of the path as holds a run.json; the rest names a trajectory. */
function split(where: string, root: string): [run: string, trajectory: string | undefined] {
  const isRun = (path: string): boolean =>
    existsSync(join(path, 'run.json')) || existsSync(join(root, path, 'run.json'))
  for (let path = where; path !== dirname(path); path = dirname(path)) {
    if (isRun(path)) return [path, path.length < where.length ? where.slice(path.length + 1) || undefined : undefined]
  }
  return [where, undefined]
}

interface Batch {
  readonly batch: string
  readonly trajectories: number
  readonly scored: number
  readonly success: number | null
  readonly return: number | null
  readonly steps: number
}

/** By the first part of their names: 'grpo/17' counts under 'grpo'. */
function batchesOf(rows: readonly BatchRow[]): Batch[] {
  const groups = Map.groupBy(rows, ({ batch }) => batch.split('/').slice(0, -1).join('/'))
  return [...groups].map(([batch, members]) => {
    const sum = (name: Exclude<keyof BatchRow, 'batch'>): number => members.reduce((all, row) => all + row[name], 0)
    const mean = (total: number, count: number): number | null => (count > 0 ? total / count : null)
    return {
      batch,
      trajectories: sum('trajectories'),
      scored: sum('scored'),
      success: mean(sum('successes'), sum('judged')),
      return: mean(sum('returns'), sum('scored')),
      steps: sum('steps'),
    }
  })
}

const fixed = (value: number | null, digits: number): string => value?.toFixed(digits) ?? '-'

interface Listing {
  readonly batches: readonly Batch[]
  readonly rows: readonly Row[]
  /** Trajectories that are not listed. */
  readonly more: number
}

function summary({ id, path, manifest, state }: Run, { batches, rows, more }: Listing): string {
  const { command, env, started, seconds } = manifest
  const head = `${id}: ludus ${command} ${env}, ${state}, begun ${started}${seconds === undefined ? '' : `, took ${duration(seconds)}`}`
  const sums = batches.map((b) => [
    b.batch || '(all)',
    `${b.trajectories}`,
    `${b.scored}`,
    fixed(b.success, 3),
    fixed(b.return, 2),
    `${b.steps}`,
  ])
  const listed = rows.map((row) => [
    row.id,
    row.outcome,
    row.stop,
    fixed(row.return, 2),
    `${row.steps}`,
    duration(row.timeMs / 1000),
  ])
  return [
    head,
    '',
    table([['batch', 'trajectories', 'scored', 'success', 'return', 'steps'], ...sums]),
    '',
    table([['trajectory', 'outcome', 'stop', 'return', 'steps', 'time'], ...listed]),
    ...(more > 0 ? [`… ${more} more: --rows ${rows.length + more}`] : []),
    ...(state === 'interrupted' && command === 'run' ? ['', `go on with it: ludus resume ${path}`] : []),
    ...(rows[0] ? ['', `one of them: ludus show ${join(path, rows[0].id)}`] : []),
  ].join('\n')
}

function transcript(trajectory: Trajectory): string {
  const { id, env, agent, seed, steps, final, stop, outcome, rewards } = trajectory
  const verdict =
    outcome.kind === 'scored'
      ? `scored ${outcome.return}`
      : outcome.kind === 'broken'
        ? `broken (${outcome.failure.boundary}): ${outcome.failure.message}`
        : 'why' in outcome
          ? `${outcome.kind}: ${outcome.why}`
          : outcome.kind
  const terms = Object.entries(rewards).map(
    ([name, { value, weight }]) => `${name} ${value ?? 'not judged'}${weight === 0 ? '' : ` × ${weight}`}`,
  )
  return [
    styleText('bold', `${id}: ${env}, ${agent}, seed ${seed}`),
    ...steps.flatMap(stepLines),
    ...(final?.messages ?? []).map(messageLine),
    styleText(
      'bold',
      `${stop} after ${steps.length} steps, ${verdict}${terms.length > 0 ? ` (${terms.join(', ')})` : ''}`,
    ),
  ].join('\n')
}

function stepLines({ observation, calls, action, reward }: Step, i: number): string[] {
  const sampled = calls.flatMap(({ completion }) => completion.tokens?.logprobs ?? [])
  const logprob =
    sampled.length > 0
      ? `, ${sampled.length} tokens, log p ${sampled.reduce((sum, value) => sum + value, 0).toFixed(3)}`
      : ''
  return [
    ...observation.messages.map(messageLine),
    `${messageLine(action)}  ${styleText('dim', `step ${i}, reward ${reward}${logprob}`)}`,
  ]
}

const COLOURS = { system: 'dim', user: 'cyan', tool: 'yellow', assistant: 'green' } as const

function messageLine(message: Message): string {
  const calls =
    message.role === 'assistant'
      ? (message.calls ?? []).map((call) => `${call.name}(${JSON.stringify(call.arguments)})`)
      : []
  return `${styleText(COLOURS[message.role], message.role.padEnd(10))}${[textOf(message).trim(), ...calls].filter(Boolean).join(' ')}`
}
