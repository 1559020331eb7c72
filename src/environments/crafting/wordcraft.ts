/**
 * Combining words, as in WordCraft (Jiang et al. 2020): what do two things make? Nobody tells, so that what one knows of
 * the world has to help. The goal is so many combinations away as the level says, and one goal in five is for testing.
 */
import type { EnvSpec, Random } from '../../core/index.ts'
import { type GameEnv, gameEnv, type Played, quoted, type Wrong } from '../kit/game-env.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { splitByName } from '../kit/split.ts'
import { COMBINATIONS, combined, MADE, shortestWay, waysTo, within } from './combinations.ts'

export interface Words {
  /** All that there is, in the order in which it came. */
  readonly things: readonly string[]
}

export interface WordsTask {
  readonly things: readonly string[]
  readonly goal: string
}

const [DEEPEST, DISTRACTORS] = [6, 5]

/** Goals 1 to 4 combinations away unless given. Throws a sentence on a number there is none of. */
export function wordcraft(argument = '1-4'): EnvSpec<WordsTask, GameEnv<Words>> {
  const levels = levelsOf('wordcraft', argument, DEEPEST)
  return gameEnv<Words, WordsTask>({
    id: named('wordcraft', levels),
    limits: { steps: 4 + 2 * levels.to },
    markov: true,
    tasks: gradedTasks({ name: 'wordcraft', levels, draw, count: 600 }),
    rules: 'Make the goal by combining things, two at a time; what you combine stays. Say: combine <thing> and <thing>',
    start: ({ things }) => ({ things }),
    show,
    play: (state, said, { data }) => play(state, said, data),
    success: ({ things }, { goal }) => (things.includes(goal) ? 1 : 0),
    successWeight: 1,
    best: ({ things }, { goal }) => {
      const [next] = shortestWay(goal, things, DEEPEST) ?? []
      return next ? written(...next.of) : ''
    },
    guess: ({ things }, random) => {
      const all = [...within(things)]
      return written(random.pick(all), random.pick(all))
    },
  })
}

const show = ({ things }: Words, { goal }: WordsTask): string => `You have: ${things.join(', ')}.\nGoal: ${goal}.`
const written = (one: string, other: string): string => `combine ${one} and ${other}`

function play(state: Words, said: string, data: WordsTask): Played<Words> | Wrong<Words> {
  const [, one, other] = /^combine ([a-z]{1,20}) and ([a-z]{1,20})$/.exec(said.toLowerCase()) ?? []
  if (!one || !other) return { wrong: `'${quoted(said)}' combines nothing: say, for instance, combine fire and water.` }
  const missing = [one, other].find((thing) => !state.things.includes(thing))
  if (missing) return { wrong: `You have no '${missing}'.` }
  const makes = combined(one, other)
  if (makes === undefined) return { state, says: `${one} and ${other} make nothing.\n${show(state, data)}` }
  const after = state.things.includes(makes) ? state : { things: [...state.things, makes] }
  const says = `${one} and ${other} make ${makes}.\n${show(after, data)}`
  return { state: after, says, ...(makes === data.goal && { end: 'terminated' as const }) }
}

const EVERYTHING = [...new Set(COMBINATIONS.flatMap(({ of, makes }) => [...of, makes]))]
/** So many goals and ways are tried for a task. */
const TRIES = 300

function draw({ level, split, random }: Draw): WordsTask | undefined {
  const goals = MADE.filter((goal) => splitByName('wordcraft', goal) === split)
  for (let i = 0; i < TRIES; i++) {
    const goal = random.pick(goals)
    const table = tableFor(goal, level, random)
    if (table && shortestWay(goal, table, level)?.length === level) return { things: random.shuffle(table), goal }
  }
  return undefined
}

/** What so many combinations toward the goal start from, and some other things; undefined where the ways are shorter. */
function tableFor(goal: string, level: number, random: Random): string[] | undefined {
  const made = new Set<string>()
  let open = [goal]
  while (made.size < level) {
    const next = random.shuffle(open).find((thing) => waysTo(thing).length > 0)
    if (next === undefined) return undefined
    made.add(next)
    open = [...open, ...random.pick(waysTo(next)).of].filter((thing) => !made.has(thing))
  }
  const others = random.shuffle(EVERYTHING).filter((thing) => !made.has(thing))
  return [...new Set([...open, ...others.slice(0, DISTRACTORS)])]
}
