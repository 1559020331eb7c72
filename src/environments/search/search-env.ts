/** What worlds of search share: a closed corpus to search and to open, and an answer that ends the episode. */
import { z } from 'zod'
import type { EnvSpec, Random, RewardTerm } from '../../core/index.ts'
import { quoted } from '../kit/game-env.ts'
import { type Deed, type ToolEnv, ToolError, type Tools, tool, toolEnv } from '../kit/tool-env.ts'
import type { Corpus } from './corpus.ts'

export interface Search {
  readonly corpus: Corpus
  /** The ids of what was opened, each once. */
  readonly opened: readonly string[]
  /** null until one was given. */
  readonly answer: string | null
}

export type SearchEnv = ToolEnv<Search>

export interface SearchWorld<D> extends Pick<EnvSpec<D>, 'id' | 'tasks' | 'limits'> {
  readonly instructions: string
  /** What `finish` is told to be given. */
  readonly form: string
  ask(data: D): string
  corpus(data: D): Corpus
  /** How right an answer is, from 0 to 1. */
  score(answer: string, data: D): number
  /** The ids of the passages that hold the answer; unless given, nobody says which. */
  supports?(data: D): readonly string[]
  /** Further figures of an answer; each is 0 without one. */
  readonly figures?: Readonly<Record<string, (answer: string, data: D) => number>>
  /** The way of the key, without its answer. */
  find(data: D): readonly Deed[]
  solve(data: D): string
  guess(data: D, random: Random): string
}

const SHOWN = 5
const MOST_SHOWN = 20
/** An answer longer than that is none. */
const LONGEST = 10_000

/** Pays for a right answer. Metrics: what part of the supporting passages was opened, and the world's own figures. */
export function searchEnv<D>(world: SearchWorld<D>): EnvSpec<D, SearchEnv> {
  const { supports } = world
  const figures = Object.entries(world.figures ?? {}).map(([name, figure]): [string, RewardTerm<D, SearchEnv>] => [
    name,
    { weight: 0, score: ({ env, task }) => (env.state.answer === null ? 0 : figure(env.state.answer, task.data)) },
  ])
  return toolEnv<Search, D>({
    id: world.id,
    tasks: world.tasks,
    limits: world.limits ?? { steps: 30 },
    instructions: world.instructions,
    ask: world.ask,
    tools: searchTools(world.form),
    start: (data) => ({ corpus: world.corpus(data), opened: [], answer: null }),
    view: ({ state: { opened, answer } }) => ({ opened, answer }),
    success: ({ state }, data) => (state.answer === null ? 0 : world.score(state.answer, data)),
    rewards: {
      ...Object.fromEntries(figures),
      ...(supports && {
        supports: { weight: 0, score: ({ env, task }) => recall(env.state.opened, supports(task.data)) },
      }),
    },
    solve: (data) => [...world.find(data), finishing(world.solve(data))],
    commit: (answer) => [finishing(answer)],
    guess: (data, random) => randomDeed(world, data, random),
  })
}

const finishing = (answer: string): Deed => ({ name: 'finish', arguments: { answer } })

const searchTools = (form: string): Tools<Search> => ({
  search: tool({
    about: 'Find passages by the words in them, best first: their ids and titles.',
    input: z.object({ query: z.string().min(1).max(400), most: z.int().min(1).max(MOST_SHOWN).default(SHOWN) }),
    run: ({ corpus }: Search, { query, most }) => ({
      result: corpus.search(query, most).map(({ id, title }) => ({ id, title })),
    }),
  }),
  open: tool({
    about: 'Read a passage.',
    input: z.object({ id: z.string() }),
    run(state: Search, { id }) {
      const passage = state.corpus.get(id)
      if (!passage) throw new ToolError(`there is no passage '${quoted(id)}': search gives the ids`)
      const opened = state.opened.includes(id) ? state.opened : [...state.opened, id]
      return { result: `${passage.title}\n${passage.text}`, state: { ...state, opened } }
    },
  }),
  finish: tool({
    about: `Give the answer. This ends the task. ${form}`,
    input: z.object({ answer: z.string().max(LONGEST) }),
    run: (state: Search, { answer }) => ({ result: 'done', state: { ...state, answer }, end: true }),
  }),
})

/** What part of these was opened; all of them where there are none. */
function recall(opened: readonly string[], supports: readonly string[]): number {
  if (supports.length === 0) return 1
  return supports.filter((id) => opened.includes(id)).length / supports.length
}

function randomDeed<D>(world: SearchWorld<D>, data: D, random: Random): Deed {
  const { passages } = world.corpus(data)
  const { id, title } = random.pick(passages)
  return random.pick<Deed>([
    { name: 'search', arguments: { query: title } },
    { name: 'open', arguments: { id } },
    finishing(world.guess(data, random)),
  ])
}
