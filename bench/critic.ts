/**
 * A stand-in for a learned value function, as the noisy oracle is one for a policy: what the answer key would earn in
 * all from where the call was made, with an error of so much (a standard deviation, in units of the return).
 */
import {
  type Agent,
  assistant,
  type EnvSpec,
  type Model,
  random,
  returnOf,
  rollout,
  type Seat,
} from '../src/core/index.ts'

export interface CriticOptions {
  readonly error: number
  /** That of the rollout: it opens the same worlds. */
  readonly seed: number
}

const nobody: Model = { id: 'nobody', complete: () => Promise.reject(new Error('an answer key asks no model')) }

/** For worlds whose key is a player. Answers with a number. */
export function critic(spec: EnvSpec, { error, seed }: CriticOptions): (seat: Seat) => Model {
  return ({ task, seed: own }) => {
    const noise = random(own).split('critic')
    return {
      id: `critic:${error}`,
      async complete(_, { standing } = {}) {
        const key = spec.solve?.(task)
        if (!standing || !key || !('play' in key)) throw new Error(`${spec.id} has no key that goes on from the middle`)
        const again: Agent = {
          id: 'again',
          async play(episode) {
            for (const { action } of standing.steps) await episode.step(action)
            if (!episode.done) await key.play(episode)
          },
        }
        const [group] = await Array.fromAsync(rollout(spec, again, [task], { model: nobody, seed }))
        const earned = returnOf(group!.trajectories[0]!)
        if (earned === null) throw new Error(`the key of ${spec.id} got no score`)
        return { message: assistant(`${earned + error * noise.normal()}`), finish: 'stop', costUsd: 0 }
      },
    }
  }
}
