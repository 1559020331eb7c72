/**
 * Searches over forked worlds beside greedy play, with a noisy oracle for a model: `node bench/search.ts [<world>=<noise>…]`.
 * What is equal: every arm may ask the model CALLS times in an episode, for everything it does, forks included. Greedy
 * play is one attempt and needs fewer; 'vote' asks VOTERS times at each of its steps; 'best-of' makes attempts in forks
 * until its calls are used up, and commits the one whose steps paid most, which the agent can tell without a judge; so
 * does MCTS. The control is the same MCTS with random numbers for values. Differences are paired over SEEDS seeds.
 */

import { bestOf, mcts, react, vote } from '../src/agents/index.ts'
import {
  type Agent,
  type EnvSpec,
  returnOf,
  rollout,
  seedOf,
  successOf,
  type Task,
  type Trajectory,
} from '../src/core/index.ts'
import { compare, type Interval, mean } from '../src/data/index.ts'
import { openEnvironment } from '../src/environments/index.ts'
import { noisyOracle } from '../src/models/index.ts'

const SEEDS = [0, 1, 2, 3, 4]
const TASKS = 40
const CALLS = 400
const VOTERS = 4
/** Worlds, and how often the oracle errs: as often as leaves greedy play something to gain. */
const WORLDS = ['maze=0.75', 'maze:large=0.6', 'maze:medium,sparse=0.7']

const memory = { turns: 0 }
/** More attempts than there are calls for: the calls decide. */
const plenty = CALLS
const arms: Readonly<Record<string, (seed: number) => Agent>> = {
  greedy: () => react(memory),
  vote: () => vote({ voters: VOTERS, ...memory }),
  'best-of': () => bestOf({ attempts: plenty, ...memory }),
  mcts: () => mcts({ simulations: plenty, ...memory }),
  'mcts, random values': (seed) =>
    mcts({
      ...{ simulations: plenty, ...memory },
      value: ({ moves }) => seedOf(seed, ...moves.map(({ content }) => content)) / 2 ** 53,
    }),
}
const PAIRS = [
  ['mcts', 'greedy'],
  ['mcts', 'vote'],
  ['mcts', 'best-of'],
  ['best-of', 'greedy'],
  ['mcts, random values', 'greedy'],
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

async function measure(spec: EnvSpec, noise: number, agent: Agent, seed: number): Promise<Measured> {
  const tasks: Task[] = []
  for await (const task of spec.tasks('test')) if (tasks.push(task) === TASKS) break
  const found: Measured[] = []
  const settings = { model: noisyOracle(spec, noise), limits: { calls: CALLS }, seed, concurrency: 8 }
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

for (const text of process.argv.length > 2 ? process.argv.slice(2) : WORLDS) {
  const [name = '', noise = ''] = text.split('=')
  const spec = openEnvironment(name)
  say(
    `${spec.id}, noisy-oracle:${Number(noise)}, ${SEEDS.length} seeds × ${TASKS} tasks, at most ${CALLS} calls an episode`,
  )
  const results = new Map<string, Measured[]>()
  for (const [arm, agent] of Object.entries(arms)) {
    const all: Measured[] = []
    for (const seed of SEEDS) all.push(await measure(spec, Number(noise), agent(seed), seed))
    results.set(arm, all)
    const of = (metric: keyof Measured): string => mean(all.map((one) => one[metric]))!.toFixed(3)
    say(`  ${arm.padEnd(22)} success ${of('success')}  return ${of('return')}  calls ${of('calls')}`)
  }
  for (const [arm, baseline] of PAIRS)
    for (const metric of ['success', 'return'] as const) {
      const [ours, theirs] = [arm, baseline].map((one) => results.get(one)!.map((seed) => seed[metric]))
      const { delta, verdict } = compare(ours!, theirs!)
      say(`  ${`${arm} − ${baseline}`.padEnd(32)} ${metric.padEnd(8)} ${shown(delta)}  ${verdict}`)
    }
}
