/** MedAgentGym's questions about hospital databases, for those who hold the database beside the task files. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { EnvSpec, Split, Task } from '../../core/index.ts'
import { sameSet, valuesIn } from '../../rewards/index.ts'
import { type Play, play } from './forms.ts'
import { requestInfo } from './request-info.ts'

export const ehrSchema = z.object({
  template: z.string().min(1),
  answer: z.union([z.array(z.union([z.string(), z.number()])), z.string(), z.number()]),
})

type Record = z.infer<typeof ehrSchema>

const goldOf = ({ answer }: Record): (string | number)[] => (Array.isArray(answer) ? answer : [answer])

/**
 * The answer is a set and must be the same set; the original took any text that contained it. Throws a sentence where
 * the folder holds no sqlite database.
 */
export function ehr(
  set: string,
  tasks: (split: Split) => readonly Task<Record>[],
  { folder, form, checker = false }: Play & { readonly folder: string },
): EnvSpec<Record> {
  const name = readdirSync(folder).find((file) => /\.(db|sqlite)$/.test(file))
  if (!name)
    throw new Error(`the folder '${folder}' holds no sqlite database (.db): the questions of ${set} are about one`)
  const bytes = readFileSync(join(folder, name))
  let db: DatabaseSync | undefined
  const opened = (): DatabaseSync => {
    db ??= new DatabaseSync(join(folder, name), { readOnly: true })
    return db
  }
  return play<Record>(
    {
      id: `medagentgym:${set}`,
      tasks,
      instructions: `You answer questions about a hospital from its sqlite database '${name}' in the working folder, with Python's sqlite3. An answer is a list of values, or one value. Order does not matter; nothing may be missing or too much.`,
      ask: ({ template }) => template,
      actions: ['request_info', 'validate_code', 'debug', 'terminal'],
      answerIs: 'everything printed',
      score: (text, record) => sameSet(valuesIn(text), goldOf(record)),
      program: (record) => `answer = ${JSON.stringify(goldOf(record))}`,
      answer: (record) => JSON.stringify(goldOf(record)),
      guess: (_, random) => `${random.int(1000)}`,
      files: () => ({ [name]: bytes }),
      info: (request) => requestInfo(opened(), request),
      sandbox: { diskMb: 64 + Math.ceil((2 * bytes.length) / 2 ** 20) },
    },
    { form, checker },
  )
}
