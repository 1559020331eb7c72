/** The ways to play a clinical world, and what a world says that can be played in all of them. */
import type { Env, EnvSpec, Judged, Random } from '../../core/index.ts'
import { type AnswerForm, wholeMessage } from '../kit/answer-form.ts'
import { codeEnv } from '../kit/code-env.ts'
import { questionEnv } from '../kit/question-env.ts'
import { calculate } from './calculate.ts'
import { type MedAgentWorld, medAgentEnv } from './medagent-env.ts'

/** MedAgentGym's JSON actions; CodeAct's fenced Python; one message with the number, or arithmetic that comes to it. */
export type Form = 'json' | 'codeact' | 'direct'

export interface ClinicWorld<D>
  extends Pick<MedAgentWorld<D>, 'id' | 'tasks' | 'instructions' | 'ask' | 'actions' | 'files' | 'info' | 'sandbox'> {
  /** What of a program's output is its answer: the last line unless given. */
  readonly answerIs?: 'the last line' | 'everything printed'
  /** How right an answer is, as a text, from 0 to 1. */
  score(answer: string, data: D): number
  /** A program that puts the right answer into `answer`. */
  program(data: D): string
  /** The right answer as a text. */
  answer(data: D): string
  /** What is said in one message: the answer unless given. */
  short?(data: D): string
  /** An answer of somebody who knows nothing but its kind, in Python and as a text alike. */
  guess(data: D, random: Random): string
}

export interface Play {
  readonly form: Form
  /** MedAgentGym's own end: the first right program ends the episode. */
  readonly checker?: boolean
}

/** One word of the argument for each way in which a world is not played as usual. Throws on another word. */
export function playOf(argument: string | undefined, forms: readonly Form[]): Required<Play> {
  const words = argument?.split(',') ?? []
  const known = [...forms, CHECKER]
  for (const word of words)
    if (!known.includes(word)) throw new Error(`after the colon may stand ${known.join(' or ')}, not '${word}'`)
  const [form = 'json', second] = forms.filter((one) => words.includes(one))
  if (second) throw new Error(`'${form}' and '${second}' are two ways to play: name one`)
  const checker = words.includes(CHECKER)
  if (checker && form !== 'json') throw new Error(`'${CHECKER}' is for JSON actions, and not for '${form}'`)
  return { form, checker }
}

const CHECKER = 'checker-in-the-loop'

/** The id says how it is played: 'clinic/power:codeact@1'. */
export function play<D>({ program, ...world }: ClinicWorld<D>, { form, checker = false }: Play): EnvSpec<D> {
  const words = [form === 'json' ? '' : form, checker ? CHECKER : ''].filter(Boolean).join(',')
  const id = `${world.id}${words && `:${words}`}@1`
  if (form === 'direct') return direct({ ...world, program, id })
  if (form === 'codeact') return codeact({ ...world, program, id })
  return medAgentEnv<D>({
    ...world,
    id,
    checker,
    score: ({ output }, { task }) =>
      world.score(world.answerIs === 'everything printed' ? output : lastLine(output), task.data),
    solve: program,
    guess: (data, random) => `answer = ${world.guess(data, random)}`,
  })
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1)!.trim()

const codeact = <D>({ program, score, answer, files, ...world }: ClinicWorld<D>): EnvSpec<D> =>
  codeEnv<D>({
    ...world,
    score: (given, { task }) => score(given, task.data),
    solve: (data) => ({ code: [`${program(data)}\nprint(answer)`], answer: answer(data) }),
    setup: (data) => ({ files: files?.(data) ?? {} }),
  })

const arithmetic: AnswerForm = { ...wholeMessage, says: 'Answer with a number, or with arithmetic that comes to it.' }

/** The arithmetic is reckoned by us: no code is run, so it needs no sandbox. */
function direct<D>({ score, short, answer, instructions: _, ...world }: ClinicWorld<D>): EnvSpec<D> {
  const spec = questionEnv<D>({
    ...world,
    form: arithmetic,
    score: (text, { task }) => score(`${calculate(text) ?? text}`, task.data),
    solve: (data) => (short ?? answer)(data),
  })
  return { ...spec, markov: true }
}

/** Success again, once for each part that test tasks fall into: a metric that is silent on the tasks of other parts. */
export function inParts<D>(spec: EnvSpec<D>, parts: readonly string[], partOf: (data: D) => string): EnvSpec<D> {
  const { success } = spec.rubric
  const term = (part: string) => ({
    weight: 0,
    score: (judged: Judged<D, Env>) =>
      partOf(judged.task.data) === part
        ? success.score(judged)
        : { value: null, why: `the task is not one of ${part}` },
  })
  return { ...spec, rubric: { ...spec.rubric, ...Object.fromEntries(parts.map((part) => [part, term(part)])) } }
}
