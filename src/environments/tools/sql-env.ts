/** What worlds of SQL share: a database to ask and to change, and answers that end the episode. */
import { z } from 'zod'
import type { EnvSpec, Json, Random, Verdict } from '../../core/index.ts'
import { sameSet } from '../../rewards/index.ts'
import { quoted } from '../kit/game-env.ts'
import { differenceOf } from '../kit/state.ts'
import { type AnyTools, type Deed, slowTool, type ToolEnv, ToolError, tool, toolEnv } from '../kit/tool-env.ts'
import { runSql } from './sql-runner.ts'
import { contentsOf, type Tables } from './tables.ts'

export interface Sql {
  readonly tables: Tables
  /** null until they were given. */
  readonly answers: readonly string[] | null
}

export type SqlEnv = ToolEnv<Sql>

export interface SqlTask {
  readonly ask: string
  /** The ground truth, a statement each. */
  readonly sql: readonly string[]
  /** What is asked for; null where the database is to be changed, and left as it is otherwise. */
  readonly answers: readonly string[] | null
}

export interface SqlWorld<D extends SqlTask> extends Pick<EnvSpec<D>, 'id' | 'tasks'> {
  tables(data: D): Tables
  guess(data: D, random: Random): Deed
}

const RULES = `You have an SQLite database. Each statement is shown its first rows; only SELECT, INSERT, UPDATE and DELETE \
are to be had, one statement at a time, and no functions of time or chance. Finish with what was asked for, a text for \
each value; with the one text 'none' where there is nothing, and with no text where the database was to be changed.`

export const statement = (sql: string): Deed => ({ name: 'sql', arguments: { sql } })
export const answering = (answers: readonly string[]): Deed => ({ name: 'finish', arguments: { answers } })

export function sqlEnv<D extends SqlTask>(world: SqlWorld<D>): EnvSpec<D, SqlEnv> {
  const starts = new WeakMap<D, Tables>()
  const tablesOf = (data: D): Tables => {
    const tables = starts.get(data) ?? world.tables(data)
    starts.set(data, tables)
    return tables
  }
  return toolEnv<Sql, D>({
    id: world.id,
    tasks: world.tasks,
    limits: { steps: 20 },
    instructions: RULES,
    ask: (data) => `${described(tablesOf(data))}\n\n${data.ask}`,
    tools: sqlTools,
    start: (data) => ({ tables: tablesOf(data), answers: null }),
    success: ({ state }, data) => judged(state, data, tablesOf(data)),
    solve: ({ sql, answers }) => [...sql.map(statement), answering(answers ?? [])],
    commit: (answer) => [answering([answer])],
    guess: world.guess,
    view: ({ state }) => state as unknown as Json,
  })
}

const sqlTools: AnyTools<Sql> = {
  sql: slowTool({
    about: 'Run one statement. A table of what it finds, or how many rows it changed.',
    input: z.object({ sql: z.string().max(10_000) }),
    async run(state: Sql, { sql }) {
      const answered = await runSql({ tables: state.tables, sql })
      if ('error' in answered) throw new ToolError(quoted(answered.error, 300))
      const { columns, rows, more, changes, tables } = answered
      const result = columns.length > 0 ? { columns, rows, ...(more && { more }) } : { changes }
      return { result, ...(tables && { state: { ...state, tables } }) }
    },
  }),
  finish: tool({
    about: 'Give the answers, or say that the change is made. This ends the task.',
    input: z.object({ answers: z.array(z.string().max(1000)).max(200) }),
    run: (state: Sql, { answers }) => ({ result: 'done', state: { ...state, answers }, end: true }),
  }),
}

/** The tables as they are told of, one on each line. */
const described = (tables: Tables): string =>
  tables
    .map(({ name, columns }) => `Table "${name}": ${columns.map(([column]) => `"${column}"`).join(', ')}`)
    .join('\n')

async function judged({ tables, answers }: Sql, data: SqlTask, start: Tables): Promise<Verdict> {
  if (answers === null) return { value: 0, why: 'not finished' }
  const gold = data.answers === null ? await replay(start, data.sql) : start
  const at = differenceOf(contentsOf(tables), contentsOf(gold))
  if (at !== undefined) return { value: 0, why: `the database is not as it should be at '${at}'` }
  if (data.answers === null) return 1
  return answers.some((answer) => answer.trim() === '') ? 0 : sameSet(answers, data.answers)
}

/** The tables after these statements. Throws a sentence where one fails. */
export async function replay(start: Tables, statements: readonly string[]): Promise<Tables> {
  let tables = start
  for (const sql of statements) {
    const answered = await runSql({ tables, sql })
    if ('error' in answered) throw new Error(`the ground truth '${quoted(sql, 200)}' fails: ${answered.error}`)
    tables = answered.tables ?? tables
  }
  return tables
}
