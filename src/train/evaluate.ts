/** How well somebody plays: all groups of a rollout, and the numbers they come to. */
import {
  type Agent,
  type Env,
  type EnvSpec,
  type Group,
  type RolloutOptions,
  rollout,
  type Task,
} from '../core/index.ts'
import { type Summary, summarise } from '../data/index.ts'

/** Plays every task, and says what came of it. */
export async function evaluate<D, E extends Env>(
  spec: EnvSpec<D, E>,
  agent: Agent,
  tasks: readonly Task<D>[],
  options: RolloutOptions<D>,
): Promise<Summary> {
  return summarise(await gather(rollout(spec, agent, tasks, options), tasks))
}

/** All groups, in the order of their tasks: what is learned must not depend on who finished first. */
export async function gather<D>(groups: AsyncIterable<Group<D>>, tasks: readonly Task<D>[]): Promise<Group<D>[]> {
  const order = new Map(tasks.map((task, i) => [task, i]))
  const all = await Array.fromAsync(groups)
  return all.sort((a, b) => order.get(a.task)! - order.get(b.task)!)
}
