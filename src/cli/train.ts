/** `ludus train <env|recipe>`: ways to learn, side by side over paired seeds, against a baseline and a control. */
import { bootstrap, compare, createRun, type Interval, type Summary } from '../data/index.ts'
import { environments, openEnvironment } from '../environments/index.ts'
import { noisyOracle } from '../models/index.ts'
import {
  ALGORITHMS,
  type Algorithm,
  type ArmResult,
  type Compared,
  imitateThenReinforce,
  isAlgorithm,
  type Recipe,
  recipes,
} from '../recipes/index.ts'
import { missingPolicies, missingPolicy } from '../train/index.ts'
import { AGENTS, openAgent } from './agents.ts'
import { type Flags, UsageError, usage } from './args.ts'
import { command, common, interruptible, print, recorded, sandboxed, world } from './command.ts'
import { type Conducted, conduct, type Settings } from './experiment.ts'
import { live } from './live.ts'
import { duration, interval, modes, short, table } from './table.ts'

const own = 'unless given, as suits the world'
const flags = {
  env: {
    type: 'text',
    help: `the world of a recipe, its own unless given; recipes are ${recipes.map(({ name }) => name).join(', ')}`,
  },
  agent: { type: 'text', short: 'a', default: 'react', help: `how it plays: ${AGENTS.join(', ')}` },
  seeds: { type: 'count', default: '1', help: 'paired repetitions; a claim takes five' },
  algorithm: {
    type: 'text',
    help: `how it learns after imitation, several by commas: ${ALGORITHMS.join(', ')}; grpo unless given`,
  },
  noise: { type: 'number', help: `how often the imitated expert errs; ${own}` },
  'imitation-steps': { type: 'count', help: `environment steps of imitation; ${own}` },
  steps: { type: 'count', help: `environment steps of each arm after it; ${own}` },
  width: { type: 'count', help: `of the transformer, a multiple of 8; ${own}` },
  layers: { type: 'count', help: `of the transformer; ${own}` },
  'max-tokens': { type: 'count', help: `most tokens in an answer; 8 ${own}` },
  missing: {
    type: 'text',
    default: 'drop',
    help: `attempts that broke: drop them from their groups, retry them twice, or wait; ${missingPolicies.join(', ')}`,
  },
  sandbox: world.sandbox,
  ...common,
} as const

type Given = Flags<typeof flags>

/** What suits a world: all that its experiment needs, and where the world itself is too hard, an easier form of it. */
interface Suited extends Pick<Settings, 'noise' | 'imitationSteps' | 'armSteps' | 'width' | 'layers'> {
  readonly maxTokens?: number
  readonly vocabulary?: Settings['vocabulary']
  /** The form that is learned where none is named. */
  readonly form?: string
  /** What is done there where no algorithm is named; imitation and then GRPO unless given. */
  readonly recipe?: string
}

/** What it takes in each world, on two cores and in minutes: a model that can learn it, and the steps to do so. */
const suited: Readonly<Record<string, Suited>> = {
  maze: { noise: 0.6, imitationSteps: 200_000, armSteps: 400_000, width: 32, layers: 2 },
  arithmetic: { noise: 0.2, imitationSteps: 100_000, armSteps: 20_000, width: 96, layers: 3 },
  // Of the two games, the one that has no words to hold out: a test is a game that was not played.
  wordle: { noise: 0.3, imitationSteps: 30_000, armSteps: 8000, width: 64, layers: 2, form: 'wordle:adversarial' },
  grid: {
    ...{ noise: 0.5, imitationSteps: 20_000, armSteps: 30_000, width: 48, layers: 2 },
    ...{ form: 'grid:empty,5,bare', vocabulary: 'rules' },
  },
  'clinic/calculators': {
    ...{ noise: 0, imitationSteps: 5000, armSteps: 5000, width: 64, layers: 2, maxTokens: 32 },
    ...{ form: 'clinic/calculators:direct', recipe: 'imitate-successes' },
  },
}

