/**
 * How many steps of a world one core makes in a second, in this process: `node bench/envs.ts maze wordle --json`.
 * Random well-formed actions, drawn beforehand; an episode that ends is followed by the next task's, and its opening
 * counts. A second is one of the thread's own processor time, so that what else runs on the machine changes little;
 * by the clock it is told beside. In `chess` hardly any such action is a legal move, and legal ones are far dearer.
 * `--json` prints one JSON object as the last line.
 */
import { parseArgs } from 'node:util'
import { type AssistantMessage, type Env, type EnvSpec, type Host, random, type Task } from '../src/core/index.ts'
import { environments, openEnvironment } from '../src/environments/index.ts'

/** Steps a second to reach, by area. */
const MARKS: Readonly<Record<string, number>> = { grid: 300_000, 'text-games': 50_000, tools: 10_000, search: 10_000 }
const [ROUNDS, ROUND_MS] = [5, 400]
const [TASKS, ACTIONS, MOST_STEPS] = [64, 256, 100]

interface Figure {
  readonly world: string
  /** Per second of processor time; the median of the rounds, and the least and the most of them. */
  readonly steps: number
  readonly least: number
  readonly most: number
  /** Per second of the clock. */
  readonly byTheClock: number
  readonly mark?: number
}

type Played = { readonly task: Task; readonly actions: readonly AssistantMessage[] }

const host = (seed: number): Host => ({
  seed,
  signal: new AbortController().signal,
  sandbox: () => Promise.reject(new Error('this bench gives no sandbox')),
  model: () => {
    throw new Error('this bench gives no model')
  },
})

async function drawn(spec: EnvSpec): Promise<Played[]> {
  const { guess } = spec
  if (!guess) throw new Error(`'${spec.id}' cannot draw random actions (it has no guess)`)
  const tasks: Played[] = []
  for await (const task of spec.tasks('train')) {
    const rng = random(1).split(task.id)
    tasks.push({ task, actions: Array.from({ length: ACTIONS }, () => guess(task, rng)) })
    if (tasks.length === TASKS) break
  }
  return tasks
}

async function episode(spec: EnvSpec, { task, actions }: Played, seed: number): Promise<number> {
  // Most worlds answer at once: to wait for those as well would measure the waiting.
  const made = spec.make(task, host(seed))
  const env: Env = made instanceof Promise ? await made : made
  const opening = env.reset()
  if (opening instanceof Promise) await opening
  const most = Math.min(spec.limits?.steps ?? MOST_STEPS, MOST_STEPS)
  let steps = 0
  for (let over = false; !over && steps < most; steps++) {
    const step = env.step(actions[(seed + steps) % ACTIONS]!)
    over = (step instanceof Promise ? await step : step).end !== undefined
  }
  await env.close?.()
  return steps
}

async function round(spec: EnvSpec, tasks: readonly Played[]): Promise<{ core: number; clock: number }> {
  const [clock, core] = [performance.now(), process.threadCpuUsage()]
  let steps = 0
  for (let seed = 0; performance.now() - clock < ROUND_MS; seed++)
    steps += await episode(spec, tasks[seed % tasks.length]!, seed)
  const { user, system } = process.threadCpuUsage(core)
  return { core: steps / ((user + system) / 1e6), clock: steps / ((performance.now() - clock) / 1e3) }
}

async function measured(world: string): Promise<Figure> {
  const spec = openEnvironment(world)
  const tasks = await drawn(spec)
  await round(spec, tasks)
  const rounds: Awaited<ReturnType<typeof round>>[] = []
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(spec, tasks))
  const rates = rounds.map(({ core }) => Math.round(core)).sort((a, b) => a - b)
  const mark = MARKS[environments[world.split(':')[0]!]!.area]
  return {
    world,
    steps: rates[ROUNDS >> 1]!,
    least: rates[0]!,
    most: rates.at(-1)!,
    byTheClock: Math.round(Math.max(...rounds.map(({ clock }) => clock))),
    ...(mark !== undefined && { mark }),
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
if (positionals.length === 0) throw new Error('which worlds? node bench/envs.ts maze wordle')
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const row = (cells: readonly string[]): string =>
  `${cells[0]!.padEnd(28)}${cells
    .slice(1)
    .map((c) => c.padStart(14))
    .join('')}`
say(row(['world', 'steps/core-s', 'least', 'most', 'by the clock', 'mark', 'reached']))
const figures: Figure[] = []
for (const world of positionals) {
  const figure = await measured(world)
  const { steps, least, most, byTheClock, mark } = figure
  const numbers = [steps, least, most, byTheClock].map((n) => n.toLocaleString('en'))
  const verdict = mark === undefined ? ['-', '-'] : [mark.toLocaleString('en'), steps >= mark ? 'yes' : 'no']
  say(row([world, ...numbers, ...verdict]))
  figures.push(figure)
}
if (values.json) say(JSON.stringify({ bench: 'envs', node: process.version, figures }))
