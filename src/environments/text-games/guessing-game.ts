/**
 * Twenty questions after LMRL-Gym (Abdulhai et al. 2023, MIT), over a table: every question costs 1, until the thing is
 * guessed. The one who answers is a script that knows the table's questions and no others.
 */
import { type EnvSpec, random, type Split, type Task } from '../../core/index.ts'
import { type GameEnv, gameEnv, quoted } from '../kit/game-env.ts'
import { splitByName } from '../kit/split.ts'

/** What may be asked, and what there is to guess. */
export interface GuessingTable {
  /** 'twenty-questions' */
  readonly world: string
  /** What is thought of, and how a guess is said: the first sentences of the rules. */
  readonly rules: string
  readonly questions: readonly string[]
  /** Answers stand in the order of the questions; no two things have all of them in common. */
  readonly things: readonly { readonly name: string; readonly answers: readonly string[] }[]
  /** 'Is it a cat?' */
  guessOf(name: string): string
  /** What a model is told that answers in place of the script, and whether it may say more than yes and no. */
  readonly oracle: { told(name: string): string; readonly yesOrNo: boolean }
}

export interface GuessingTask {
  readonly thing: string
}

export interface GuessingState {
  readonly asked: number
  /** Numbers of the things that fit all answers. */
  readonly left: readonly number[]
  readonly solved?: true
}

export const QUESTIONS = 20

export function guessingGame(table: GuessingTable): EnvSpec<GuessingTask, GameEnv<GuessingState>> {
  const { things, questions } = table
  const read = readerOf(table)
  const numbers = new Map(things.map(({ name }, number) => [name, number]))
  const all = things.map((_, number) => number)
  const guessed = things.map(({ name }) => table.guessOf(name))
  const sayable = [...questions, ...guessed]
  return gameEnv<GuessingState, GuessingTask>({
    id: `${table.world}@1`,
    tasks: (split) => tasksOf(table, split),
    limits: { steps: QUESTIONS },
    rules: `${table.rules} You have ${QUESTIONS} questions, and a guess is one. I can answer:\n${questions.join('\n')}`,
    start: () => ({ asked: 0, left: all }),
    show: ({ asked }) => `${QUESTIONS - asked} questions left.`,
    play({ asked, left }, said, { data }) {
      const thing = numbers.get(data.thing)!
      const state = { asked: asked + 1, left }
      const costs = { reward: -1, ...(state.asked === QUESTIONS && { end: 'terminated' as const }) }
      const { guess, question } = read(said)
      if (guess === thing) return { state: { ...state, left: [thing], solved: true }, says: 'Yes.', end: 'terminated' }
      if (guess !== undefined)
        return { state: { ...state, left: left.filter((one) => one !== guess) }, says: 'No.', ...costs }
      if (question === undefined) return { wrong: `I cannot answer '${quoted(said)}'.`, state, ...costs }
      const says = things[thing]!.answers[question]!
      const fits = left.filter((one) => things[one]!.answers[question] === says)
      return { state: { ...state, left: fits }, says, ...costs }
    },
    success: ({ solved }) => (solved ? 1 : 0),
    best: ({ left }) => (left.length < 3 ? guessed[left[0]!]! : questions[mostTelling(table, left)]!),
    guess: (_, chance) => chance.pick(sayable),
    view: ({ asked, left, solved }) => ({ asked, left: left.map((one) => things[one]!.name), solved: solved === true }),
  })
}

/** What was said, as a number of the table's things or questions. */
export interface Heard {
  readonly guess?: number | undefined
  readonly question?: number | undefined
}

/** Case, signs, accents and articles make no difference. A thing may be guessed by its name alone. */
export function readerOf({ questions, things }: GuessingTable): (said: string) => Heard {
  const asked = new Map(questions.map((question, number) => [plain(question), number]))
  const named = new Map(things.map(({ name }, number) => [plain(name), number]))
  return (said) => {
    // No question is as long.
    const text = said.length > 100 ? '' : plain(said)
    const question = asked.get(text)
    return question === undefined ? { guess: named.get(text.replace(/^is it (?:an? |the )?/, '')) } : { question }
  }
}

export const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/** The question after which the fewest things are left to be expected. */
function mostTelling({ questions, things }: GuessingTable, left: readonly number[]): number {
  const remaining = questions.map((_, question) => {
    const counts = new Map<string, number>()
    for (const thing of left) {
      const answer = things[thing]!.answers[question]!
      counts.set(answer, (counts.get(answer) ?? 0) + 1)
    }
    return [...counts.values()].reduce((sum, count) => sum + count * count, 0)
  })
  return remaining.indexOf(Math.min(...remaining))
}

/** One thing in five is for testing. */
export function* tasksOf({ world, things }: GuessingTable, split: Split): Generator<Task<GuessingTask>> {
  for (const { name } of random(1).shuffle(things))
    if (splitByName(world, name) === split) yield { id: name.replaceAll(' ', '-'), data: { thing: name } }
}
