/** Chains of facts through a made-up world, and the questions that they answer, with all answers that there are. */
import type { Random } from '../../core/index.ts'
import { RELATIONS, type Relation, type Thing, type World } from './facts.ts'

/** A way along facts: a thing, and what follows from it. */
export interface Chain {
  readonly things: readonly Thing[]
  /** One less than there are things. */
  readonly relations: readonly Relation[]
}

/** A way of so many facts that meets nothing twice, or undefined where the draw ran into itself. */
export function drawChain(world: World, hops: number, rng: Random): Chain | undefined {
  const things = [rng.pick(world.things)]
  const relations: Relation[] = []
  while (relations.length < hops) {
    const here = things.at(-1)!
    const relation = rng.pick(RELATIONS.filter(({ from }) => from === here.kind))
    const next = world.follow(here, relation)
    if (things.includes(next)) return undefined
    things.push(next)
    relations.push(relation)
  }
  return { things, relations }
}

export interface Question {
  readonly question: string
  /** All of them, whatever their order. */
  readonly answers: readonly Thing[]
  /** What has to be read to know, in the order in which it can be found. */
  readonly supports: readonly Thing[]
}

/** At most so many answers are asked for. */
const MOST_ANSWERS = 4

/** A question of so many hops; the last may lead to everything that has a fact in common. Undefined where the draw fails. */
export function drawQuestion(world: World, hops: number, rng: Random): Question | undefined {
  const chain = drawChain(world, hops, rng)
  if (!chain) return undefined
  return rng.next() < 0.5 ? forward(chain) : backward(world, chain, rng)
}

function forward({ things, relations }: Chain): Question {
  return {
    question: `What is the name of ${described(things[0]!, relations)}?`,
    answers: things.slice(-1),
    supports: things.slice(0, -1),
  }
}

/** The last hop is gone the other way: to all that lead to the thing before it. */
function backward(world: World, chain: Chain, rng: Random): Question | undefined {
  const [things, relations] = [chain.things.slice(0, -1), chain.relations.slice(0, -1)]
  const target = things.at(-1)!
  const last = rng.pick(RELATIONS.filter(({ to }) => to === target.kind))
  const answers = world.allTo(target, last)
  if (answers.length === 0 || answers.length > MOST_ANSWERS || answers.some((one) => things.includes(one)))
    return undefined
  const ask = `Name all ${last.all} ${described(things[0]!, relations)}.`
  const count = answers.length === 1 ? 'There is one answer.' : `There are ${answers.length} answers.`
  return { question: `${ask} ${count}`, answers, supports: [...things.slice(0, -1), ...answers] }
}

/** 'the mayor of the birthplace of Ada Brosken'. */
export function described(start: Thing, relations: readonly Relation[]): string {
  return relations.reduce((inner, { one }) => `${one} ${inner}`, start.name)
}
