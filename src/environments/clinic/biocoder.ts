/** BioCoder's tasks as MedAgentGym has them: a function that fits into a program, judged by what the program prints. */
import { z } from 'zod'
import type { EnvSpec, Judged, Split, Task } from '../../core/index.ts'
import { type MedAgentEnv, medAgentEnv } from './medagent-env.ts'

const HOLE = '<<insert solution here>>'

export const biocoderSchema = z.object({
  idx: z.string().min(1),
  problem: z.string().min(1),
  solution: z.string().min(1),
  context: z.string().includes(HOLE, `it has no '${HOLE}'`),
  signature: z.string(),
  code: z.string().min(1),
})

type Record = z.infer<typeof biocoderSchema>

const splice = (code: string, { context }: Record): string => context.replace(HOLE, () => code)

/** What is printed must be, to the letter, what the reference program prints in the same kind of sandbox. */
export function biocoder(tasks: (split: Split) => readonly Task<Record>[], checker: boolean): EnvSpec<Record> {
  return medAgentEnv<Record>({
    id: `medagentgym:biocoder${checker ? ',checker-in-the-loop' : ''}@1`,
    tasks,
    checker,
    instructions: 'You write bioinformatics code: the function alone, which takes its place in the program below.',
    ask: ({ problem, context, signature }) =>
      `${problem}\n\nThe program around it:\n${context}\n\nThe function: ${signature}`,
    actions: ['validate_code', 'debug', 'terminal'],
    program: splice,
    async score({ code }, judged) {
      const { data, id } = judged.task
      const expected = await printed(data.code, judged)
      if (expected === undefined)
        throw new Error(`the field 'code' of ${id} does not run in this sandbox: its libraries may be missing`)
      return (await printed(splice(code, data), judged)) === expected ? 1 : 0
    },
    solve: ({ solution }) => solution,
    guess: ({ signature }, random) => `${signature}:\n    return ${random.int(100)}\n`,
  })
}

/** What a program prints in a sandbox of its own; undefined where it does not get to its end. */
async function printed(
  code: string,
  judged: Pick<Judged<Record, MedAgentEnv>, 'sandbox'>,
): Promise<string | undefined> {
  await using sandbox = await judged.sandbox({ language: 'python', isolation: 'namespace' })
  const program = `exec(compile(${JSON.stringify(code)}, 'code.py', 'exec'), {'__name__': '__main__'})`
  const { stdout, exitCode } = await sandbox.exec(program)
  return exitCode === 0 ? stdout : undefined
}
