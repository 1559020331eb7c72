/** A language model that knows nothing yet: a vocabulary from what the world says, and weights from a seed. */
import {
  type Agent,
  type Env,
  type EnvSpec,
  type Model,
  type Renderer,
  type RolloutOptions,
  rollout,
  type Task,
  textOf,
} from '../core/index.ts'
import { createEngine, type EmbeddedEngine } from '../engine/index.ts'
import { chatRenderer, engineModel, learnTokenizer, MARKS, RENDERER_FILE, rendererFile } from '../models/index.ts'
import { gather, sequencesOf } from '../train/index.ts'

export interface Newborn {
  readonly engine: EmbeddedEngine
  readonly renderer: Renderer
  readonly policy: Model
}

export interface NewbornOptions<D> {
  /** Whose play is overheard. */
  readonly expert: RolloutOptions<D>['model']
  readonly tasks: readonly Task<D>[]
  readonly seed: number
  readonly width: number
  readonly layers: number
  /**
   * What the vocabulary is learned from: 'all' that is said, unless given; or the 'rules' and the answers, so that what
   * the world shows stays in single characters: a merged row of cells says nothing of a level that nobody saw.
   */
  readonly vocabulary?: 'all' | 'rules'
  /** The most an answer may take. */
  readonly maxTokens: number
  readonly sandbox?: NonNullable<RolloutOptions['sandbox']>
  /** The engine's. */
  readonly threads: number
}

/** Merges of the vocabulary: enough for a small world's every sentence to be one token. */
const MERGES = 512
const OVERHEARD = 128

export async function newborn<D, E extends Env>(
  spec: EnvSpec<D, E>,
  agent: Agent,
  options: NewbornOptions<D>,
): Promise<Newborn> {
  const { expert, seed, width, layers, maxTokens, threads, sandbox, vocabulary = 'all' } = options
  const tasks = options.tasks.slice(0, OVERHEARD)
  const groups = await gather(rollout(spec, agent, tasks, { model: expert, seed, ...(sandbox && { sandbox }) }), tasks)
  const trajectories = groups.flatMap((group) => group.trajectories)
  const said = trajectories.flatMap(({ steps }) => steps.flatMap((step) => [...step.observation.messages, step.action]))
  const learned = vocabulary === 'all' ? said : said.filter(({ role }) => role === 'system' || role === 'assistant')
  const tokenizer = learnTokenizer(learned.map(textOf), MERGES)
  const renderer = chatRenderer(tokenizer)
  const lengths = trajectories.flatMap((trajectory) =>
    sequencesOf(trajectory, { renderer }).map(({ tokens }) => tokens.length),
  )
  // Room for longer episodes than were overheard; what does not fit is refused with a sentence, never cut.
  const context = Math.ceil((2 * Math.max(...lengths) + maxTokens) / 32) * 32
  const config = {
    vocabulary: tokenizer.size + MARKS,
    ...{ width, layers, context },
    heads: 4,
    kvHeads: 2,
    headWidth: width / 4,
    hidden: 3 * width,
    ropeTheta: 10_000,
    normEpsilon: 1e-5,
    tied: true,
  }
  const engine = createEngine(config, { seed, threads, companions: { [RENDERER_FILE]: rendererFile(tokenizer) } })
  return { engine, renderer, policy: engineModel(engine, renderer) }
}
