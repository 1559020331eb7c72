/** A trajectory's row: what can be asked of it without its body, and how sqlite holds that. */
import type { SQLInputValue } from 'node:sqlite'
import { callsOf, type Failure, type Reward, returnOf, successOf, type Trajectory } from '../core/index.ts'

/** What can be had without reading the body. */
export interface Row {
  readonly id: string
  readonly batch: string
  readonly env: string
  readonly task: string
  readonly attempt: number
  readonly agent: string
  readonly outcome: Trajectory['outcome']['kind']
  readonly stop: Trajectory['stop']
  /** null where the outcome has no score. */
  readonly return: number | null
  readonly success: number | null
  readonly steps: number
  readonly calls: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly costUsd: number | null
  readonly timeMs: number
  readonly rewards: Readonly<Record<string, Reward>>
  /** What broke, where the outcome is that. */
  readonly failure: Failure | null
}

export const COLUMNS = {
  id: 'TEXT PRIMARY KEY',
  batch: 'TEXT',
  env: 'TEXT',
  task: 'TEXT',
  attempt: 'INTEGER',
  agent: 'TEXT',
  outcome: 'TEXT',
  stop: 'TEXT',
  return: 'REAL',
  success: 'REAL',
  steps: 'INTEGER',
  calls: 'INTEGER',
  promptTokens: 'INTEGER',
  completionTokens: 'INTEGER',
  costUsd: 'REAL',
  timeMs: 'REAL',
  rewards: 'TEXT',
  failure: 'TEXT',
} as const satisfies Record<keyof Row, string>

/** As SQL names them. */
export const columnNames = Object.keys(COLUMNS).map((name) => `"${name}"`)
/** What sqlite does not hold as it is, it holds as JSON. */
export const cell = (value: Row[keyof Row]): SQLInputValue =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value

export function rowOf(trajectory: Trajectory): Row {
  const { id, batch, env, task, attempt, agent, outcome, stop, steps, usage, costUsd, timeMs, rewards } = trajectory
  return {
    ...{ id, batch, env, task, attempt, agent, stop, costUsd, timeMs, rewards, ...usage },
    failure: outcome.kind === 'broken' ? outcome.failure : null,
    outcome: outcome.kind,
    return: returnOf(trajectory),
    success: successOf(trajectory),
    steps: steps.length,
    calls: callsOf(trajectory).length,
  }
}

/** As sqlite gives it back. */
export type Cells = Row & { readonly rewards: string; readonly failure: string | null }

export const rowFrom = (cells: Cells): Row => ({
  ...cells,
  rewards: JSON.parse(cells.rewards),
  failure: cells.failure && JSON.parse(cells.failure),
})
