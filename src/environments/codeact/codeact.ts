/**
 * Tasks that take several calls of several tools, in one of three modes of acting, so that the modes can be compared
 * (CodeAct's M³ToolEval, Wang et al. 2024): 'code' runs Python in which the tools are functions, 'json' and 'text' call
 * one tool in each message. Tasks, tools, errors and the ten turns are the same.
 */
import {
  type AssistantMessage,
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  type Random,
  random,
  type Split,
  type StepResult,
  seedOf,
  system,
  type Task,
  user,
} from '../../core/index.ts'
import { exactMatch, nearNumber, valuesIn } from '../../rewards/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { replies } from '../kit/code-action.ts'
import { codeEnv } from '../kit/code-env.ts'
import { json, text } from './call-forms.ts'
import { caller, type Domain, domains, type Puzzle } from './puzzles.ts'
import { answer, described, type Result, specOf } from './tool.ts'

const forms = { json, text } as const
export const codeactModes = ['code', 'json', 'text'] as const
export type CodeactMode = (typeof codeactModes)[number]

/** The whole puzzle is drawn from these. */
export interface CodeactTask {
  readonly domain: Domain
  readonly number: number
}

export interface CodeactEnv extends Env {
  /** Every answer committed, in order; the last one counts. */
  readonly answers: readonly string[]
}

const TURNS = 10 // the paper's
const COUNT = { train: 400, test: 100 }
const INSTRUCTIONS = 'Solve the task with these tools. A list is answered as its items, with commas between them.'

/** `verbatim`, a metric, says what a comparison of the bare texts would have said. */
export function codeact(mode: CodeactMode = 'code'): EnvSpec<CodeactTask, CodeactEnv> {
  return mode === 'code' ? byCode() : byCalls(mode)
}

function byCode(): EnvSpec<CodeactTask, CodeactEnv> {
  return codeEnv<CodeactTask>({
    id: 'codeact@1',
    tasks,
    turns: TURNS,
    instructions: `${INSTRUCTIONS} They are functions in Python.`,
    ask,
    setup: (data) => ({
      code: puzzleOf(data)
        .tools.map(({ python }) => python)
        .join('\n'),
    }),
    score: (said, { task }) => agrees(said, goldOf(task.data)),
    solve: (data) => ({ code: [puzzleOf(data).code], answer: written(goldOf(data)) }),
    guess,
    rewards: { verbatim },
  })
}

function byCalls(mode: 'json' | 'text'): EnvSpec<CodeactTask, CodeactEnv> {
  const form = forms[mode]
  return defineEnv<CodeactTask, CodeactEnv>({
    id: `codeact:${mode}@1`,
    tasks,
    limits: { steps: TURNS },
    make: ({ data }) => live(mode, data),
    rubric: {
      success: {
        weight: 1,
        score: ({ env, task }) => (env.answers.length > 0 ? agrees(env.answers[0]!, goldOf(task.data)) : 0),
      },
      verbatim,
    },
    solve({ data }) {
      const { tools, solve } = puzzleOf(data)
      const made: AssistantMessage[] = []
      const gold = solve((name, ...given) => {
        made.push(form.write(tools.find((tool) => tool.name === name)!, given))
        return caller(tools)(name, ...given)
      })
      return [...made, assistant(afterAnswer.write(written(gold)))]
    },
    commit: (text) => [assistant(afterAnswer.write(text))],
    guess: ({ data }, rng) => assistant(afterAnswer.write(guess(data, rng))),
  })
}

function live(mode: 'json' | 'text', data: CodeactTask): CodeactEnv {
  const form = forms[mode]
  const rules = `${form.says} ${afterAnswer.says}`
  const { tools } = puzzleOf(data)
  const offered = mode === 'json' ? { tools: tools.map(specOf) } : {}
  const answers: string[] = []
  return {
    answers,
    reset: () => ({ messages: [system(`${INSTRUCTIONS} ${rules}`), user(ask(data))], ...offered }),
    step(action) {
      const { calls = [] } = action
      const see = (text: string): StepResult => ({
        observation: { messages: calls.length > 0 ? replies(calls, text) : [user(text)], ...offered },
      })
      const asked = form.read(action)
      if (asked) return see(answer(tools, asked))
      const said = afterAnswer.read(action.content)
      if (said === null) return see(`That is neither a call nor an answer. ${rules}`)
      answers.push(said)
      return { observation: { messages: [] }, end: 'terminated' }
    },
  }
}

const verbatim = {
  weight: 0,
  score: ({ env, task }: { readonly env: CodeactEnv; readonly task: Task<CodeactTask> }): number =>
    Number(env.answers.at(-1) === written(goldOf(task.data))),
}

function* tasks(split: Split): Generator<Task<CodeactTask>> {
  const names = Object.keys(domains) as Domain[]
  for (let i = 0; i < COUNT[split]; i++) {
    const domain = names[i % names.length]!
    const number = split === 'train' ? i : COUNT.train + i
    yield { id: `${domain}-${number}`, data: { domain, number } }
  }
}

const puzzleOf = ({ domain, number }: CodeactTask): Puzzle => domains[domain](random(seedOf('codeact', domain, number)))
const guess = (data: CodeactTask, rng: Random): string => written(rng.pick(puzzleOf(data).guesses))

function goldOf(data: CodeactTask): Result {
  const { solve, tools } = puzzleOf(data)
  return solve(caller(tools))
}

function ask(data: CodeactTask): string {
  const { question, tools } = puzzleOf(data)
  return `${question}\n\n${tools.map(described).join('\n')}`
}

/** An answer as the key gives it. */
const written = (gold: Result): string => (typeof gold === 'object' ? gold.join(', ') : `${gold}`)

/** 1 where a number is that number, a text that text after normalisation, and a list those items in their order. */
export function agrees(said: string, gold: Result): number {
  if (typeof gold === 'number') return nearNumber(said, { gold })
  if (typeof gold === 'string') return exactMatch(said, gold)
  const items = /^[[(]/.test(said.trim()) ? valuesIn(said) : said.split(',')
  return items.length === gold.length && gold.every((item, i) => exactMatch(`${items[i]}`, `${item}`) === 1) ? 1 : 0
}

/** Reads 'code', 'json' or 'text'. Throws a sentence on anything else. */
export function codeactMode(text = 'code'): CodeactMode {
  const mode = codeactModes.find((one) => one === text)
  if (!mode) throw new Error(`tools are played by ${codeactModes.join(', ')}, not by '${text}'`)
  return mode
}
