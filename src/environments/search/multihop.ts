/**
 * Questions of two to four hops over a closed corpus of linked facts, which were made up from a seed: search, open,
 * finish. Training and test have a world of facts each, so that nothing learnt by heart in the one helps in the other.
 */
import { type EnvSpec, random, type Split, type Task } from '../../core/index.ts'
import { exactMatch, f1, normalizeAnswer } from '../../rewards/index.ts'
import type { Deed } from '../kit/tool-env.ts'
import { drawQuestion } from './chains.ts'
import { type World, worldOf } from './facts.ts'
import { type Range, rangeOf, spelt } from './range.ts'
import { type SearchEnv, searchEnv } from './search-env.ts'

export interface Asked {
  readonly question: string
  /** All that is asked for; of each, the ways to write it. */
  readonly answers: readonly (readonly string[])[]
  /** The ids of the passages that say so, in the order in which they can be found. */
  readonly supports: readonly string[]
}

export interface MultihopTask extends Asked {
  readonly world: Split
}

const COUNTS: Readonly<Record<Split, number>> = { train: 800, test: 200 }

/** Opened as often as it is drawn up: a world is made once and shared, for nothing in it changes. */
const worlds = new Map<Split, World>()
export function worldFor(split: Split): World {
  const world = worlds.get(split) ?? worldOf(split)
  worlds.set(split, world)
  return world
}

export function multihop(hops: Range = { least: 2, most: 2 }): EnvSpec<MultihopTask, SearchEnv> {
  return searchEnv<MultihopTask>({
    id: `multihop:${spelt(hops)}@1`,
    tasks: (split) => questions(split, hops),
    instructions: RULES,
    form: FORM,
    ask: ({ question }) => question,
    corpus: ({ world }) => worldFor(world).corpus,
    score: (answer, { answers }) => allOf(answer, answers),
    figures: { f1: (answer, { answers }) => answerF1(answer, answers) },
    supports: ({ supports }) => supports,
    find: ({ world, supports }) => reading(worldFor(world), supports),
    solve: ({ answers }) => answers.map(([spelling]) => spelling).join('; '),
    guess: ({ world }, rng) => rng.pick(worldFor(world).things).name,
  })
}

export const RULES =
  'Answer the question from the passages of this corpus: search for passages, open those that may help, and finish with the answer.'
export const FORM = 'The answer alone, without a sentence around it; several answers are parted by semicolons.'

/** 1 where the answer names all that is asked for and nothing else, by exact match after normalisation. */
export function allOf(answer: string, wanted: Asked['answers']): number {
  if (wanted.length === 1) return exactMatch(answer, wanted[0]!)
  const said = new Set(answer.split(';').map(normalizeAnswer))
  const found = wanted.filter((spellings) => spellings.some((one) => said.has(normalizeAnswer(one))))
  return found.length === wanted.length && said.size === wanted.length ? 1 : 0
}

/** F1 of words against the answer, or against all of them together. */
export const answerF1 = (answer: string, wanted: Asked['answers']): number =>
  f1(answer, wanted.length === 1 ? wanted[0]! : wanted.map(([spelling]) => spelling).join(' '))

/** The key's way: it knows whom to look for, and looks. */
function reading({ corpus }: World, supports: readonly string[]): Deed[] {
  return supports.flatMap((id) => [
    { name: 'search', arguments: { query: corpus.get(id)!.title } },
    { name: 'open', arguments: { id } },
  ])
}

function* questions(split: Split, { least, most }: Range): Generator<Task<MultihopTask>> {
  const rng = random(1).split('multihop', split, least, most)
  const world = worldFor(split)
  const asked = new Set<string>()
  while (asked.size < COUNTS[split]) {
    const drawn = drawQuestion(world, least + rng.int(most - least + 1), rng)
    if (!drawn || asked.has(drawn.question)) continue
    const { question, answers, supports } = drawn
    asked.add(question)
    const data = {
      world: split,
      question,
      answers: answers.map(({ name }) => [name]),
      supports: supports.map(({ id }) => id),
    }
    yield { id: `${split}-${asked.size}`, data }
  }
}

/** Reads '3' or '2-4'; 2 unless given. Throws a sentence on anything else. */
export const hopsOf = (text = '2'): Range => rangeOf('the hops of a question', text, { least: 2, most: 4 })
