import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { readTaskFiles } from './task-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ludus-tasks-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const schema = z.object({ name: z.string(), tests: z.array(z.string()) })
const read = (skipBroken = false, path = folder) => readTaskFiles(path, { schema, id: ({ name }) => name, skipBroken })
const put = (name: string, ...lines: unknown[]): void =>
  writeFileSync(
    join(folder, name),
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  )
const task = (name: string) => ({ name, tests: ['assert True'] })

it('reads plain and gzipped files by name, and says where each task stands', () => {
  put('b.jsonl', task('one'), '', task('two'))
  writeFileSync(join(folder, 'a.jsonl.gz'), gzipSync(JSON.stringify(task('zero'))))
  put('notes.txt', 'not a task')
  expect(read().map(({ where, value }) => [where, value.name])).toEqual([
    ['a.jsonl.gz, line 1', 'zero'],
    ['b.jsonl, line 1', 'one'],
    ['b.jsonl, line 3', 'two'],
  ])
})

it('names file, line and field of what is wrong', () => {
  put('a.jsonl', task('one'), { name: 'two' })
  expect(() => read()).toThrow("a.jsonl, line 2: the field 'tests' is missing")
  put('a.jsonl', { name: 'two', tests: ['ok', 3] })
  expect(() => read()).toThrow(/a\.jsonl, line 1: the field 'tests\.1' is wrong: .*string/)
  put('a.jsonl', '{"name": ')
  expect(() => read()).toThrow('a.jsonl, line 1: this is no JSON')
  put('a.jsonl', 'null')
  expect(() => read()).toThrow('a.jsonl, line 1: Invalid input: expected object')
  put('a.jsonl', task('one'), task('one'))
  expect(() => read()).toThrow("a.jsonl, line 2: the task 'one' stands in a.jsonl, line 1 already")
  writeFileSync(join(folder, 'a.jsonl.gz'), 'plain')
  put('a.jsonl')
  expect(() => read()).toThrow('a.jsonl.gz is no gzip file')
})

it('leaves broken tasks out when asked to, with a warning for each', async () => {
  put('a.jsonl', task('one'), { name: 'two' }, task('three'))
  const warning = new Promise<Error>((resolve) => process.once('warning', resolve))
  expect(read(true).map(({ value }) => value.name)).toEqual(['one', 'three'])
  expect((await warning).message).toBe("a.jsonl, line 2: the field 'tests' is missing; this task is left out")
})

it('says what a folder is that is none', () => {
  expect(() => read()).toThrow('holds no task file')
  put('a.jsonl', task('one'))
  expect(() => read(false, join(folder, 'a.jsonl'))).toThrow('is a file: name the folder that it is in')
  expect(() => read(false, join(folder, 'nowhere'))).toThrow('there is no folder')
})
