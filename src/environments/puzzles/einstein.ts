/**
 * Einstein's riddle: who lives where, and with what? Three houses at levels 1 and 2, seven at levels 9 and 10, with few
 * kinds of things at the odd levels and many at the even ones, as in x1's data. Every riddle has one solution, and no
 * clue too many.
 */
import type { EnvSpec, Random } from '../../core/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'
import {
  type Arrangement,
  arrangements,
  type Clue,
  type Kind,
  onlyArrangement,
  POSITION,
  type Relation,
  type Riddle,
  relates,
  type Thing,
} from './riddle.ts'
import { worded } from './riddle-text.ts'

const THINGS: Readonly<Record<string, readonly string[]>> = {
  Name: ['Anna', 'Bruno', 'Clara', 'David', 'Emil', 'Frida', 'Greta', 'Henry'],
  Pet: ['Canary', 'Cat', 'Dog', 'Goldfish', 'Hamster', 'Lizard', 'Rabbit', 'Tortoise'],
  Drink: ['Beer', 'Cider', 'Cocoa', 'Juice', 'Lemonade', 'Milk', 'Tea', 'Water'],
  Trade: ['Baker', 'Carpenter', 'Doctor', 'Gardener', 'Mason', 'Painter', 'Tailor', 'Teacher'],
  Colour: ['Black', 'Blue', 'Brown', 'Green', 'Grey', 'Red', 'White', 'Yellow'],
  Instrument: ['Cello', 'Drum', 'Flute', 'Guitar', 'Harp', 'Oboe', 'Piano', 'Violin'],
  Sport: ['Archery', 'Chess', 'Fencing', 'Rowing', 'Sailing', 'Skiing', 'Swimming', 'Tennis'],
}

const SIZES = [
  [3, 2],
  [3, 4],
  [4, 3],
  [4, 5],
  [5, 3],
  [5, 5],
  [6, 3],
  [6, 5],
  [7, 4],
  [7, 5],
] as const

export interface Row extends Riddle {
  /** The solution: the things of every house, in the order of their kinds. */
  readonly houses: readonly (readonly string[])[]
}

/** Throws a sentence on a level that there is none of. */
export function einstein(argument?: string): EnvSpec<Row, QuestionEnv> {
  const levels = levelsOf('einstein', argument)
  return questionEnv<Row>({
    id: named('einstein', levels),
    // The hard ones take a while to make.
    tasks: gradedTasks({ name: 'einstein', levels, draw, count: 250 }),
    instructions:
      'Say what is in every house. List the houses from the first to the last with semicolons between, and for each its things with commas between.',
    ask: worded,
    form: afterAnswer,
    score: (answer, { task: { data } }) => {
      const share = shareOf(answer, data)
      return { value: share === 1 ? 1 : 0, why: `${(100 * share).toFixed(0)} % of the things are where they should be` }
    },
    solve: ({ houses }) => written(houses),
    guess: ({ kinds }, random) => {
      const rows = kinds.map(({ things }) => random.shuffle(things))
      return written(rows[0]!.map((_, house) => rows.map((row) => row[house]!)))
    },
    rewards: {
      /** How many things are where they should be, as a share. */
      share: { weight: 0, score: ({ env, task }) => shareOf(env.answer ?? '', task.data) },
    },
  })
}

const written = (houses: readonly (readonly string[])[]): string => houses.map((house) => house.join(', ')).join('; ')

/** How many things are where they should be, as a share; 0 where houses or things are too few or too many. */
function shareOf(answer: string, { houses, kinds }: Row): number {
  const said = answer.split(/[;\n]/).map((house) => house.split(',').map((word) => word.trim().toLowerCase()))
  if (said.length !== houses.length || said.some((house) => house.length !== kinds.length)) return 0
  const right = houses.flatMap((house, i) => house.filter((thing) => said[i]!.includes(thing.toLowerCase())))
  return right.length / (houses.length * kinds.length)
}

function draw({ level, random }: Draw): Row {
  const [length, count] = SIZES[level - 1]!
  const kinds = random
    .shuffle(Object.keys(THINGS))
    .slice(0, count)
    .map((name) => ({ name, things: random.shuffle(THINGS[name]!).slice(0, length).sort() }))
  const arrangement = kinds.map(({ things }) => random.shuffle(things.map((_, house) => house)))
  let clues: Clue[] = []
  // One clue after the other that rules out a wrong arrangement, until there is none; then those away that need not be.
  for (let wrong = otherThan(arrangement, { kinds, clues }); wrong; wrong = otherThan(arrangement, { kinds, clues })) {
    let clue = clueAbout(kinds, arrangement, random)
    while (holds(clue, kinds, wrong)) clue = clueAbout(kinds, arrangement, random)
    clues.push(clue)
  }
  for (const clue of clues) {
    const fewer = clues.filter((one) => one !== clue)
    if (onlyArrangement({ kinds, clues: fewer })) clues = fewer
  }
  const at = (house: number): string[] => kinds.map(({ things }, k) => things[arrangement[k]!.indexOf(house)]!)
  return { kinds, clues: random.shuffle(clues), houses: Array.from({ length }, (_, house) => at(house)) }
}

function otherThan(arrangement: Arrangement, riddle: Riddle): Arrangement | undefined {
  const known = JSON.stringify(arrangement)
  for (const found of arrangements(riddle)) if (JSON.stringify(found) !== known) return found
  return undefined
}

function holds({ left, relation, right }: Clue, kinds: readonly Kind[], arrangement: Arrangement): boolean {
  const at = ({ name, kind }: Thing): number => {
    const k = kinds.findIndex((one) => one.name === kind)
    return k < 0 ? Number(name) - 1 : arrangement[k]![kinds[k]!.things.indexOf(name)]!
  }
  return relates(at(left), relation, at(right))
}

/** What is true of two things, or of a thing and a house. */
function clueAbout(kinds: readonly Kind[], arrangement: Arrangement, random: Random): Clue {
  const houses = kinds[0]!.things.length
  const [k, t] = [random.int(kinds.length), random.int(houses)]
  // One clue in eight tells of a house, and none tells more of two things of a kind than that they are neighbours.
  const [other, thing] = [random.int(8) === 0 ? kinds.length : random.int(kinds.length), random.int(houses)]
  const [at, there] = [arrangement[k]![t]!, arrangement[other]?.[thing] ?? thing]
  if (other === k && Math.abs(at - there) !== 1) return clueAbout(kinds, arrangement, random)
  const thingAt = (kind: number, place: number): Thing => ({
    name: kinds[kind]!.things[place]!,
    kind: kinds[kind]!.name,
  })
  const right = other === kinds.length ? { name: `${thing + 1}`, kind: POSITION } : thingAt(other, thing)
  return { left: thingAt(k, t), relation: random.pick(relationsOf(at, there)), right }
}

function relationsOf(at: number, there: number): Relation[] {
  if (at === there) return ['same']
  if (Math.abs(at - there) > 1) return ['different']
  return [at < there ? 'left' : 'right', 'beside']
}
