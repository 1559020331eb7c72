/** What became of one episode: everything said, done, seen and judged. A failed episode is a trajectory too. */
import type { Failure } from './failure.ts'
import type { AssistantMessage, Json, Observation } from './message.ts'
import type { Completion, ModelRequest, Usage } from './model.ts'

/** A reward exists only on a scored outcome (law 1). */
export type Outcome =
  | { readonly kind: 'scored'; readonly return: number }
  | { readonly kind: 'unscored'; readonly why: string }
  | { readonly kind: 'broken'; readonly failure: Failure }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'over-budget'; readonly why: string }

/** What one term of a rubric said. */
export interface Reward {
  /** null: not judged, and `why` says so. */
  readonly value: number | null
  /** 0 makes it a metric: recorded, and no part of the return. */
  readonly weight: number
  readonly why?: string
}

export type StopReason =
  | 'terminated' // the world said it is over
  | 'truncated' //  the world cut it short
  | 'gave-up' //    the agent stopped before the world did
  | 'steps' //      a limit of that name
  | 'calls'
  | 'tokens'
  | 'time'
  | 'budget' //     the money, or the tokens, of more than one call
  | 'failed' //     something broke
  | 'cancelled'

/** One answered question to a model, under the seat (`role`) that asked it. */
export interface Call {
  readonly role: string
  readonly model: string
  readonly request: ModelRequest
  readonly completion: Completion
  readonly timeMs: number
}

export interface Step {
  /** What the agent saw before it acted. */
  readonly observation: Observation
  /** The calls that led to the action. */
  readonly calls: readonly Call[]
  readonly action: AssistantMessage
  readonly reward: number
  readonly info?: Readonly<Record<string, Json>>
}

/** An attempt forked off and abandoned: it stays on the record with what it cost. */
export interface Branch {
  /** The number of steps of the trunk that it shares. */
  readonly from: number
  readonly steps: readonly Step[]
  readonly trailing: readonly Call[]
  readonly branches: readonly Branch[]
}

export interface Trajectory {
  readonly version: 1
  /** `<batch>/<task>/<attempt>`: unique within a run. */
  readonly id: string
  /** The part of a run it belongs to: 'eval', 'grpo/17', … Empty where there is only one. */
  readonly batch: string
  readonly env: string
  readonly task: string
  readonly attempt: number
  readonly agent: string
  /** The world's seed. */
  readonly seed: number
  readonly steps: readonly Step[]
  /** Calls after the last step, which led to none. */
  readonly trailing: readonly Call[]
  readonly branches: readonly Branch[]
  /** What the world showed at the end, where it was opened at all. */
  readonly final?: Observation
  readonly stop: StopReason
  readonly rewards: Readonly<Record<string, Reward>>
  readonly outcome: Outcome
  readonly usage: Usage
  /** null where a call did not say. */
  readonly costUsd: number | null
  readonly timeMs: number
  /** What could not be closed. */
  readonly warnings?: readonly string[]
}

/** What a trajectory is called, where its batch, its task and its attempt are known. */
export const trajectoryId = ({ batch = '', task, attempt }: Named): string =>
  [batch, task, attempt].filter((part) => part !== '').join('/')

interface Named extends Pick<Trajectory, 'task' | 'attempt'> {
  readonly batch?: string | undefined
}

/** Every call of the trunk, in order. */
export function callsOf(trajectory: Pick<Trajectory, 'steps' | 'trailing'>): Call[] {
  return [...trajectory.steps.flatMap((step) => step.calls), ...trajectory.trailing]
}

/** The undiscounted return, or null where the outcome has no score. */
export function returnOf(trajectory: Pick<Trajectory, 'outcome'>): number | null {
  return trajectory.outcome.kind === 'scored' ? trajectory.outcome.return : null
}

/** From 0 to 1, or null where the outcome has no score. */
export function successOf(trajectory: Pick<Trajectory, 'outcome' | 'rewards'>): number | null {
  return trajectory.outcome.kind === 'scored' ? (trajectory.rewards['success']?.value ?? null) : null
}

/** Σ step rewards + Σ weight·value over the rubric; unscored where a weighted term did not judge. */
export function outcomeOf(steps: readonly Step[], rewards: Readonly<Record<string, Reward>>): Outcome {
  let total = 0
  for (const step of steps) total += step.reward
  for (const [name, { value, weight, why }] of Object.entries(rewards)) {
    if (weight === 0) continue
    if (value === null) return { kind: 'unscored', why: `${name}: ${why ?? 'not judged'}` }
    total += weight * value
  }
  return { kind: 'scored', return: total }
}
