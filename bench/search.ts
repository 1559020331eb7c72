/**
 * Searches over forked worlds beside greedy play, with a noisy oracle for a model:
 * `node bench/search.ts [<world>=<noise>,<calls>…]`. What is equal: every arm may ask the model so many times in an
 * episode, for everything it does, forks included. Greedy play is one attempt and needs fewer; 'vote' asks as often at
 * each step as greedy play would have attempts; 'best-of' makes attempts in forks until its calls are used up, and
 * commits the one whose steps paid most, which the agent can tell without a judge; so does MCTS. 'mcts, critic' makes no
 * rollouts: it asks a noisy critic in the seat of the value what each place is worth, which is a call like another. The
 * controls are the same with random numbers for values. Differences are of success, paired over five seeds, with bootstrap intervals; not
 * of return, for whoever is cut off by his calls has paid for fewer steps.
 */
import { bestOf, mcts, react, type Value, vote } from '../src/agents/index.ts'
import {
  type Agent,
  type EnvSpec,
  returnOf,
  rollout,
  type Seat,
  seedOf,
  successOf,
  type Task,
  type Trajectory,
} from '../src/core/index.ts'
import { compare, type Interval, mean } from '../src/data/index.ts'
import { openEnvironment } from '../src/environments/index.ts'
import { noisyOracle } from '../src/models/index.ts'
import { critic } from './critic.ts'

const SEEDS = [0, 1, 2, 3, 4]
const TASKS = 40
/** How often the oracle errs, so that greedy play fails now and then; calls for about eight attempts. */
const WORLDS = ['maze=0.65,400', 'text-nav=0.7,300', 'wordle=0.85,40', 'chess-endgames=0.8,240']

type Arm = (budget: { readonly calls: number; readonly voters: number; readonly memory: Memory }, seed: number) => Agent
type Memory = NonNullable<Parameters<typeof react>[0]>

/** How far MCTS looks before each move where it makes no rollouts. */
const LOOKING = { simulations: 5, askings: 3, rollouts: false }
/** Of the critic: a standard deviation, in units of the return. */
const ERROR = 1
const asked: Value = async ({ episode }) =>
  Number((await episode.model('value').complete({ messages: episode.history })).message.content)
const chance =
  (seed: number): Value =>
  ({ moves }) =>
    seedOf(seed, ...moves.map(({ content }) => content)) / 2 ** 53

/** More attempts than there are calls for: the calls decide. */
const arms: Readonly<Record<string, Arm>> = {
  greedy: ({ memory }) => react(memory),
  vote: ({ voters, memory }) => vote({ voters, ...memory }),
  'best-of': ({ calls, memory }) => bestOf({ attempts: calls, ...memory }),
  mcts: ({ calls, memory }) => mcts({ simulations: calls, ...memory }),
  'mcts, random values': ({ calls, memory }, seed) => mcts({ simulations: calls, ...memory, value: chance(seed) }),
  'mcts, critic': ({ memory }) => mcts({ ...LOOKING, ...memory, value: asked }),
  'mcts, random critic': ({ memory }, seed) => mcts({ ...LOOKING, ...memory, value: chance(seed) }),
}
const PAIRS = [
  ['mcts', 'greedy'],
  ['mcts', 'vote'],
  ['mcts', 'best-of'],
  ['best-of', 'greedy'],
  ['mcts, random values', 'greedy'],
  ['mcts, critic', 'greedy'],
  ['mcts, critic', 'best-of'],
  ['mcts, random critic', 'greedy'],
] as const

interface Measured {
  readonly success: number
  readonly return: number
  readonly calls: number
}

/** Everything asked, in branches too. */
function callsIn({ steps, trailing, branches }: Pick<Trajectory, 'steps' | 'trailing' | 'branches'>): number {
  const own = steps.reduce((sum, { calls }) => sum + calls.length, trailing.length)
  return branches.reduce((sum, branch) => sum + callsIn(branch), own)
}

interface Setting {
  readonly spec: EnvSpec
  readonly noise: number
  readonly calls: number
}

async function measure({ spec, noise, calls }: Setting, agent: Agent, seed: number): Promise<Measured> {
  const tasks: Task[] = []
  for await (const task of spec.tasks('test')) if (tasks.push(task) === TASKS) break
  const found: Measured[] = []
  const [policy, judge] = [noisyOracle(spec, noise), critic(spec, { error: ERROR, seed })]
  const model = (seat: Seat) => (seat.role === 'value' ? judge(seat) : policy(seat))
  const settings = { model, limits: { calls }, seed, concurrency: 8 }
  for await (const { trajectories } of rollout(spec, agent, tasks, settings)) {
    for (const one of trajectories) {
      if (one.outcome.kind !== 'scored') throw new Error(`${agent.id} in ${spec.id}: ${JSON.stringify(one.outcome)}`)
      found.push({ success: successOf(one)!, return: returnOf(one)!, calls: callsIn(one) })
    }
  }
  const of = (name: keyof Measured): number => mean(found.map((one) => one[name]))!
  return { success: of('success'), return: of('return'), calls: of('calls') }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const shown = ({ mean, low, high }: Interval): string =>
  [mean, low, high].map((x) => `${x! < 0 ? '−' : '+'}${Math.abs(x!).toFixed(3)}`).join(' ')

async function compared(text: string): Promise<void> {
  const [, name = '', noise, calls] = /^(.+)=([\d.]+),(\d+)$/.exec(text) ?? []
  if (name === '') throw new Error(`a world is given as <world>=<noise>,<calls>, like ${WORLDS[0]}, not '${text}'`)
  const setting = { spec: openEnvironment(name), noise: Number(noise), calls: Number(calls) }
  const memory = setting.spec.markov ? { turns: 0 } : {}
  const results = new Map<string, Measured[]>()
  say(
    `${setting.spec.id}, noisy-oracle:${noise}, ${SEEDS.length} seeds × ${TASKS} tasks, at most ${calls} calls an episode`,
  )
  let voters = 1
  for (const [arm, agent] of Object.entries(arms)) {
    const all: Measured[] = []
    for (const seed of SEEDS)
      all.push(await measure(setting, agent({ calls: setting.calls, voters, memory }, seed), seed))
    results.set(arm, all)
    const of = (metric: keyof Measured): number => mean(all.map((one) => one[metric]))!
    if (arm === 'greedy') voters = Math.max(1, Math.floor(setting.calls / of('calls')))
    const figures = (['success', 'return', 'calls'] as const).map((metric) => `${metric} ${of(metric).toFixed(3)}`)
    say(`  ${arm.padEnd(22)} ${figures.join('  ')}`)
  }
  for (const [arm, baseline] of PAIRS) {
    const [ours, theirs] = [arm, baseline].map((one) => results.get(one)!.map(({ success }) => success))
    const { delta, verdict } = compare(ours!, theirs!)
    say(`  ${`${arm} − ${baseline}`.padEnd(32)} ${shown(delta)}  ${verdict}`)
  }
}

for (const text of process.argv.length > 2 ? process.argv.slice(2) : WORLDS) await compared(text)
