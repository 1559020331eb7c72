/**
 * Sorting a list of numbers, one of the tasks that an algorithm made of model calls divides (Chen et al. 2024, "On the
 * Design and Analysis of LLM-Based Algorithms"): its errors are told apart as theirs are.
 */
import type { EnvSpec } from '../../core/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'

export interface Unsorted {
  /** Hundredths from 0 to 99.99, distinct. */
  readonly numbers: readonly number[]
}

const LENGTHS = [5, 8, 12, 16, 20, 30, 40, 60, 80, 120] as const

/** Throws a sentence on a level that there is none of. */
export function sorting(argument?: string): EnvSpec<Unsorted, QuestionEnv> {
  const levels = levelsOf('sorting', argument)
  const metric = (score: (said: readonly number[] | null, data: Unsorted) => number | null) => ({
    weight: 0,
    score: ({ env, task }: { env: QuestionEnv; task: { data: Unsorted } }) => ({
      value: score(numbersIn(env.answer ?? ''), task.data),
      why: 'of the numbers that the answer lists',
    }),
  })
  return questionEnv<Unsorted>({
    id: named('sorting', levels),
    tasks: gradedTasks({ name: 'sorting', levels, draw }),
    instructions: 'Sort the numbers, the smallest first. List all of them, with commas between.',
    ask: ({ numbers }) => written(numbers),
    form: afterAnswer,
    score: (answer, { task }) => (sameList(numbersIn(answer), sorted(task.data)) ? 1 : 0),
    solve: (data) => written(sorted(data)),
    guess: ({ numbers }, random) => written(random.shuffle(numbers)),
    rewards: {
      /** How many more or fewer numbers there are than should be, as a share of those. */
      lengthMismatch: metric((said, { numbers }) => said && Math.abs(said.length - numbers.length) / numbers.length),
      /** By how much the numbers fall where they should rise, all falls together. */
      nonMonotonicity: metric((said) => said && falls(said)),
      /** The mean and the largest distance, place by place, to the sorted list; null where the lengths differ. */
      l1: metric((said, data) => {
        const off = distances(said, data)
        return off && off.reduce((sum, one) => sum + one, 0) / off.length
      }),
      lInfinity: metric((said, data) => {
        const off = distances(said, data)
        return off && Math.max(...off)
      }),
    },
  })
}

const written = (numbers: readonly number[]): string => numbers.join(', ')
const sorted = ({ numbers }: Unsorted): number[] => numbers.toSorted((a, b) => a - b)
const sameList = (said: readonly number[] | null, wanted: readonly number[]): boolean =>
  said?.length === wanted.length && wanted.every((number, i) => said[i] === number)
const falls = (said: readonly number[]): number =>
  said.reduce((sum, number, i) => sum + (i > 0 ? Math.max(0, said[i - 1]! - number) : 0), 0)

function distances(said: readonly number[] | null, data: Unsorted): number[] | null {
  const wanted = sorted(data)
  return said?.length === wanted.length ? wanted.map((number, i) => Math.abs(number - said[i]!)) : null
}

/** The numbers that an answer lists; null where it is anything else. Brackets around them do no harm. */
function numbersIn(answer: string): number[] | null {
  const words = answer.replace(/^\[/, '').replace(/\]$/, '').split(',')
  return words.every((word) => /^\s*-?\d{1,9}(\.\d{1,9})?\s*$/.test(word)) ? words.map(Number) : null
}

function draw({ level, random }: Draw): Unsorted {
  const numbers = new Set<number>()
  while (numbers.size < LENGTHS[level - 1]!) numbers.add(random.int(10_000) / 100)
  const data = { numbers: [...numbers] }
  // A list that is sorted already is turned around.
  return sameList(data.numbers, sorted(data)) ? { numbers: data.numbers.reverse() } : data
}
