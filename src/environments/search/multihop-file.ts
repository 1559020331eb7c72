/**
 * The public multi-hop sets in the form that Collab-RAG gathered them in (Xu et al. 2025): searched are the passages of
 * all questions of a set together. Bamboogle and StrategyQA come without passages: there is nothing but to answer.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type Env, type EnvSpec, random, type Split, type Task } from '../../core/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { questionEnv } from '../kit/question-env.ts'
import { splitByName } from '../kit/split.ts'
import { linesOf, type Row, readTaskLines } from '../kit/task-file.ts'
import { zipEntry } from '../kit/zip-entry.ts'
import { type Corpus, corpusOf, type Passage } from './corpus.ts'
import { type Asked, allOf, answerF1, FORM, RULES } from './multihop.ts'
import { searchEnv } from './search-env.ts'

export const MULTIHOP_SETS = ['hotpotqa', '2wikimultihopqa', 'musique', 'bamboogle', 'strategyqa'] as const
export type MultihopSet = (typeof MULTIHOP_SETS)[number]

const RECORD = z.object({
  question_text: z.string().min(1),
  answers_objects: z.array(z.object({ spans: z.array(z.union([z.string(), z.boolean()])).min(1) })).min(1),
  contexts: z
    .array(z.object({ title: z.string(), paragraph_text: z.string(), is_supporting: z.boolean() }))
    .default([]),
})
type Record = z.infer<typeof RECORD>

export interface PooledQuestions {
  readonly questions: readonly Asked[]
  /** Every passage of every question, each once; null where the set comes without. */
  readonly corpus: Corpus | null
}

/** Reads `datasets.zip`, or `<set>/test.jsonl` where that was unpacked. Throws a sentence where there is neither. */
export function readMultihop(folder: string, set: MultihopSet): PooledQuestions {
  const rows = readTaskLines(linesOf(`${set}/test.jsonl`, contentOf(folder, set)), {
    schema: RECORD,
    id: ({ question_text, contexts }) => `${question_text} ${contexts.map(({ title }) => title).join()}`,
  })
  const pool = new Map<string, Passage>()
  for (const { title, paragraph_text: text } of rows.flatMap(({ value }) => value.contexts)) {
    const key = keyOf(title, text)
    if (!pool.has(key)) pool.set(key, { id: `p${pool.size + 1}`, title, text })
  }
  return {
    questions: rows.map((row) => asked(row, pool)),
    corpus: pool.size > 0 ? corpusOf([...pool.values()]) : null,
  }
}

const keyOf = (title: string, text: string): string => JSON.stringify([title, text])

function asked({ value }: Row<Record>, pool: ReadonlyMap<string, Passage>): Asked {
  const supporting = value.contexts.filter((passage) => passage.is_supporting)
  const ids = supporting.map(({ title, paragraph_text }) => pool.get(keyOf(title, paragraph_text))!.id)
  const spans = value.answers_objects.flatMap((answer) => answer.spans)
  return { question: value.question_text, answers: [[...new Set(spans.map(spelt))]], supports: [...new Set(ids)] }
}

const spelt = (span: string | boolean): string => (typeof span === 'string' ? span : span ? 'yes' : 'no')

function contentOf(folder: string, set: MultihopSet): string {
  const [archive, file] = [join(folder, 'datasets.zip'), join(folder, set, 'test.jsonl')]
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const found = existsSync(archive) ? zipEntry(archive, `datasets/${set}/test.jsonl`) : undefined
  if (!found) throw new Error(`'${folder}' holds neither ${set}/test.jsonl nor a datasets.zip with it`)
  return found.toString('utf8')
}

export function multihopFile(folder: string, argument?: string): EnvSpec<Asked, Env> {
  const set = setOf(argument)
  const { questions, corpus } = readMultihop(folder, set)
  const all = random(1).shuffle(questions.map((data, place) => ({ id: `${set}-${place + 1}`, data })))
  const tasks = (split: Split): Task<Asked>[] =>
    all.filter(({ data }) => splitByName('multihop-file', data.question) === split)
  return corpus ? overPassages(set, tasks, corpus) : byHeart(set, tasks)
}

type Tasks = (split: Split) => Task<Asked>[]

function overPassages(set: MultihopSet, tasks: Tasks, corpus: Corpus): EnvSpec<Asked, Env> {
  return searchEnv<Asked>({
    id: `multihop-file:${set}@1`,
    tasks,
    instructions: RULES,
    form: FORM,
    ask: ({ question }) => question,
    corpus: () => corpus,
    score: (answer, { answers }) => allOf(answer, answers),
    figures: { f1: (answer, { answers }) => answerF1(answer, answers) },
    supports: ({ supports }) => supports,
    find: ({ supports }) => supports.map((id) => ({ name: 'open', arguments: { id } })),
    solve: ({ answers }) => answers[0]![0]!,
    guess: (_, random) => random.pick(corpus.passages).title,
  }) as EnvSpec<Asked, Env>
}

function byHeart(set: MultihopSet, tasks: Tasks): EnvSpec<Asked, Env> {
  const all = [...tasks('train'), ...tasks('test')]
  return questionEnv<Asked>({
    id: `multihop-file:${set}@1`,
    tasks,
    form: afterAnswer,
    ask: ({ question }) => question,
    score: (answer, { task }) => allOf(answer, task.data.answers),
    rewards: {
      f1: {
        weight: 0,
        score: ({ env, task }) => (env.answer === null ? 0 : answerF1(env.answer, task.data.answers)),
      },
    },
    solve: ({ answers }) => answers[0]![0]!,
    guess: (_, random) => random.pick(all).data.answers[0]![0]!,
  }) as EnvSpec<Asked, Env>
}

function setOf(text: string = MULTIHOP_SETS[0]): MultihopSet {
  const found = MULTIHOP_SETS.find((set) => set === text)
  if (!found) throw new Error(`there is no multi-hop set '${text}': there are ${MULTIHOP_SETS.join(', ')}`)
  return found
}
