/** A reward is data: named, weighted terms (law 9). A term that cannot judge says null, which is not 0. */
import type { Env } from './env.ts'
import type { AssistantMessage } from './message.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'
import type { Task } from './task.ts'
import type { Reward, Step } from './trajectory.ts'

/** What a term may look at. The env is the live one, on our side of the wall (law 6). */
export interface Judged<D, E extends Env> {
  readonly task: Task<D>
  readonly env: E
  readonly steps: readonly Step[]
  /** The agent's last action, where it took one. */
  readonly last: AssistantMessage | undefined
  readonly signal: AbortSignal
  /** A fresh place that the agent has never seen, closed when the judging is over. */
  sandbox(spec: SandboxSpec): Promise<Sandbox>
}

export type Verdict = number | { readonly value: number | null; readonly why: string }

export interface RewardTerm<D, E extends Env> {
  readonly weight: number
  score(judged: Judged<D, E>): Verdict | Promise<Verdict>
}

/** `success` says whether the task was done, from 0 (no) to 1 (yes); every world can answer that. */
export type Rubric<D, E extends Env> = { readonly success: RewardTerm<D, E> } & {
  readonly [name: string]: RewardTerm<D, E>
}

/** Asks every term, one after the other. Throws where a term throws or answers with no finite number. */
export async function judge<D, E extends Env>(
  rubric: Rubric<D, E>,
  judged: Judged<D, E>,
): Promise<Record<string, Reward>> {
  const rewards: Record<string, Reward> = {}
  for (const [name, term] of Object.entries(rubric)) {
    const verdict = await term.score(judged)
    const { value, why } = typeof verdict === 'number' ? { value: verdict, why: undefined } : verdict
    if (value !== null && !Number.isFinite(value))
      throw new Error(`the reward '${name}' is ${value}, not a finite number`)
    rewards[name] = { value, weight: term.weight, ...(why !== undefined && { why }) }
  }
  return rewards
}
