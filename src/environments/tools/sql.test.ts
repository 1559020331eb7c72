import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  checkEnv,
  type EnvSpec,
  type Host,
  type Json,
  rollout,
  successOf,
  type Task,
  textOf,
} from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { openEnvironment } from '../index.ts'
import { type Deed, message } from '../kit/tool-env.ts'
import { sql, type WarehouseTask } from './sql.ts'
import { answering, replay, type SqlEnv, statement } from './sql-env.ts'
import { runSql } from './sql-runner.ts'
import { contentsOf, type Tables } from './tables.ts'
import { fillWarehouse, tablesOf } from './warehouse.ts'

const spec = sql()
const tasks = [
  ...(spec.tasks('train') as Iterable<Task<WarehouseTask>>),
  ...(spec.tasks('test') as Iterable<Task<WarehouseTask>>),
]
const host = { seed: 0, signal: new AbortController().signal } as Host
const folder = mkdtempSync(join(tmpdir(), 'ludus-sql-'))
afterAll(() => rmSync(folder, { recursive: true }))

const small = (): Tables => [
  {
    name: 't',
    columns: [
      ['a', 'INTEGER PRIMARY KEY'],
      ['b', 'TEXT'],
    ],
    rows: [
      [1, 'x'],
      [2, 'y'],
    ],
  },
]
const errorOf = async (sql: string): Promise<string> => {
  const answered = await runSql({ tables: small(), sql })
  return 'error' in answered ? answered.error : `none: ${JSON.stringify(answered)}`
}

async function scored<D>(world: EnvSpec<D, SqlEnv>, task: Task<D>, deeds: readonly Deed[]): Promise<number | null> {
  const agent = {
    id: 'deeds',
    play: async (episode: { step(action: ReturnType<typeof message>): Promise<unknown>; readonly done: boolean }) => {
      for (const [i, deed] of deeds.entries()) if (!episode.done) await episode.step(message(deed, i))
    },
  }
  for await (const { trajectories } of rollout(world, agent, [task], { model: scriptedModel([]) }))
    return successOf(trajectories[0]!)
  return null
}

