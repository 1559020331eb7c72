/**
 * A world of code: the agent runs Python in a sandbox of its own, sees what it printed, and commits an answer, which
 * is a text or a program. What it ran decides nothing: the answer is judged on our side, or in a fresh sandbox.
 */
import {
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  type ExecResult,
  fenced,
  type Host,
  type Json,
  type Judged,
  type Observation,
  type Random,
  type RewardTerm,
  type Sandbox,
  type SandboxSpec,
  type StepResult,
  system,
  user,
  type Verdict,
} from '../../core/index.ts'
import { type AnswerForm, afterAnswer, submitBlock } from './answer-form.ts'
import { codeRules, codeTools, deedOf, replies, shown } from './code-action.ts'

export interface CodeEnv extends Env {
  /** Every answer committed, in order. The last one counts. */
  readonly answers: readonly string[]
  /** The last line that each execution printed: an answer, perhaps, and not a committed one. */
  readonly printed: readonly string[]
}

export interface CodeWorld<D> {
  readonly id: string
  readonly tasks: EnvSpec<D>['tasks']
  /** What is said before every task, the rules of acting aside. */
  readonly instructions?: string
  ask(data: D): string
  /** What an answer is: 'text', or a 'program', which the agent submits whole. 'text' unless given. */
  readonly answer?: 'text' | 'program'
  /** How right an answer is, from 0 to 1. Code of the agent's is run in `judged.sandbox` alone. */
  score(answer: string, judged: Judged<D, CodeEnv>): Verdict | Promise<Verdict>
  /** The key: what it runs, action by action, and its answer. */
  solve(data: D): { readonly code?: readonly string[]; readonly answer: string }
  /** An answer as somebody would give it who knows nothing but its kind. */
  guess?(data: D, random: Random): string
  /** What the sandbox holds before the agent's first code is run: files by path, and names that `code` defines. */
  setup?(data: D): { readonly files?: Readonly<Record<string, string | Uint8Array>>; readonly code?: string }
  /** Tries a committed answer where the agent may look on. */
  readonly review?: Review<D>
  /** Messages before the world is over, 10 unless given. */
  readonly turns?: number
  /** Beyond Python behind namespaces, with 8 KiB of output. */
  readonly sandbox?: Partial<SandboxSpec>
  /** Further terms of the rubric. */
  readonly rewards?: Readonly<Record<string, RewardTerm<D, CodeEnv>>>
}

export interface Review<D> {
  /** Code that fails where the answer does; what it prints then is shown, and another answer asked for. */
  code(answer: string, data: D): string
  /** How many answers may be committed. */
  readonly answers: number
}

/**
 * Success is what the committed answer is worth. `anyOfN` is the best of all that was committed or, where an answer
 * is a text, printed last by code: what a checker in the loop would have let pass, and no part of the return.
 */
export function codeEnv<D = Json>(world: CodeWorld<D>): EnvSpec<D, CodeEnv> {
  const { answer: kind = 'text', turns = 10, guess } = world
  const form = kind === 'text' ? afterAnswer : submitBlock
  const scored = remembering(world)
  return defineEnv<D, CodeEnv>({
    id: world.id,
    tasks: world.tasks,
    limits: { steps: turns },
    make: ({ data }, host) => live({ world, form, data, host }),
    rubric: {
      success: {
        weight: 1,
        score: (judged) => {
          const answer = judged.env.answers.at(-1)
          return answer === undefined ? { value: 0, why: 'no answer was committed' } : scored(answer, judged)
        },
      },
      anyOfN: {
        weight: 0,
        async score(judged) {
          const { answers, printed } = judged.env
          let best = 0
          for (const candidate of new Set([...answers, ...(kind === 'text' ? printed : [])])) {
            const verdict = await scored(candidate, judged)
            best = Math.max(best, typeof verdict === 'number' ? verdict : (verdict.value ?? 0))
          }
          return best
        },
      },
      ...world.rewards,
    },
    solve({ data }) {
      const { code = [], answer } = world.solve(data)
      const ran = code.map((text) => assistant(fenced('python', text)))
      const committed = Array.from({ length: world.review?.answers ?? 1 }, () => assistant(form.write(answer)))
      return [...ran, ...committed]
    },
    commit: (answer) => [assistant(form.write(answer))],
    ...(guess && { guess: ({ data }, random) => assistant(form.write(guess(data, random))) }),
  })
}

