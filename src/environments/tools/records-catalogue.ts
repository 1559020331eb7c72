/** Worlds of files, messages and databases. */
import type { Catalogued } from '../catalogued.ts'
import { files } from './files.ts'
import { sql } from './sql.ts'
import { sqlFile } from './sql-file.ts'

export const recordsCatalogue: Readonly<Record<string, Catalogued>> = {
  files: {
    area: 'tools',
    isolation: 'none',
    about: 'an office of files and messages: look things up, write, move and send, judged by what is there then',
    source: 'Ludus, Apache-2.0',
    argument: '',
    open: () => files(),
  },
  sql: {
    area: 'tools',
    isolation: 'none',
    about: "a warehouse's database to query and to change by SQL, judged by the answer and by what it holds then",
    source: 'Ludus, Apache-2.0',
    argument: '',
    open: () => sql(),
  },
  'sql-file': {
    area: 'tools',
    isolation: 'none',
    about: "AgentBench's database tasks in SQLite: one table each, judged by the label",
    source: 'AgentBench, Apache-2.0',
    argument: '',
    data: "AgentBench's dbbench tasks: dev.jsonl, or files of its shape",
    open: (_, data) => sqlFile(`${data}`),
  },
}
