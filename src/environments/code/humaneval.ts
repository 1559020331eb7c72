/**
 * HumanEval (Chen et al. 2021, MIT), and task files of its shape: a function's head and documentation to complete,
 * judged by hidden tests. All of it is for testing. The agent gives the whole function, or its body alone.
 */
import { z } from 'zod'
import { type EnvSpec, fenced } from '../../core/index.ts'
import { readTaskFiles } from '../kit/task-file.ts'
import { type Problem, problemsEnv, problemWords } from './problem.ts'

const schema = z.object({
  task_id: z.string().min(1),
  prompt: z.string(),
  entry_point: z.string().regex(/^[A-Za-z_]\w*$/, 'a Python name is expected'),
  canonical_solution: z.string(),
  test: z.string().regex(/\bdef check\(/, "it defines no 'check'"),
})

/** Throws a sentence on a folder that is none, and on a line that is wrong. */
export function humaneval(folder: string, argument?: string): EnvSpec<Problem> {
  const { skipBroken, repair } = problemWords(argument)
  const rows = readTaskFiles(folder, { schema, id: ({ task_id }) => task_id, skipBroken })
  const test = rows.map(({ where, value }) => ({ id: value.task_id, data: problem(where, value) }))
  return problemsEnv('humaneval', { train: [], test }, { repair })
}

function problem(where: string, row: z.infer<typeof schema>): Problem {
  const { prompt, entry_point: name, canonical_solution, test } = row
  return {
    where: `${where}, field 'test'`,
    question: `Complete this Python function.\n\n${fenced('python', prompt)}`,
    // The agent's code follows: a whole function takes the place of this one, a body continues it.
    before: prompt,
    names: [name],
    tests: `${test}\ncheck(${name})\n`,
    // Some tests call helpers that the prompt defines.
    context: prompt,
    examples: doctests(prompt),
    solution: `${prompt}${canonical_solution}`,
  }
}

/** Runs the `>>>` examples of the prompt's own functions; those that cannot be read are passed over. */
const doctests = (prompt: string): string => `
def __examples__(text):
    import ast, doctest
    runner = doctest.DocTestRunner(verbose=False)
    for node in ast.walk(ast.parse(text)):
        try:
            shown = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
            test = doctest.DocTestParser().get_doctest(shown or '', globals(), 'the examples', None, 0)
        except ValueError:
            continue
        runner.run(test)
    if runner.failures:
        raise SystemExit(1)
__examples__(${JSON.stringify(prompt)})
`