export const train = command({
  about: "ways to learn, side by side from one start: an algorithm in a world, or a paper's recipe",
  positionals: ['env|recipe'],
  flags,
  async run({ flags, positionals: [name] }) {
    const { recipe, env } = chosen(`${name}`, flags)
    const spec = await usage(() => openEnvironment(env))
    const settings = await usage(() => settingsFor(env, recipe, flags))
    await usage(() => openAgent(settings.agent, spec))
    await usage(() => noisyOracle(spec, settings.noise))
    if (settings.width % 8 !== 0) throw new UsageError(`--width is a multiple of 8, not ${settings.width}`)
    await using code = await sandboxed(flags.sandbox)
    const started = performance.now()
    using signal = interruptible()
    await using run = createRun(flags.runs, {
      command: 'train',
      env,
      settings: { recipe: recipe.name, arms: recipe.arms, ...settings },
    })
    const display = live()
    const done = await recorded(run, () => conduct(spec, settings, { recipe, run, signal, display, ...code })).finally(
      display.end,
    )
    const seconds = (performance.now() - started) / 1000
    const result = { run: run.path, recipe: recipe.name, env: spec.id, seconds, ...claims(done, recipe) }
    run.update({ state: done.cancelled ? 'cancelled' : 'done', seconds, result })
    print(result, report(result, done.chart), flags)
    return done.cancelled ? 1 : 0
  },
})

/** A recipe with its world, or a world with imitation and what follows it. Throws UsageError. */
function chosen(name: string, { env, algorithm }: Given): { recipe: Recipe; env: string } {
  const named = (wanted: string | undefined): Recipe | undefined => recipes.find((known) => known.name === wanted)
  const recipe = named(name)
  if (recipe) return { recipe, env: learnable(env ?? recipe.env) }
  const [world = ''] = name.split(':')
  if (!Object.hasOwn(environments, world))
    throw new UsageError(
      `there is no environment and no recipe '${name}': there are ${[...Object.keys(environments), ...recipes.map((known) => known.name)].join(', ')}`,
    )
  if (env !== undefined) throw new UsageError(`--env is for recipes; '${name}' is a world already`)
  const own = algorithm === undefined ? named(suited[world]?.recipe) : undefined
  if (own) return { recipe: own, env: learnable(name) }
  const wanted = (algorithm ?? 'grpo').split(',')
  const stranger = wanted.find((one) => !isAlgorithm(one))
  if (stranger !== undefined) throw new UsageError(`--algorithm is one of ${ALGORITHMS.join(', ')}, not '${stranger}'`)
  return { recipe: imitateThenReinforce(wanted as Algorithm[]), env: learnable(name) }
}

/** The form of a world that suits a small model, where none is named. */
const learnable = (env: string): string => suited[env]?.form ?? env

function settingsFor(env: string, { budget }: Recipe, flags: Given): Settings {
  const [world = ''] = env.split(':')
  const own: Partial<Suited> = { ...suited[world], ...budget }
  const needed = (flag: string, value: number | undefined): number => {
    if (value === undefined)
      throw new UsageError(`nobody has said yet what suits '${world}': give --${flag}, and see --help`)
    return value
  }
  return {
    agent: flags.agent,
    seeds: Array.from({ length: flags.seeds }, (_, i) => flags.seed + i),
    noise: needed('noise', flags.noise ?? own.noise),
    imitationSteps: needed('imitation-steps', flags['imitation-steps'] ?? own.imitationSteps),
    armSteps: needed('steps', flags.steps ?? own.armSteps),
    width: needed('width', flags.width ?? own.width),
    layers: needed('layers', flags.layers ?? own.layers),
    maxTokens: flags['max-tokens'] ?? own.maxTokens ?? 8,
    missing: missingPolicy(flags.missing),
    ...(own.vocabulary && { vocabulary: own.vocabulary }),
  }
}

type Measured = Pick<Summary, 'success' | 'return' | 'metrics'>

/** Means over the seeds, with intervals over the seeds; over the tasks where there is but one seed. */
interface ArmClaim extends Measured {
  readonly name: string
  readonly greedy: Measured
  /** At each seed's best temperature. */
  readonly tempered: Measured
  /** What the recipe measures besides, by name. */
  readonly others: Readonly<Record<string, Measured>>
  readonly steps: number
  readonly tokens: number
}

interface Claims {
  readonly players: Readonly<Record<string, Measured>>
  readonly arms: readonly ArmClaim[]
  readonly comparisons: readonly Compared[]
}

