/**
 * Models that need no intelligence: the answer key behind the mask of a model, the same with noise, and chance. Each
 * is made anew for every episode, at a seat that knows the task which the agent is not told.
 */
import type {
  Agent,
  AssistantMessage,
  Completion,
  EnvSpec,
  Episode,
  Message,
  Model,
  Observation,
  Seat,
  Standing,
  StepResult,
} from '../core/index.ts'
import { chanceOf, ModelError, otherThan, random } from '../core/index.ts'

export type SeatModel<D> = (seat: Seat<D>) => Model

/** Says what the answer key says. Throws where the world has none. */
export function oracle<D>(spec: EnvSpec<D>): SeatModel<D> {
  return noisyOracle(spec, 0)
}

/** At each call, with probability `epsilon`, a random action other than the key's; else the key's. */
export function noisyOracle<D>(spec: EnvSpec<D>, epsilon: number): SeatModel<D> {
  if (!(epsilon >= 0 && epsilon <= 1)) throw new Error(`the noise of an oracle is a probability, not ${epsilon}`)
  return prompted(spec, epsilon > 0 ? `noisy-oracle:${epsilon}` : 'oracle', ({ task, seed }) => {
    const rng = random(seed).split('noise')
    return (right) => (rng.next() < epsilon ? otherThan(right, spec, task, rng) : right)
  })
}

/** What to say at a turn, counted from 0, when the answer key says `right`. */
export type Say = (right: AssistantMessage, turn: number) => AssistantMessage | Promise<AssistantMessage>

/**
 * Hears the answer key wherever it is asked, whatever was done before, and says what `say` makes of it. Asked again in
 * the same place, or in a fork, it hears what the key says there. Outside of an episode it is asked for a first turn.
 */
export function prompted<D>(spec: EnvSpec<D>, id: string, say: (seat: Seat<D>) => Say): SeatModel<D> {
  const { solve } = spec
  if (!solve) throw new Error(`${spec.id} ships no answer key, so it has no oracle`)
  return (seat) => {
    const key = solve(seat.task)
    const next = 'play' in key ? follow(key) : recite(key)
    const speak = say(seat)
    return {
      id,
      async complete({ messages }, { standing = { steps: [], observation: { messages } } } = {}) {
        const right = await next(standing)
        return free(await speak(right, standing.steps.length))
      },
    }
  }
}

/** Any well-formed action, each as likely as the next. Throws where the world cannot draw one. */
export function randomPlayer<D>(spec: EnvSpec<D>): SeatModel<D> {
  return ({ task, seed }) => {
    const rng = random(seed).split('chance')
    return { id: 'random', complete: async () => free(chanceOf(spec, task, rng)) }
  }
}

const free = (message: AssistantMessage): Completion => ({
  message,
  finish: message.calls ? 'tool' : 'stop',
  costUsd: 0,
})

/** The key's next action in a place. */
type Next = (standing: Standing) => Promise<AssistantMessage>

function recite(script: readonly AssistantMessage[]): Next {
  return async ({ steps }) => {
    const action = script[steps.length]
    if (!action)
      throw new ModelError('exhausted', `the answer key has ${script.length} actions, and one more is asked for`)
    return action
  }
}

/** A key that plays is heard on and on while the steps are those it has seen; else it is played there from the start. */
function follow(key: Agent): Next {
  let playing = listener(key)
  let seen: Standing['steps'] = []
  let right: Promise<AssistantMessage> | undefined
  const hear = async ({ steps, observation }: Standing): Promise<AssistantMessage> => {
    if (!right || seen.length > steps.length || seen.at(-1) !== steps[seen.length - 1]) {
      playing = listener(key)
      seen = []
      right = playing.hear(steps[0]?.observation ?? observation)
    }
    for (const [i, { action }] of steps.entries()) {
      if (i < seen.length) continue
      await right
      right = playing.hear(steps[i + 1]?.observation ?? observation, action)
    }
    seen = steps
    return right
  }
  let last: Promise<unknown> = Promise.resolve()
  return (standing) => {
    // One after the other: several may ask at once.
    const heard = last.then(() => hear(standing))
    last = heard.catch(() => {})
    return heard
  }
}

/** A key is asked for one action at a time: each of its steps waits until it is told what was really done and seen. */
function listener(key: Agent) {
  const history: Message[] = []
  let observation: Observation
  let act: PromiseWithResolvers<AssistantMessage>
  let answer: PromiseWithResolvers<StepResult> | undefined
  const episode: Episode = {
    done: false,
    history,
    signal: new AbortController().signal,
    get observation() {
      return observation
    },
    model: () => {
      throw new Error('an answer key asks no model')
    },
    step(action) {
      answer = Promise.withResolvers()
      act.resolve(action)
      return answer.promise
    },
  }
  const play = async (): Promise<void> => {
    await key.play(episode)
    throw new ModelError('exhausted', `the answer key '${key.id}' stopped before the world did`)
  }
  return {
    hear(shown: Observation, done?: AssistantMessage): Promise<AssistantMessage> {
      act = Promise.withResolvers()
      observation = shown
      history.push(...(done ? [done] : []), ...shown.messages)
      if (answer) answer.resolve({ observation })
      else play().catch((error) => act.reject(error))
      return act.promise
    },
  }
}
