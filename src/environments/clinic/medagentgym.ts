/**
 * `medagentgym:<task set>`: the original's own task files (Xu et al. 2025), from a folder of the user's, with verifiers
 * that hold both limits, compare sets whole, and judge programs in a sandbox that no agent has seen.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { EnvSpec, Split, Task } from '../../core/index.ts'
import { type Row, readTaskFiles } from '../kit/task-file.ts'
import { biocoder, biocoderSchema } from './biocoder.ts'
import { ehr, ehrSchema } from './ehr.ts'
import { type Form, type Play, play, playOf } from './forms.ts'
import { medcalcScore, npoweraiScore } from './medagentgym-scores.ts'

const text = z.string().min(1)
const number = z.union([z.number(), z.string()])

const medcalcSchema = z.object({
  'Calculator Name': text,
  'Patient Note': text,
  Question: text,
  'Ground Truth Answer': number,
  'Lower Limit': number,
  'Upper Limit': number,
})

const npoweraiSchema = z.object({
  task_type: text,
  estimate_target: z.enum(['size', 'power']),
  question: text,
  answer: z.union([z.number(), z.array(z.number()).length(1)]),
})

/** What is to be read, and how it is played. */
interface Opening extends Play {
  readonly folder: string
  readonly skipBroken: boolean
}

const sets: Readonly<Record<string, { readonly folder: string; open(opening: Opening): EnvSpec }>> = {
  medcalc: { folder: 'medcalcbench', open: medcalc },
  npowerai: { folder: 'npowerai', open: npowerai },
  biocoder: {
    folder: 'biocoder',
    open: ({ checker = false, ...opening }) => biocoder(tasksIn(opening, 'biocoder', biocoderSchema), checker),
  },
  ...Object.fromEntries(
    ['eicu', 'mimic_iii', 'treqs'].map((name) => [
      name,
      { folder: name, open: (opening: Opening) => ehr(name, tasksIn(opening, name, ehrSchema), opening) },
    ]),
  ),
}

export const MEDAGENTGYM_SETS = Object.keys(sets)

/** `medcalc`, or `medcalc,codeact`, `medcalc,skip-broken`. Throws a sentence on other words, and on files that are wrong. */
export function medagentgym(data: string, argument = ''): EnvSpec {
  const [name = '', ...words] = argument.split(',')
  const set = Object.hasOwn(sets, name) ? sets[name] : undefined
  if (!set)
    throw new Error(
      `medagentgym is one of ${MEDAGENTGYM_SETS.map((one) => `medagentgym:${one}`).join(', ')}, not '${name}'`,
    )
  const rest = words.filter((word) => word !== 'skip-broken')
  const forms: Form[] = name === 'biocoder' ? [] : ['codeact']
  const how = playOf(rest.length > 0 ? rest.join(',') : undefined, forms)
  if (!existsSync(data) || !statSync(data).isDirectory()) throw new Error(`there is no folder '${data}'`)
  const own = join(data, set.folder)
  const folder = existsSync(own) ? own : data
  return set.open({ ...how, folder, skipBroken: words.includes('skip-broken') })
}

export type Tasks<T> = (split: Split) => readonly Task<T>[]

/** All of both splits, read at once: 'train_tasks….jsonl' to learn from, 'test_tasks' and 'valid_tasks' for testing. */
function tasksIn<T extends object>({ folder, skipBroken }: Opening, set: string, schema: z.ZodType<T>): Tasks<T> {
  let line = 0
  const files = /^(train|test|valid)_tasks/
  if (!readdirSync(folder).some((name) => files.test(name)))
    throw new Error(
      `the folder '${folder}' holds no tasks of ${set}: no train_tasks.jsonl, test_tasks.jsonl or valid_tasks.jsonl`,
    )
  // Task ids of the originals repeat: where a task stands names it.
  const rows = readTaskFiles(folder, { schema, id: () => `${line++}`, files, skipBroken })
  const named = ({ where, value }: Row<T>): Task<T> => ({
    id: where.replace(/\.jsonl(\.gz)?, line /, '/'),
    data: value,
  })
  const train = rows.filter(({ where }) => where.startsWith('train')).map(named)
  const test = rows.filter(({ where }) => !where.startsWith('train')).map(named)
  return (split) => (split === 'train' ? train : test)
}

const ACTIONS = ['validate_code', 'debug', 'terminal'] as const

function medcalc({ form, checker = false, ...opening }: Opening): EnvSpec {
  type Record = z.infer<typeof medcalcSchema>
  return play<Record>(
    {
      id: 'medagentgym:medcalc',
      tasks: tasksIn({ form, ...opening }, 'medcalc', medcalcSchema),
      instructions:
        'You work in a hospital and calculate values of patients: find in the note what matters, and write Python that calculates the value.',
      ask: (record) => `${record['Patient Note']}\n${record.Question}`,
      actions: ACTIONS,
      score: (answer, record) =>
        medcalcScore(answer, {
          gold: `${record['Ground Truth Answer']}`,
          low: Number(record['Lower Limit']),
          high: Number(record['Upper Limit']),
        }),
      program: (record) => `answer = ${JSON.stringify(`${record['Ground Truth Answer']}`)}`,
      answer: (record) => `${record['Ground Truth Answer']}`,
      guess: (_, random) => (10 ** (3 * random.next())).toPrecision(3),
    },
    { form, checker },
  )
}

function npowerai({ form, checker = false, ...opening }: Opening): EnvSpec {
  type Record = z.infer<typeof npoweraiSchema>
  const gold = ({ answer }: Record): number => (typeof answer === 'number' ? answer : answer[0]!)
  return play<Record>(
    {
      id: 'medagentgym:npowerai',
      tasks: tasksIn({ form, ...opening }, 'npowerai', npoweraiSchema),
      instructions:
        'You are a statistician in medical research: find the smallest sample that has a power, or the power of a sample. Write Python that calculates it.',
      ask: ({ question }) => question,
      actions: ACTIONS,
      score: (answer, record) => npoweraiScore(answer, { target: record.estimate_target, gold: gold(record) }),
      program: (record) => `answer = ${gold(record)}`,
      answer: (record) => `${gold(record)}`,
      guess: ({ estimate_target }, random) =>
        estimate_target === 'size' ? `${1 + random.int(400)}` : random.next().toFixed(3),
    },
    { form, checker },
  )
}
