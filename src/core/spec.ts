/** An environment's definition: what to do, where, and how it is judged. */
import type { Agent } from './agent.ts'
import type { Env, Host } from './env.ts'
import type { Limits } from './limits.ts'
import type { AssistantMessage } from './message.ts'
import type { Random } from './random.ts'
import type { Rubric } from './reward.ts'
import type { Split, Task } from './task.ts'

export interface EnvSpec<D = unknown, E extends Env = Env> {
  /** 'maze@1': the number moves when results would. */
  readonly id: string
  /** The same tasks in the same order at every call; ids unique over both splits. */
  tasks(split: Split): Iterable<Task<D>> | AsyncIterable<Task<D>>
  make(task: Task<D>, host: Host): E | Promise<E>
  /** Named, weighted; weight 0 is a metric. */
  readonly rubric: Rubric<D, E>
  readonly limits?: Partial<Limits>
  /** True where the latest observation holds the whole state, so that an agent may forget the earlier ones. */
  readonly markov?: boolean
  /** The answer key: a script, or a player that knows the gold. A player copes with moves that were not its own. */
  solve?(task: Task<D>): readonly AssistantMessage[] | Agent
  /** The actions with which an agent gives this text as its answer, in the form that the world asks for. */
  commit?(answer: string): readonly AssistantMessage[]
  /** A well-formed action drawn uniformly: the random player's, and the noise of a noisy oracle. */
  guess?(task: Task<D>, random: Random): AssistantMessage
}

/** A spec as written, with its types inferred. */
export function defineEnv<D, E extends Env>(spec: EnvSpec<D, E>): EnvSpec<D, E> {
  return spec
}
