/**
 * AgentBench's database tasks (Liu et al. 2023), one table each, in SQLite. They were written for MySQL: its texts
 * compare without regard to case, and so do these; a change whose label does not run here, or changes nothing, is left
 * out. Its stored queries are no gold: the label is.
 */
import { z } from 'zod'
import type { EnvSpec, Random, Split, Task } from '../../core/index.ts'
import { splitByName } from '../kit/split.ts'
import { differenceOf } from '../kit/state.ts'
import { readTaskFiles } from '../kit/task-file.ts'
import type { Deed } from '../kit/tool-env.ts'
import { answering, replay, type SqlEnv, type SqlTask, sqlEnv, statement } from './sql-env.ts'
import { contentsOf, identifier, type Table } from './tables.ts'

const RECORD = z.object({
  description: z.string().min(1),
  type: z.array(z.string()).min(1),
  label: z.array(z.string()).min(1),
  table: z.object({
    table_name: z.string().min(1),
    table_info: z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string().regex(/^[a-z ()0-9,]+$/i) })).min(1),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
    }),
  }),
})
type Record = z.infer<typeof RECORD>

export interface TableTask extends SqlTask {
  readonly table: Table
}

/** The tasks of a folder's .jsonl files, by where they stand; those that do not run here among them. */
export function readTableTasks(folder: string): readonly Task<TableTask>[] {
  const rows = readTaskFiles(folder, {
    schema: RECORD,
    id: ({ description, table }) => `${description} ${table.table_name}`,
  })
  return rows.map(({ where, value }) => ({ id: where.replace(/, line /, '-'), data: taskOf(value) }))
}

function taskOf({ description, type, label, table: { table_name, table_info } }: Record): TableTask {
  const columns = table_info.columns.map(({ name, type }): [string, string] => [name, `${type} COLLATE NOCASE`])
  const table = { name: table_name, columns, rows: table_info.rows }
  const changes = type.some((one) => ['INSERT', 'UPDATE', 'DELETE'].includes(one))
  return { table, ask: description, sql: changes ? label : [], answers: changes ? null : label }
}

/** Why the ground truth cannot be played here; undefined where it can. */
export async function unplayable({ table, sql, answers }: TableTask): Promise<string | undefined> {
  try {
    const before = await replay([table], ['SELECT 1'])
    const after = await replay(before, sql)
    const changed = differenceOf(contentsOf(before), contentsOf(after)) !== undefined
    return answers === null && !changed ? 'the ground truth changes nothing' : undefined
  } catch (error) {
    return (error as Error).message
  }
}

export function sqlFile(folder: string): EnvSpec<TableTask, SqlEnv> {
  const all = readTableTasks(folder)
  return sqlEnv<TableTask>({
    id: 'sql-file@1',
    async *tasks(split: Split) {
      for (const task of all) {
        const wanted = splitByName('sql-file', task.id) === split
        if (wanted && (await unplayable(task.data)) === undefined) yield task
      }
    },
    tables: ({ table }) => [table],
    guess: randomDeed,
  })
}

function randomDeed({ table: { name, columns, rows } }: TableTask, rng: Random): Deed {
  const [column] = rng.pick(columns)
  const value = `${rng.pick(rng.pick(rows))}`
  return rng.pick([
    statement(`SELECT ${identifier(column)} FROM ${identifier(name)}`),
    statement(`UPDATE ${identifier(name)} SET ${identifier(column)} = '${value.replaceAll("'", "''")}'`),
    answering([value]),
    answering([]),
  ])
}