describe('runSql', () => {
  it('finds and changes rows', async () => {
    const found = await runSql({ tables: small(), sql: 'SELECT a, upper(b) AS big, NULL FROM t' })
    expect(found).toEqual({
      columns: ['a', 'big', 'NULL'],
      rows: [
        ['1', 'X', 'NULL'],
        ['2', 'Y', 'NULL'],
      ],
      more: false,
      changes: 0,
    })
    const changed = await runSql({ tables: small(), sql: "INSERT INTO t VALUES (3, 'z'), (9007199254740991, NULL)" })
    expect(changed).toMatchObject({
      changes: 2,
      tables: [
        {
          rows: [
            [1, 'x'],
            [2, 'y'],
            [3, 'z'],
            [9007199254740991, null],
          ],
        },
      ],
    })
    expect(await runSql({ tables: small(), sql: 'DELETE FROM t RETURNING a' })).toMatchObject({
      rows: [['1'], ['2']],
      tables: [{ rows: [] }],
    })
  })

  it('shows so much and no more', async () => {
    const { rows, more } = (await runSql({
      tables: small(),
      sql: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT printf('%.5000c', 'x') FROM n",
    })) as unknown as { rows: string[][]; more: boolean }
    expect([rows.length, rows[0]![0]!.length, more]).toEqual([50, 201, true])
  })

  const only = 'only SELECT, INSERT, UPDATE and DELETE'
  it.each([
    [`ATTACH '${join(folder, 'a.db')}' AS other`, only],
    [`VACUUM INTO '${join(folder, 'b.db')}'`, only],
    ["SELECT load_extension('libm.so')", "'load_extension' is not to be had"],
    ["SELECT readfile('/etc/passwd')", 'no such function'],
    [`SELECT writefile('${join(folder, 'c')}', 'x')`, 'no such function'],
    ['PRAGMA writable_schema = 1', only],
    ["SELECT * FROM pragma_table_info('t')", only],
    ['CREATE TABLE u (a)', only],
    ['CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END', only],
    ['CREATE VIRTUAL TABLE v USING fts5(a)', only],
    ['DROP TABLE t', only],
    ['ALTER TABLE t RENAME TO u', only],
    ['DELETE FROM sqlite_master', 'may not be modified'],
    ['BEGIN EXCLUSIVE', only],
    ['SELECT 1; DELETE FROM t', 'one statement at a time'],
    ["SELECT date('now')", "'date' is not to be had"],
    ['SELECT random()', "'random' is not to be had"],
    ["UPDATE t SET b = x'00'", 'can be stored: nothing was changed'],
    ['UPDATE t SET a = 9223372036854775807 WHERE a = 1', 'can be stored: nothing was changed'],
    ["SELECT replace(printf('%.90000c', 'a'), 'a', 'aaaaaaaaaa')", 'too big'],
    [
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9999) INSERT INTO t SELECT NULL, i FROM n',
      '5000 rows at most',
    ],
    ['', 'no statements'],
    ['SELEC', 'syntax error'],
  ])('refuses %s', async (sql, why) => expect(await errorOf(sql)).toContain(why))

  it('stops what does not end, and goes on', { timeout: 60_000 }, async () => {
    const endless = [
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n',
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, printf('%.90000c', 'x') AS s FROM n ORDER BY s, i",
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT count(*) FROM n a, n b, n c, n d',
    ]
    const answers = [...endless, 'SELECT a FROM t'].map((sql) => runSql({ tables: small(), sql }))
    let beats = 0
    const beat = setInterval(() => beats++, 20)
    const said = await Promise.all(answers)
    clearInterval(beat)
    for (const one of said.slice(0, -1))
      expect(one).toEqual({ error: expect.stringContaining('it took more than 2 s or') })
    expect(said.at(-1)).toMatchObject({ rows: [['1'], ['2']] })
    // Meanwhile others had their turns.
    expect(beats).toBeGreaterThan(20)
  })

  it('left no file behind', () => {
    for (const name of ['a.db', 'b.db', 'c']) expect(existsSync(join(folder, name))).toBe(false)
  })
})

describe('sql', () => {
  it('is certified', async () => {
    const { promises } = await checkEnv(spec)
    expect(promises.filter(({ verdict }) => verdict !== 'kept')).toEqual([])
  }, 60_000)

  it('has a ground truth that runs, and answers or changes what is asked for', async () => {
    for (const { data } of tasks.filter((_, i) => i % 5 === 0)) {
      const before = tablesOf(fillWarehouse(data.warehouse))
      if (data.answers === null) {
        expect(contentsOf(await replay(before, data.sql)), data.ask).not.toEqual(contentsOf(before))
        continue
      }
      const found = await runSql({ tables: before, sql: data.sql[0]! })
      expect('rows' in found && found.rows.flat().sort(), data.ask).toEqual([...data.answers].sort())
    }
  })

  it('wants the change and no other, and the answer and no change', async () => {
    const change = tasks.find(({ data }) => data.answers === null)!
    const question = tasks.find(({ data }) => data.answers !== null)!
    const spoil = statement("UPDATE customers SET name = 'Nobody' WHERE id = 1")
    const way = change.data.sql.map(statement)
    expect(await scored(spec, change, [...way, answering([])])).toBe(1)
    for (const other of [
      [...way, spoil, answering([])],
      [answering([])],
      way,
      [...way, ...way.map(() => spoil), answering(['x'])],
    ])
      expect(await scored(spec, change, other)).toBe(0)
    const { answers } = question.data
    expect(await scored(spec, question, [answering(answers!)])).toBe(1)
    for (const other of [
      [spoil, answering(answers!)],
      [answering([...answers!, 'x'])],
      [answering([])],
      [answering([''])],
    ])
      expect(await scored(spec, question, other)).toBe(0)
  })

  it('says what is wrong with a call, and a fork has a database of its own', async () => {
    const env = await spec.make(tasks[0]!, host)
    const before = env.state
    const wrong: [string, Json, RegExp][] = [
      ['sql', { sql: 7 }, /sql cannot take that: sql/],
      ['sql', { sql: 'x'.repeat(1e6) }, /sql: .*10000/],
      ['sql', { sql: 'DROP TABLE orders' }, /^Error: only SELECT/],
      ['sql', { sql: `SELECT ${'y'.repeat(9000)}` }, /^Error: no such column: y+…$/],
      ['finish', { answers: 'x' }, /answers/],
      ['sql', 'SELECT', /no JSON object/],
    ]
    for (const [name, given, says] of wrong) {
      const { observation, end, info } = await env.step(message({ name, arguments: given }, 0))
      expect([textOf(observation.messages[0]!), end, info]).toEqual([
        expect.stringMatching(says),
        undefined,
        { errors: 1 },
      ])
    }
    const fork = (await env.fork!()) as SqlEnv
    await fork.step(message(statement('DELETE FROM orders'), 0))
    expect([env.state === before, fork.state.tables[2]!.rows.length]).toEqual([true, 0])
  })
})

