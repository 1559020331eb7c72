/** A world of words alone: the agent talks, somebody answers, and what was said is judged. */
import type { Agent, EnvSpec, Json, Random, RewardTerm, Verdict } from '../../core/index.ts'
import type { Utterance } from './speaker.ts'
import { type ToolEnv, type ToolWorld, toolEnv } from './tool-env.ts'

export type ChatEnv = ToolEnv<null>

export interface Chat<D = Json> extends Pick<ToolWorld<null, D>, 'id' | 'tasks' | 'limits' | 'instructions' | 'ask'> {
  readonly speaker: NonNullable<ToolWorld<null, D>['speaker']>
  /** How well it went, from 0 to 1. */
  success(talk: readonly Utterance[], data: D): Verdict | Promise<Verdict>
  readonly rewards?: Readonly<Record<string, RewardTerm<D, ChatEnv>>>
  /** What the key says, line by line; or a player. */
  solve(data: D): readonly string[] | Agent
  guess?(data: D, random: Random): string
}

export function chatEnv<D = Json>(chat: Chat<D>): EnvSpec<D, ChatEnv> {
  return toolEnv<null, D>({
    ...chat,
    tools: {},
    start: () => null,
    success: ({ talk }, data) => chat.success(talk, data),
    view: ({ talk }) => talk.map(({ by, text }) => ({ by, text })),
  })
}
