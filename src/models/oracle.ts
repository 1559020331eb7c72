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
  ModelRequest,
  Seat,
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

/** Hears the answer key at each of its turns, whatever it said before, and says what `say` makes of it. */
export function prompted<D>(spec: EnvSpec<D>, id: string, say: (seat: Seat<D>) => Say): SeatModel<D> {
  const { solve } = spec
  if (!solve) throw new Error(`${spec.id} ships no answer key, so it has no oracle`)
  return (seat) => {
    const key = solve(seat.task)
    const next = 'play' in key ? follow(key) : recite(key)
    const speak = say(seat)
    let said: AssistantMessage | undefined
    let turn = 0
    return {
      id,
      async complete(request) {
        const right = await next(request, said)
        said = await speak(right, turn++)
        return free(said)
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

/** The key's next action, given what the world showed and what was really said at the last call. */
type Next = (request: ModelRequest, said: AssistantMessage | undefined) => Promise<AssistantMessage>

function recite(script: readonly AssistantMessage[]): Next {
  let at = 0
  return async () => {
    const action = script[at++]
    if (!action)
      throw new ModelError('exhausted', `the answer key has ${script.length} actions, and one more is asked for`)
    return action
  }
}

/** A key that plays is asked for one action at a time: each of its steps waits until the world has answered. */
function follow(key: Agent): Next {
  const history: Message[] = []
  let observed: readonly Message[] = []
  let act: PromiseWithResolvers<AssistantMessage>
  let answer: PromiseWithResolvers<StepResult> | undefined
  const episode: Episode = {
    done: false,
    history,
    signal: new AbortController().signal,
    get observation() {
      return { messages: observed }
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
  return ({ messages }, said) => {
    act = Promise.withResolvers()
    const { promise } = act
    // An agent with a short memory shows less than everything, but always what came last.
    const since = messages.findLastIndex((message) => message.role === 'assistant') + 1
    observed = since > 0 || !said ? messages.slice(since) : messages.filter((message) => message.role !== 'system')
    history.push(...(said ? [said] : []), ...observed)
    if (answer) answer.resolve({ observation: { messages: observed } })
    else play().catch((error) => act.reject(error))
    return promise
  }
}
