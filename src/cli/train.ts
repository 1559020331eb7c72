/** `ludus train <env>`: imitation, then reinforcement and what it is measured against, over paired seeds. */
import { bootstrap, type Comparison, compare, createRun, type Interval } from '../data/index.ts'
import { openEnvironment } from '../environments/index.ts'
import { noisyOracle } from '../models/index.ts'
import { type Algorithm, type Arm, type ArmResult, algorithms, armsOf } from '../recipes/index.ts'
import { UsageError, usage } from './args.ts'
import { command, common, interruptible, print, recorded } from './command.ts'
import { type Conducted, conduct, type Settings } from './experiment.ts'
import { live } from './live.ts'
import { AGENTS, openAgent } from './models.ts'
import { duration, interval, modes, short, table } from './table.ts'

const NAMES = Object.keys(algorithms)
const isAlgorithm = (name: string): name is Algorithm => NAMES.includes(name)

const flags = {
  agent: { type: 'text', short: 'a', default: 'react', help: `how it plays: ${AGENTS.join(', ')}` },
  seeds: { type: 'count', default: '1', help: 'paired repetitions; a claim takes five' },
  noise: { type: 'number', default: '0.6', help: 'how often the imitated expert errs' },
  'imitation-steps': { type: 'count', default: '200000', help: 'environment steps of imitation' },
  steps: { type: 'count', default: '400000', help: 'environment steps of each arm after it' },
  algorithm: { type: 'text', default: 'grpo', help: `how it learns from its own attempts: ${NAMES.join(', ')}` },
  width: { type: 'count', default: '32', help: 'of the transformer, a multiple of 8' },
  layers: { type: 'count', default: '2', help: 'of the transformer' },
  'max-tokens': { type: 'count', default: '8', help: 'most tokens in an answer' },
  ...common,
} as const

export const train = command({
  about: 'imitate an expert, then reinforce; against more imitation and a control, on held-out tasks',
  positionals: ['env'],
  flags,
  async run({ flags, positionals: [name] }) {
    const {
      agent,
      noise,
      width,
      layers,
      seed,
      algorithm,
      steps: armSteps,
      'imitation-steps': imitationSteps,
      'max-tokens': maxTokens,
    } = flags
    const spec = await usage(() => openEnvironment(`${name}`))
    await usage(() => openAgent(agent, spec))
    await usage(() => noisyOracle(spec, noise))
    if (width % 8 !== 0) throw new UsageError(`--width is a multiple of 8, not ${width}`)
    if (!isAlgorithm(algorithm)) throw new UsageError(`--algorithm is one of ${NAMES.join(', ')}, not '${algorithm}'`)
    const arms = armsOf(algorithm)
    const seeds = Array.from({ length: flags.seeds }, (_, i) => seed + i)
    const settings: Settings = { agent, arms, seeds, noise, imitationSteps, armSteps, width, layers, maxTokens }
    const started = performance.now()
    using signal = interruptible()
    await using run = createRun(flags.runs, { command: 'train', env: `${name}`, settings: { ...settings } })
    const display = live()
    const done = await recorded(run, () => conduct(spec, settings, { run, signal, display })).finally(display.end)
    const seconds = (performance.now() - started) / 1000
    const result = { run: run.path, env: spec.id, seconds, ...claims(done, arms) }
    run.update({ state: signal.aborted ? 'cancelled' : 'done', seconds, result })
    print(result, report(result, done.chart), flags)
    return signal.aborted ? 1 : 0
  },
})

type Mode = 'sampled' | 'greedy' | 'tempered'
type Metric = 'success' | 'return'
type Measured = Readonly<Record<Metric, Interval>>

/** Means over the seeds, with intervals over the seeds; over the tasks where there is but one seed. */
interface ArmClaim extends Measured {
  readonly name: Arm
  readonly greedy: Measured
  /** At each seed's best temperature. */
  readonly tempered: Measured
  readonly steps: number
  readonly tokens: number
}

interface Claim extends Comparison {
  readonly arm: Arm
  readonly baseline: Arm
  /** 'success' and 'return' as sampled; behind a comma, at which temperature else. */
  readonly metric: string
}

interface Claims {
  readonly players: Readonly<Record<string, Measured>>
  readonly arms: readonly ArmClaim[]
  readonly comparisons: readonly Claim[]
}

/** What is compared with what: the claim, what each gains on where it started, and the control that must not gain. */
const pairsOf = ([continued, learned, control]: ReturnType<typeof armsOf>): [arm: Arm, baseline: Arm][] => [
  [learned, continued],
  [learned, 'imitation'],
  [continued, 'imitation'],
  [control, 'imitation'],
]
const METRICS: readonly (readonly [name: string, Mode, Metric])[] = [
  ['success', 'sampled', 'success'],
  ['return', 'sampled', 'return'],
  ['success, greedy', 'greedy', 'success'],
  ['return, greedy', 'greedy', 'return'],
  ['success, best temperature', 'tempered', 'success'],
  ['return, best temperature', 'tempered', 'return'],
]

function claims({ players, results }: Conducted, arms: ReturnType<typeof armsOf>): Claims {
  const names: readonly Arm[] = ['imitation', ...arms]
  const complete = results.filter((seed) => seed.length === names.length)
  const of = (arm: Arm): ArmResult[] => complete.map((seed) => seed[names.indexOf(arm)]!)
  const values = (arm: Arm, mode: Mode, metric: Metric): number[] =>
    of(arm).flatMap((result) => result[mode][metric].mean ?? [])
  const over = (arm: Arm, mode: Mode): Measured => {
    if (complete.length === 1) return both(of(arm)[0]![mode])
    return { success: bootstrap(values(arm, mode, 'success')), return: bootstrap(values(arm, mode, 'return')) }
  }
  return {
    players: { random: both(players.random), expert: both(players.expert), optimum: both(players.optimum) },
    arms: names.map((name) => ({
      ...{ name, ...over(name, 'sampled'), greedy: over(name, 'greedy'), tempered: over(name, 'tempered') },
      steps: of(name).reduce((sum, { envSteps }) => sum + envSteps, 0),
      tokens: of(name).reduce((sum, { trainedTokens }) => sum + trainedTokens, 0),
    })),
    comparisons: pairsOf(arms).flatMap(([arm, baseline]) =>
      METRICS.map(([metric, mode, of]) => ({
        arm,
        baseline,
        metric,
        ...compare(values(arm, mode, of), values(baseline, mode, of)),
      })),
    ),
  }
}

const both = ({ success, return: paid }: Measured): Measured => ({ success, return: paid })

function report(result: Claims & { run: string; env: string; seconds: number }, chart: string): string {
  const rows = [
    ...Object.entries(result.players).flatMap(([name, player]) => modes(name, { sampled: player })),
    ...result.arms.flatMap((arm) =>
      modes(`${arm.name} (${short(arm.steps)} steps)`, { sampled: arm, greedy: arm.greedy, tempered: arm.tempered }),
    ),
  ]
  const found = result.comparisons.map(({ arm, baseline, metric, delta, verdict }) => [
    `${arm} − ${baseline}: ${metric}`,
    interval(delta),
    verdict,
  ])
  return [
    chart,
    '',
    table([[`${result.env}, held-out tasks [95 % interval]`, 'success', 'return'], ...rows]),
    '',
    table([['difference, seed by seed', 'mean', 'verdict'], ...found]),
    '',
    `${duration(result.seconds)}; the run lies in ${result.run}`,
  ].join('\n')
}
