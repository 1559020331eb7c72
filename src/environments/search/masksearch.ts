/**
 * MaskSearch's task over a made-up corpus (Wu et al. 2025): a paragraph with one to four of its names and numbers
 * masked, to be filled in by searching. The number of masks is the level of a curriculum.
 */
import { type EnvSpec, type Random, random, type Split, type Task } from '../../core/index.ts'
import { exactMatch } from '../../rewards/index.ts'
import type { Deed } from '../kit/tool-env.ts'
import { type Chain, drawChain } from './chains.ts'
import { numberOf, said, type World } from './facts.ts'
import { worldFor } from './multihop.ts'
import { type Range, rangeOf, spelt } from './range.ts'
import { type SearchEnv, searchEnv } from './search-env.ts'

export interface MaskTask {
  readonly world: Split
  readonly masked: string
  readonly paragraph: string
  /** The ids of the passages that say what is masked. */
  readonly supports: readonly string[]
}

const MASK = '[mask]'
const COUNTS: Readonly<Record<Split, number>> = { train: 400, test: 100 }
/** So many facts follow one from another in a paragraph. */
const FACTS = 4

export function masksearch(masks: Range = { least: 1, most: 1 }): EnvSpec<MaskTask, SearchEnv> {
  return searchEnv<MaskTask>({
    id: `masksearch:${spelt(masks)}@1`,
    tasks: (split) => paragraphs(split, masks),
    instructions: 'Search for passages, open those that may help, and finish with the paragraph filled in.',
    form: 'The whole paragraph.',
    ask: ({ masked }) =>
      `Fill in all the ${MASK} and output the whole paragraph without changing its format:\n${masked}`,
    corpus: ({ world }) => worldFor(world).corpus,
    score: (answer, { paragraph }) => exactMatch(answer, paragraph),
    figures: { filled: (answer, { masked, paragraph }) => filled(masked, answer, paragraph) },
    supports: ({ supports }) => supports,
    find: ({ supports }) => supports.map((id): Deed => ({ name: 'open', arguments: { id } })),
    solve: ({ paragraph }) => paragraph,
    guess: ({ world, masked }, rng) => masked.replaceAll(MASK, () => rng.pick(worldFor(world).things).name),
  })
}

/** Which part of the masks was filled in rightly; 0 where the rest of the paragraph is not what it was. */
export function filled(masked: string, answer: string, paragraph: string): number {
  const [said, wanted] = [fillsOf(masked, answer), fillsOf(masked, paragraph)]
  if (!said || !wanted) return 0
  return said.filter((one, i) => exactMatch(one, wanted[i]!) === 1).length / wanted.length
}

/** What stands in a text where the masks stand in another. */
function fillsOf(masked: string, text: string): string[] | undefined {
  const [opening, ...rest] = masked.split(MASK)
  const whole = text.trim()
  if (!whole.startsWith(opening!)) return undefined
  const fills: string[] = []
  let from = opening!.length
  for (const [i, between] of rest.entries()) {
    const to = i === rest.length - 1 ? whole.lastIndexOf(between) : whole.indexOf(between, from)
    if (to < from || (i === rest.length - 1 && to + between.length !== whole.length)) return undefined
    fills.push(whole.slice(from, to))
    from = to + between.length
  }
  return fills
}

function* paragraphs(split: Split, masks: Range): Generator<Task<MaskTask>> {
  const rng = random(1).split('masksearch', split, masks.least, masks.most)
  const world = worldFor(split)
  const drawn = new Set<string>()
  while (drawn.size < COUNTS[split]) {
    const data = drawMasks(world, masks, rng)
    if (!data || drawn.has(data.masked)) continue
    drawn.add(data.masked)
    yield { id: `${split}-${drawn.size}`, data: { world: split, ...data } }
  }
}

function drawMasks(world: World, { least, most }: Range, rng: Random): Omit<MaskTask, 'world'> | undefined {
  const chain = drawChain(world, FACTS, rng)
  if (!chain) return undefined
  const [first] = chain.things
  const spans = [`${first!.number}`, ...chain.things.slice(1).map(({ name }) => name)]
  const hidden = rng.shuffle(spans.map((_, i) => i)).slice(0, least + rng.int(most - least + 1))
  const holders = [first!, ...chain.things.slice(0, -1)]
  return {
    paragraph: written(chain, spans),
    masked: written(
      chain,
      spans.map((span, i) => (hidden.includes(i) ? MASK : span)),
    ),
    supports: [...new Set(holders.filter((_, i) => hidden.includes(i)).map(({ id }) => id))],
  }
}

function written({ things: [first], relations }: Chain, [number, ...names]: readonly string[]): string {
  const clauses = relations.map(({ clause }, i) => said(clause, '', names[i]!))
  return `${first!.name}, whose ${numberOf(first!.kind)} is ${number}, is a ${first!.kind} ${clauses.join(', ')}.`
}

/** Reads '2' or '1-4'; 1 unless given. Throws a sentence on anything else. */
export const masksOf = (text = '1'): Range => rangeOf('the masks of a paragraph', text, { least: 1, most: 4 })
