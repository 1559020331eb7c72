/**
 * MBPP (Austin et al. 2021, CC-BY-4.0), and task files of its shape: a function to write, judged by assertions. The
 * first assertion is shown, because it alone says the function's name; the paper shows all of them.
 */
import { z } from 'zod'
import type { EnvSpec, Split } from '../../core/index.ts'
import { readTaskFiles } from '../kit/task-file.ts'
import { type Problem, problemsEnv, problemWords } from './problem.ts'

const code = z.array(z.string())
const schema = z
  .object({
    task_id: z.union([z.number().int(), z.string().min(1)]),
    text: z.string().optional(),
    prompt: z.string().optional(),
    code: z.string(),
    test_list: code.nonempty(),
    test_setup_code: z.string().default(''),
    test_imports: code.default([]),
    challenge_test_list: code.default([]),
  })
  .refine(({ text, prompt }) => text !== undefined || prompt !== undefined, {
    path: ['text'],
    message: "neither 'text' nor 'prompt' says what to do",
  })
  .refine((row) => namesIn(row).length > 0, { path: ['code'], message: 'it defines no function that the tests call' })
  .refine((row) => classIn(row) === undefined, {
    path: ['test_list'],
    error: ({ input }) => `the tests need the class '${classIn(input as Row)}' of the key, which no answer can know`,
  })

interface Row {
  readonly code: string
  readonly test_list: readonly string[]
  readonly challenge_test_list: readonly string[]
  readonly test_setup_code: string
}

/** Throws a sentence on a folder that is none, and on a line that is wrong. */
export function mbpp(folder: string, argument?: string): EnvSpec<Problem> {
  const { skipBroken, repair } = problemWords(argument)
  const rows = readTaskFiles(folder, { schema, id: ({ task_id }) => `mbpp/${task_id}`, skipBroken })
  const tasks = (split: Split) =>
    rows.flatMap(({ where, value }) =>
      splitOf(value.task_id) === split ? [{ id: `mbpp/${value.task_id}`, data: problem(where, value) }] : [],
    )
  return problemsEnv('mbpp', { train: tasks('train'), test: tasks('test') }, { repair })
}

/** The paper's division: 11 to 510 for testing, the others of its 974 not. A number or name of your own is a test. */
function splitOf(id: number | string): Split {
  const number = Number(id)
  return number >= 1 && number <= 974 && !(number >= 11 && number <= 510) ? 'train' : 'test'
}

function problem(where: string, row: z.infer<typeof schema>): Problem {
  const { text, prompt, code, test_list, test_setup_code, test_imports, challenge_test_list } = row
  const context = [...test_imports, test_setup_code].join('\n')
  return {
    where: `${where}, field 'test_list'`,
    question: `${text ?? prompt}\n\nIt has to pass tests like this one:\n${test_list[0]}`,
    before: '',
    names: namesIn(row),
    tests: [...test_list, ...challenge_test_list].join('\n'),
    context,
    examples: `${context}\n${test_list[0]}`,
    solution: code,
  }
}

const testsOf = ({ test_list, challenge_test_list, test_setup_code }: Row): string =>
  [...test_list, ...challenge_test_list, test_setup_code].join('\n')

const calledIn = (tests: string, name: string | undefined): boolean => new RegExp(`\\b${name}\\b`).test(tests)

/** The functions of the key that the tests call. */
function namesIn(row: Row): string[] {
  const defined = [...row.code.matchAll(/^(?:async )?def (\w+)|^(\w+) *= *lambda\b/gm)].map(
    ([, name, value]) => `${name ?? value}`,
  )
  return [...new Set(defined)].filter((name) => calledIn(testsOf(row), name))
}

function classIn(row: Row): string | undefined {
  const defined = [...row.code.matchAll(/^class (\w+)/gm)].map(([, name]) => name)
  return defined.find((name) => calledIn(testsOf(row), name))
}
