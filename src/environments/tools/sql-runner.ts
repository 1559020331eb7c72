/**
 * Runs SQL that nobody has read, with a deadline that holds: in one process for all, which is killed where a statement
 * does not end, and started again for the next. Statements wait their turn.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answered, Asked } from './sql-guest.ts'
import type { Tables } from './tables.ts'

/** For one statement, and for the start of the process. */
const [STATEMENT_MS, START_MS] = [2000, 20_000]
/** After so long without a statement the process is ended. */
const IDLE_MS = 3000

const own = import.meta.url.endsWith('.ts') ? './sql-guest.ts' : './sql-guest.js'
const program = fileURLToPath(new URL(own, import.meta.url))

let guest: ChildProcess | undefined
let idle: NodeJS.Timeout | undefined
let turn: Promise<unknown> = Promise.resolve()

/** What is known already of the same tables: a statement says the same whenever it is asked. */
const known = new WeakMap<Tables, Map<string, Promise<Answered>>>()
const MOST_KNOWN = 16

/** What the statement says and leaves. One that takes more than two seconds is an error that says so. */
export function runSql({ tables, sql }: Asked): Promise<Answered> {
  const answers = known.get(tables) ?? new Map<string, Promise<Answered>>()
  known.set(tables, answers)
  const before = answers.get(sql)
  if (before) return before
  const answered = turn.then(() => ask({ tables, sql }))
  turn = answered.catch(() => answers.delete(sql))
  if (answers.size < MOST_KNOWN) answers.set(sql, answered)
  return answered
}

async function ask(asked: Asked): Promise<Answered> {
  clearTimeout(idle)
  if (!guest) {
    const child = await started()
    guest = child
    // Whatever ended it, the next statement has another.
    child.once('exit', () => {
      if (guest === child) guest = undefined
    })
  }
  const answered = await exchange(guest, asked, STATEMENT_MS).catch((): Answered => {
    end()
    return { error: `the statement was stopped: it took more than ${STATEMENT_MS / 1000} s or too much memory` }
  })
  idle = setTimeout(end, IDLE_MS)
  idle.unref()
  return answered
}

function end(): void {
  guest?.kill('SIGKILL')
  guest = undefined
}

/** Rejects where the process does not come up: that is no fault of a statement. */
async function started(): Promise<ChildProcess> {
  const child = fork(program, [], {
    execArgv: [
      '--permission',
      '--allow-worker',
      `--allow-fs-read=${dirname(program)}/*`,
      '--max-old-space-size=128',
      '--no-warnings',
    ],
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  child.on('error', () => {})
  try {
    await exchange(child, { tables: [], sql: 'SELECT 1' }, START_MS)
  } catch (cause) {
    child.kill('SIGKILL')
    throw new Error('the process that runs SQL does not start: it needs a Node of version 24.10 or later', { cause })
  }
  child.unref()
  child.channel?.unref()
  return child
}

/** A statement and its answer. While it is waited for, it keeps the program alive. */
function exchange(child: ChildProcess, asked: Asked, withinMs: number): Promise<Answered> {
  return new Promise<Answered>((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      child.off('message', hear).off('exit', fail)
      child.channel?.unref()
      act()
    }
    const hear = (answer: unknown): void => settle(() => resolve(answer as Answered))
    const fail = (): void => settle(() => reject(new Error('no answer')))
    const timer = setTimeout(fail, withinMs)
    child.channel?.ref()
    child.on('message', hear).on('exit', fail)
    child.send(asked, (error) => error && fail())
  })
}
