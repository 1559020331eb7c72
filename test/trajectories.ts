/** Trajectories for tests, as the kernel makes them. */
import { type Agent, assistant, type Model, rollout, type Trajectory } from '../src/core/index.ts'
import { asking, counting } from './worlds.ts'

/** A model with tokens: every prompt is the last one, its completion, and something new. */
export function talking(): Model {
  let before: number[] = []
  let turn = 0
  return {
    id: 'talking',
    async complete() {
      const prompt = [...before, 100 + turn]
      const completion = [turn, turn + 1]
      before = [...prompt, ...completion]
      const message = assistant(turn++ % 2 === 0 ? 'tick' : 'tock')
      return { message, finish: 'stop', tokens: { prompt, completion, logprobs: [-0.25, -1.5] }, policyVersion: turn }
    },
  }
}

export async function played(agent: Agent = asking, model: Model = talking()): Promise<Trajectory> {
  const [group] = await Array.fromAsync(rollout(counting(), agent, [{ id: 't', data: { target: 5 } }], { model }))
  return group!.trajectories[0]!
}