describe('sql-file', () => {
  const record = (over: object = {}): string =>
    JSON.stringify({
      description: 'Add a city.',
      type: ['INSERT'],
      label: ["INSERT INTO `my towns` (`#`, `Name of\ntown`) VALUES ('3', 'Bonn')"],
      table: {
        table_name: 'my towns',
        table_info: {
          columns: [
            { name: '#', type: 'INT' },
            { name: 'Name of\ntown', type: 'TEXT' },
          ],
          rows: [
            ['1', 'Ulm'],
            [2, 'Köln'],
          ],
        },
      },
      ...over,
    })

  it('reads tasks in the form of AgentBench, and leaves out what cannot be played', async () => {
    const lines = [
      record(),
      record({ description: 'Which number has ulm?', type: ['other'], label: ['1'] }),
      record({ description: 'Broken.', label: ['INSERT INTO nowhere VALUES (1)'] }),
      record({ description: 'Nothing.', type: ['UPDATE'], label: ['UPDATE `my towns` SET `#` = 5 WHERE `#` = 99'] }),
    ]
    writeFileSync(join(folder, 'dev.jsonl'), lines.join('\n'))
    const world = openEnvironment('sql-file', folder) as EnvSpec<never, SqlEnv>
    const all: Task<never>[] = []
    for (const split of ['train', 'test'] as const) for await (const task of world.tasks(split)) all.push(task)
    expect(all.map(({ id }) => id).sort()).toEqual(['dev.jsonl-1', 'dev.jsonl-2'])
    const [add, ask] = all.sort((a, b) => (a.id < b.id ? -1 : 1))
    const insert = "INSERT INTO `my towns` VALUES (3, 'Bonn')"
    expect(await scored(world, add!, [statement(insert), answering([])])).toBe(1)
    expect(await scored(world, add!, [statement(insert.replace('3', '4')), answering([])])).toBe(0)
    const found = await runSql({
      tables: [(ask!.data as { table: Tables[number] }).table],
      sql: "SELECT `#` FROM `my towns` WHERE `Name of\ntown` = 'ULM'",
    })
    expect(found).toMatchObject({ rows: [['1']] })
    expect(await scored(world, ask!, [answering(['1.0'])])).toBe(1)
    expect(await scored(world, ask!, [answering(['2'])])).toBe(0)
  })

  it('says what is wrong with a file', () => {
    writeFileSync(join(folder, 'dev.jsonl'), record({ label: [] }))
    expect(() => openEnvironment('sql-file', folder)).toThrow("dev.jsonl, line 1: the field 'label' is wrong")
  })
})

const bench = join(`${process.env['LUDUS_DATA']}`, 'agentbench-db')
describe.skipIf(!existsSync(bench))("AgentBench's 60 development tasks", () => {
  it('all run under SQLite, and the 40 changes change something', async () => {
    const { readTableTasks, unplayable } = await import('./sql-file.ts')
    const all = readTableTasks(bench)
    const why = await Promise.all(all.map(({ data }) => unplayable(data)))
    expect([all.length, all.filter(({ data }) => data.answers === null).length, why.filter(Boolean)]).toEqual([
      60,
      40,
      [],
    ])
  })
})
