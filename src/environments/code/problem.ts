/** Programming problems with tests that the agent never sees; a world of them, with one answer or with repair. */

import type { EnvSpec, Judged, Random, Split, Task, Verdict } from '../../core/index.ts'
import { type HiddenTests, testsPass } from '../../rewards/index.ts'
import { pythonBlock } from '../kit/answer-form.ts'
import { codeEnv } from '../kit/code-env.ts'
import { questionEnv } from '../kit/question-env.ts'

export interface Problem {
  /** File and line: whoever has to mend the problem looks there. */
  readonly where: string
  readonly question: string
  /** Stands before the agent's code when that is run. */
  readonly before: string
  /** What of the agent's is called. */
  readonly names: HiddenTests['names']
  readonly tests: string
  readonly context: string
  /** Python that, run after the program, fails where an example that the question shows does. */
  readonly examples: string
  /** The key: a program, as the agent would give it. */
  readonly solution: string
}

export interface ProblemsOptions {
  /** Answers are tried on the examples in the question and may be mended, up to five of them. */
  readonly repair: boolean
}

const ANSWERS = 5

/** Without repair the first message is the answer, and nothing is run before it is judged. */
export function problemsEnv(
  id: string,
  tasks: Readonly<Record<Split, readonly Task<Problem>[]>>,
  { repair }: ProblemsOptions,
): EnvSpec<Problem> {
  const world = {
    tasks: (split: Split) => tasks[split],
    ask: ({ question }: Problem) => question,
    score,
    guess: constantFunction,
  }
  if (!repair)
    return questionEnv({ ...world, id: `${id}@1`, form: pythonBlock, solve: ({ solution }: Problem) => solution })
  return codeEnv({
    ...world,
    id: `${id}:repair@1`,
    answer: 'program',
    solve: ({ solution }: Problem) => ({ answer: solution }),
    review: { answers: ANSWERS, code: (answer, { before, examples }) => `${before}\n${answer}\n${examples}` },
  })
}

type Judging = Pick<Judged<Problem, never>, 'task' | 'sandbox'>

async function score(answer: string, { task, sandbox }: Judging): Promise<Verdict> {
  const { where, before, names, tests, context } = task.data
  const guarded: Judging['sandbox'] = (spec) => sandbox({ isolation: 'namespace', ...spec })
  const program = { code: `${before}\n${answer}`, names, tests, context }
  return testsPass(guarded, program).catch((cause: Error) => {
    throw new Error(`${where}: ${cause.message}`, { cause })
  })
}

/** Says the same whatever it is asked. */
function constantFunction({ names }: Problem, random: Random): string {
  const value = random.pick(['None', 'True', 'False', '0', '1', '-1', "''", '[]', '[0]', '()', '{}', 'given[0]'])
  return names.map((name) => `def ${name}(*given):\n    return ${value}\n`).join('\n')
}

/** The words behind the colon of `humaneval` and `mbpp`. Throws a sentence on another. */
export function problemWords(text = ''): ProblemsOptions & { readonly skipBroken: boolean } {
  const words = text.split(',').filter(Boolean)
  const unknown = words.find((word) => word !== 'repair' && word !== 'skip-broken')
  if (unknown !== undefined) throw new Error(`programming problems can be 'repair' and 'skip-broken', not '${unknown}'`)
  return { repair: words.includes('repair'), skipBroken: words.includes('skip-broken') }
}
