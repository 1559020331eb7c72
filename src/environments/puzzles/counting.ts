/**
 * Counting the digits of a text, one of the tasks that an algorithm made of model calls divides (Chen et al. 2024, "On
 * the Design and Analysis of LLM-Based Algorithms"): their share is from 0.3 to 0.7.
 */
import type { EnvSpec } from '../../core/index.ts'
import { nearNumber, numberIn } from '../../rewards/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'

export interface Countable {
  readonly text: string
}

const LENGTHS = [40, 50, 60, 80, 110, 150, 200, 300, 450, 600] as const
const [DIGITS, LETTERS] = ['0123456789', 'abcdefghijklmnopqrstuvwxyz']

/** Throws a sentence on a level that there is none of. */
export function counting(argument?: string): EnvSpec<Countable, QuestionEnv> {
  const levels = levelsOf('counting', argument)
  return questionEnv<Countable>({
    id: named('counting', levels),
    tasks: gradedTasks({ name: 'counting', levels, draw }),
    instructions: 'How many digits does the text have? Each digit counts for itself: a12 has two.',
    ask: ({ text }) => text,
    form: afterAnswer,
    score: (answer, { task }) => nearNumber(answer, { gold: digitsOf(task.data) }),
    solve: (data) => `${digitsOf(data)}`,
    guess: ({ text }, random) => `${random.int(text.length + 1)}`,
    rewards: {
      /** How far off the count is; null where there is none. */
      error: {
        weight: 0,
        score: ({ env, task }) => {
          const said = numberIn(env.answer ?? '')
          if (said === null) return { value: null, why: 'no number was answered' }
          return Math.abs(said - digitsOf(task.data))
        },
      },
    },
  })
}

export const digitsOf = ({ text }: Countable): number => text.replace(/\D/g, '').length

const GOLDEN = (Math.sqrt(5) - 1) / 2

/** The share is spread evenly over the tasks of a level, so that no count is right more often than others. */
function draw({ level, round, random }: Draw): Countable {
  const length = LENGTHS[level - 1]!
  const digits = Math.round(length * (0.3 + 0.4 * ((round * GOLDEN) % 1)))
  const characters = Array.from({ length }, (_, i) => random.pick([...(i < digits ? DIGITS : LETTERS)]))
  return { text: random.shuffle(characters).join('') }
}
