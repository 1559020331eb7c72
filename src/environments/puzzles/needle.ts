/**
 * Needles in a haystack, one of the tasks that an algorithm made of model calls divides (Chen et al. 2024, "On the
 * Design and Analysis of LLM-Based Algorithms"): codes are to be found among many sentences that tell of other codes.
 */
import type { EnvSpec, Random } from '../../core/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'

export interface Haystack {
  readonly sentences: readonly string[]
  /** Whose codes are asked for, and what they are, in the same order. */
  readonly doors: readonly string[]
  readonly codes: readonly string[]
}

/** How long the haystack is, and how many needles are in it. */
const SIZES = [
  [12, 1],
  [20, 1],
  [30, 1],
  [45, 2],
  [60, 2],
  [90, 2],
  [130, 3],
  [180, 3],
  [260, 4],
  [380, 4],
] as const

const COLOURS = ['red', 'blue', 'green', 'yellow', 'white', 'black', 'grey', 'brown', 'silver', 'golden']
const SIZES_OF_DOORS = ['small', 'large', 'narrow', 'wide', 'tall', 'low', 'heavy', 'light', 'round', 'square']
const PLACES = ['attic', 'cellar', 'garden', 'kitchen', 'library', 'stable', 'tower', 'workshop', 'chapel', 'harbour']

/** Throws a sentence on a level that there is none of. */
export function needle(argument?: string): EnvSpec<Haystack, QuestionEnv> {
  const levels = levelsOf('needle', argument)
  return questionEnv<Haystack>({
    id: named('needle', levels),
    tasks: gradedTasks({ name: 'needle', levels, draw }),
    instructions: 'Find what is asked for in the text. Where several codes are asked for, put commas between.',
    ask: ({ sentences, doors }) =>
      `${sentences.join(' ')}\n\nWhat is the code of ${doors.map((door) => `the ${door}`).join(', of ')}?`,
    form: afterAnswer,
    score: (answer, { task }) => (sameCodes(answer, task.data.codes) ? 1 : 0),
    solve: ({ codes }) => codes.join(', '),
    guess: ({ codes }, random) => codes.map(() => anyCode(random)).join(', '),
    rewards: {
      /** How many of the codes stand in their places, as a share. */
      found: {
        weight: 0,
        score: ({ env, task }) => {
          const said = wordsOf(env.answer ?? '')
          return task.data.codes.filter((code, i) => said[i] === code).length / task.data.codes.length
        },
      },
    },
  })
}

const wordsOf = (answer: string): string[] => answer.split(',').map((word) => word.trim().replace(/\.$/, ''))

function sameCodes(answer: string, codes: readonly string[]): boolean {
  const said = wordsOf(answer)
  return said.length === codes.length && codes.every((code, i) => said[i] === code)
}

const anyCode = (random: Random): string => `${10_000 + random.int(90_000)}`

function draw({ level, random }: Draw): Haystack {
  const [length, needles] = SIZES[level - 1]!
  const doors = new Map<string, string>()
  const codes = new Set<string>()
  while (codes.size < length) codes.add(anyCode(random))
  for (const code of codes) {
    let door = ''
    do door = `${random.pick(SIZES_OF_DOORS)} ${random.pick(COLOURS)} door of the ${random.pick(PLACES)}`
    while (doors.has(door))
    doors.set(door, code)
  }
  const asked = random.shuffle([...doors.keys()]).slice(0, needles)
  return {
    sentences: [...doors].map(([door, code]) => `The code of the ${door} is ${code}.`),
    doors: asked,
    codes: asked.map((door) => `${doors.get(door)}`),
  }
}