/** The scorer, asked once for each answer of an episode. */
function remembering<D>({ score }: CodeWorld<D>): CodeWorld<D>['score'] {
  const known = new WeakMap<CodeEnv, Map<string, Verdict>>()
  return async (answer, judged) => {
    const verdicts = known.get(judged.env) ?? new Map<string, Verdict>()
    known.set(judged.env, verdicts)
    const verdict = verdicts.get(answer) ?? (await score(answer, judged))
    verdicts.set(answer, verdict)
    return verdict
  }
}

interface Setting<D> {
  readonly world: CodeWorld<D>
  readonly form: AnswerForm
  readonly data: D
  readonly host: Host
}

/** What an episode has come to. */
interface Past {
  readonly sandbox?: Sandbox | undefined
  readonly answers: readonly string[]
  readonly printed: readonly string[]
}

function live<D>(setting: Setting<D>, past: Past = { answers: [], printed: [] }): CodeEnv {
  const { world, form, data, host } = setting
  const { review, instructions, ask } = world
  const [answers, printed] = [[...past.answers], [...past.printed]]
  let { sandbox } = past

  /** The sandbox is opened when it is first needed: who only talks needs none. */
  const run = async (code: string): Promise<ExecResult> => {
    sandbox ??= await furnished(setting)
    return sandbox.exec(code, { signal: host.signal })
  }
  const execute = async (code: string): Promise<string> => {
    const result = await run(code)
    const last = result.stdout.trim().split('\n').at(-1)
    if (last) printed.push(last)
    return shown(result)
  }
  /** What the review says; undefined where the answer is final. */
  const commit = async (answer: string): Promise<string | undefined> => {
    answers.push(answer)
    const left = (review?.answers ?? 1) - answers.length
    if (!review || left <= 0) return undefined
    const result = await run(review.code(answer, data))
    if (result.exitCode === 0) return undefined
    return `${shown(result)}\nThat does not hold yet. You may answer again (${left} more).`
  }

  return {
    answers,
    printed,
    reset: () => ({
      messages: [system([instructions, codeRules(form)].filter(Boolean).join('\n')), user(ask(data))],
      tools: codeTools,
    }),
    async step(action): Promise<StepResult> {
      const deed = deedOf(action, form)
      const { calls = [] } = action
      const see = (text: string): Observation => ({
        messages: calls.length > 0 ? replies(calls, text) : [user(text)],
        tools: codeTools,
      })
      if (deed.kind === 'nothing') return { observation: see(deed.why) }
      if (deed.kind === 'execute') return { observation: see(await execute(deed.code)) }
      const objection = await commit(deed.answer)
      if (objection !== undefined) return { observation: see(objection) }
      return { observation: { messages: calls.length > 0 ? replies(calls, 'Committed.') : [] }, end: 'terminated' }
    },
    async fork() {
      if (sandbox && !sandbox.fork) throw new Error(`a sandbox of ${sandbox.about.interpreter} cannot be forked`)
      return live(setting, { sandbox: await sandbox?.fork?.(), answers, printed })
    },
    async close() {
      await sandbox?.[Symbol.asyncDispose]()
    },
  }
}

/** A sandbox as the agent finds it. Throws where what it should hold cannot be put there: that is the world's fault. */
async function furnished<D>({ world, data, host }: Setting<D>): Promise<Sandbox> {
  const sandbox = await host.sandbox({
    language: 'python',
    isolation: 'namespace',
    outputBytes: 8192,
    ...world.sandbox,
  })
  const { files = {}, code } = world.setup?.(data) ?? {}
  for (const [path, content] of Object.entries(files)) await sandbox.write(path, content)
  if (code === undefined) return sandbox
  const result = await sandbox.exec(code, { signal: host.signal })
  if (result.exitCode !== 0) throw new Error(`the setup of ${world.id} failed: ${shown(result)}`)
  return sandbox
}
