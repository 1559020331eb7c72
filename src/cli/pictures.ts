/** A trajectory played again in its world, for what the world looked like at each step. */
import { type EnvSpec, replay, type Task, type Trajectory } from '../core/index.ts'
import type { Manifest } from '../data/index.ts'
import { UsageError, usage } from './args.ts'
import { sandboxed } from './command.ts'
import { openWorld } from './open-world.ts'

export interface Picture {
  /** Steps taken so far. */
  readonly step: number
  /** An SVG document. */
  readonly svg: string
  /** Whether the world shows what the trajectory says it showed. */
  readonly same: boolean
}

/** Throws UsageError where the world draws none, or is not what it was. */
export async function* picturesOf(
  { env: name, settings, world }: Manifest,
  trajectory: Trajectory,
  signal: AbortSignal,
): AsyncGenerator<Picture, void> {
  const data = settings['data']
  const spec = await usage(() => openWorld(name, typeof data === 'string' ? data : undefined))
  if (spec.id !== (world ?? trajectory.env))
    throw new UsageError(`the run was played in ${trajectory.env}, and '${name}' is ${spec.id} now`)
  const task = await taskOf(spec, trajectory.task)
  await using code = await sandboxed('auto')
  for await (const { step, env, same } of replay(spec, task, trajectory, { signal, ...code })) {
    if (!env.picture) throw new UsageError(`${spec.id} draws no pictures`)
    yield { step, svg: env.picture(), same }
    signal.throwIfAborted()
  }
}

async function taskOf(spec: EnvSpec, id: string): Promise<Task> {
  for (const split of ['test', 'train'] as const)
    for await (const task of spec.tasks(split)) if (task.id === id) return task
  throw new UsageError(`${spec.id} has no task '${id}'`)
}
