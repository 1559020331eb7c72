/** A trajectory's actions once more, in a world opened from its seed: to look at what the world was like at each step. */
import type { Env } from './env.ts'
import { hostOf, type OpenSandbox, sandboxFor } from './host.ts'
import { episodeJournal } from './journal.ts'
import { Owner } from './lifetime.ts'
import type { Observation } from './message.ts'
import { newMeter } from './meter.ts'
import type { EnvSpec } from './spec.ts'
import type { Task } from './task.ts'
import type { Trajectory } from './trajectory.ts'

export interface Scene {
  /** Steps taken so far. */
  readonly step: number
  readonly env: Env
  /** What it shows now. */
  readonly observation: Observation
  /** Whether that is what the trajectory says it showed. */
  readonly same: boolean
  /** What the step that led here paid; 0 at the opening. */
  readonly reward: number
}

export interface ReplayOptions {
  readonly signal: AbortSignal
  readonly sandbox?: OpenSandbox
}

/** Yields the opening and then each step. Throws where the world does, and where it asks a model: that is not on record. */
export async function* replay<D, E extends Env>(
  spec: EnvSpec<D, E>,
  task: Task<D>,
  trajectory: Trajectory,
  { signal, sandbox }: ReplayOptions,
): AsyncGenerator<Scene, void> {
  const { seed, attempt, steps, final, id } = trajectory
  const owner = new Owner()
  const model = (role: string): never => {
    throw new Error(
      `${spec.id} asks a model in the seat '${role}', so its episodes cannot be replayed from their actions`,
    )
  }
  const open = hostOf({
    ...{ seed, drawing: attempt, signal, model, meter: newMeter(), journal: episodeJournal(id) },
    sandbox: (needs) => sandboxFor(needs, sandbox, { signal, owner }),
  })
  try {
    const env = await spec.make(task, open)
    owner.own(() => env.close?.())
    let [observation, reward] = [await env.reset(), 0]
    for (const [step, { observation: shown, action }] of steps.entries()) {
      yield { step, env, observation, reward, same: alike(observation, shown) }
      const result = await env.step(action)
      observation = result.observation
      reward = result.reward ?? 0
    }
    yield { step: steps.length, env, observation, reward, same: !final || alike(observation, final) }
  } finally {
    await owner.close()
  }
}

const alike = (a: Observation, b: Observation): boolean => JSON.stringify(a.messages) === JSON.stringify(b.messages)