/** 'success', 'return', or the name of a metric. */
const intervalOf = (measured: Measured, metric: string): Interval | undefined =>
  metric === 'success' || metric === 'return' ? measured[metric] : measured.metrics[metric]

/** Ways of acting that an arm was measured in, as they are named behind a metric and a comma; '' is as sampled. */
const WAYS = { '': 'sampled', greedy: 'greedy', 'best temperature': 'tempered' } as const
const measuredAs = (result: ArmResult, way: string): Measured =>
  Object.hasOwn(WAYS, way) ? result[WAYS[way as keyof typeof WAYS]] : result.others[way]!

function claims({ players, results }: Conducted, { arms: names, pairs }: Recipe): Claims {
  const measured = ({ sampled }: ArmResult): boolean => sampled.success.mean !== null
  const complete = results.filter((seed) => seed.length === names.length && seed.every(measured))
  const others = Object.keys(complete[0]?.[0]?.others ?? {})
  const ways = [...Object.keys(WAYS), ...others]
  const of = (arm: string): ArmResult[] => complete.map((seed) => seed[names.indexOf(arm)]!)
  const values = (arm: string, way: string, metric: string): number[] =>
    of(arm).flatMap((result) => intervalOf(measuredAs(result, way), metric)?.mean ?? [])
  const metrics = Object.keys(complete[0]?.[0]?.sampled.metrics ?? {})
  const over = (arm: string, way: string): Measured => {
    if (complete.length === 1) return both(measuredAs(of(arm)[0]!, way))
    const overSeeds = (metric: string): Interval => bootstrap(values(arm, way, metric))
    const others = Object.fromEntries(metrics.map((metric) => [metric, overSeeds(metric)]))
    return { success: overSeeds('success'), return: overSeeds('return'), metrics: others }
  }
  return {
    players: { random: both(players.random), expert: both(players.expert), optimum: both(players.optimum) },
    arms: names.map((name) => ({
      ...{ name, ...over(name, ''), greedy: over(name, 'greedy'), tempered: over(name, 'best temperature') },
      others: Object.fromEntries(others.map((way) => [way, over(name, way)])),
      steps: of(name).reduce((sum, { envSteps }) => sum + envSteps, 0),
      tokens: of(name).reduce((sum, { trainedTokens }) => sum + trainedTokens, 0),
    })),
    comparisons: pairs.flatMap(({ arm, baseline, kind }) =>
      ways.flatMap((way) =>
        ['success', 'return', ...metrics].map((metric) => ({
          ...{ arm, baseline, kind, metric: [metric, way].filter(Boolean).join(', ') },
          ...compare(values(arm, way, metric), values(baseline, way, metric)),
        })),
      ),
    ),
  }
}

const both = ({ success, return: paid, metrics }: Measured): Measured => ({ success, return: paid, metrics })

/** What a world measures besides, arm by arm; nothing where it measures nothing. */
function metricsOf(arms: readonly ArmClaim[]): string[] {
  const names = Object.keys(arms[0]?.metrics ?? {})
  if (names.length === 0) return []
  const row = (label: string, { metrics }: Measured): string[] => [
    label,
    ...names.map((name) => interval(metrics[name]!)),
  ]
  const rows = arms.flatMap((arm) => [row(arm.name, arm), row('  at its most likely', arm.greedy)])
  return ['', table([['metrics', ...names], ...rows])]
}

function report(result: Claims & { run: string; env: string; seconds: number }, chart: string): string {
  const rows = [
    ...Object.entries(result.players).flatMap(([name, player]) => modes(name, { sampled: player })),
    ...result.arms.flatMap((arm) => modes(`${arm.name} (${short(arm.steps)} steps)`, { sampled: arm, ...arm })),
  ]
  const found = result.comparisons.map(({ arm, baseline, kind, metric, delta, verdict }) => [
    `${kind === 'control' ? 'control: ' : ''}${arm} − ${baseline}: ${metric}`,
    interval(delta),
    verdict,
  ])
  return [
    chart,
    '',
    table([[`${result.env}, held-out tasks [95 % interval]`, 'success', 'return'], ...rows]),
    ...metricsOf(result.arms),
    '',
    table([['difference, seed by seed', 'mean', 'verdict'], ...found]),
    '',
    `${duration(result.seconds)}; the run lies in ${result.run}`,
  ].join('\n')
}
