/** A world of questions: one question, an answer in a stated form, a scorer. */
import {
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  type Json,
  type Judged,
  type Random,
  type RewardTerm,
  system,
  user,
  type Verdict,
} from '../../core/index.ts'
import { type AnswerForm, wholeMessage } from './answer-form.ts'

export interface QuestionEnv extends Env {
  /** null until one was given in the form asked for. */
  readonly answer: string | null
}

export interface QuestionWorld<D> {
  readonly id: string
  readonly tasks: EnvSpec<D>['tasks']
  /** What is said before every question, the form of the answer aside. */
  readonly instructions?: string
  ask(data: D): string
  /** The whole message unless given. */
  readonly form?: AnswerForm
  /** How right an answer is, from 0 to 1. Not asked where none was given: that is 0. */
  score(answer: string, judged: Judged<D, QuestionEnv>): Verdict | Promise<Verdict>
  /** The right answer. */
  solve(data: D): string
  /** An answer as somebody would give it who knows nothing but its kind. */
  guess?(data: D, random: Random): string
  /** A message that holds no answer is told the form again, until so many were said; 1 unless given. */
  readonly turns?: number
  /** Further terms of the rubric. */
  readonly rewards?: Readonly<Record<string, RewardTerm<D, QuestionEnv>>>
}

export function questionEnv<D = Json>(world: QuestionWorld<D>): EnvSpec<D, QuestionEnv> {
  const { form = wholeMessage, turns = 1, guess } = world
  const opening = [world.instructions, form.says].filter(Boolean).join('\n')
  return defineEnv<D, QuestionEnv>({
    id: world.id,
    tasks: world.tasks,
    limits: { steps: turns },
    make: ({ data }) => live({ form, turns, opening, question: world.ask(data) }),
    rubric: {
      success: {
        weight: 1,
        score: (judged) =>
          judged.env.answer === null
            ? { value: 0, why: 'no answer in the form asked for' }
            : world.score(judged.env.answer, judged),
      },
      ...world.rewards,
    },
    solve: ({ data }) => [assistant(form.write(world.solve(data)))],
    commit: (answer) => [assistant(form.write(answer))],
    ...(guess && { guess: ({ data }, random) => assistant(form.write(guess(data, random))) }),
  })
}

interface Asked {
  readonly form: AnswerForm
  readonly turns: number
  readonly opening: string
  readonly question: string
}

function live(asked: Asked, past: { readonly turn: number; readonly answer: string | null } = START): QuestionEnv {
  const { form, turns, opening, question } = asked
  let { turn, answer } = past
  return {
    get answer() {
      return answer
    },
    reset: () => ({ messages: [system(opening), user(question)] }),
    step({ content }) {
      turn++
      answer = form.read(content)
      if (answer !== null) return { observation: { messages: [] }, end: 'terminated' }
      if (turn >= turns) return { observation: { messages: [] }, end: 'truncated' }
      return { observation: { messages: [user(`That is no answer. ${form.says}`)] } }
    },
    fork: () => live(asked, { turn, answer }),
    data: () => ({ question, turn, answer }),
  }
}

const START = { turn: 0, answer: null }
