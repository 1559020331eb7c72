/**
 * A world made of a pure transition function over a small state: a fork is a copy, and the same actions from the same
 * seed lead to the same place. What the player says is read as a move; what is none is told so, at the game's price.
 */
import {
  type Agent,
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  type Json,
  type Message,
  type Observation,
  type Random,
  type RewardTerm,
  random,
  type StepResult,
  system,
  textOf,
} from '../../core/index.ts'

/** What a game is played with: the task, and chance, which is a function of the seed and of how many moves were made. */
export interface Table<D> {
  readonly data: D
  readonly random: Random
}

/** Where a move leads. */
export interface Played<S> {
  readonly state: S
  /** What the player sees; what `show` says of the state unless given. */
  readonly says?: string
  /** 0 unless given. */
  readonly reward?: number
  readonly end?: StepResult['end']
  readonly info?: StepResult['info']
}

/** Why what was said is no move, in a sentence, and what follows: nothing changes and nothing is paid unless given. */
export interface Wrong<S> extends Partial<Omit<Played<S>, 'says'>> {
  readonly wrong: string
}

export interface GameEnv<S> extends Env {
  readonly state: S
}

export interface Game<S, D = Json> extends Pick<EnvSpec<D>, 'id' | 'tasks' | 'limits' | 'markov'> {
  /** Said once, before the first state: what the game is, and the form of a move. */
  readonly rules: string | ((data: D) => string)
  start(data: D, random: Random): S
  /** What the player sees of a state. */
  show(state: S, data: D): string
  /** Pure: the state that it is given stays as it is. What was said comes trimmed. */
  play(state: S, said: string, table: Table<D>): Played<S> | Wrong<S>
  /** How far the game is won, from 0 to 1. */
  success(state: S, data: D): number
  /** 0 unless given: a game that pays at its moves. */
  readonly successWeight?: number
  /** Further terms of the rubric. */
  readonly rewards?: Readonly<Record<string, RewardTerm<D, GameEnv<S>>>>
  /** The best thing to say in a state: the answer key, which may know all of it. */
  best(state: S, data: D): string
  /** Something well-formed to say in any state. */
  guess?(data: D, random: Random): string
  /** True where a state is set aside for testing. */
  heldOut?(state: S, data: D): boolean
  /** The state as data, where it is none already or holds what nobody should be shown. */
  view?(state: S, data: D): Json
  /** The state as an SVG picture. */
  picture?(state: S, data: D): string
}

export function gameEnv<S, D = Json>(game: Game<S, D>): EnvSpec<D, GameEnv<S>> {
  const { id, tasks, limits, markov, guess } = game

  function live(data: D, base: Random, past: { readonly state: S; readonly moves: number }): GameEnv<S> {
    let { state, moves } = past
    const { picture } = game
    const shown = (says: string): Message => new Shown(says, state)
    const seen = (messages: Observation['messages']): Observation =>
      game.heldOut?.(state, data) ? { messages, heldOut: true } : { messages }
    return {
      get state() {
        return state
      },
      reset: () => {
        const rules = typeof game.rules === 'string' ? game.rules : game.rules(data)
        return seen([system(rules), shown(game.show(state, data))])
      },
      step(action) {
        const played = game.play(state, action.content.trim(), tableAt(data, base, moves++))
        const { reward, end, info } = played
        state = 'state' in played && played.state !== undefined ? played.state : state
        const says = shown(told(game, played, { state, data }))
        const messages = action.calls?.length ? [...answered(action.calls), says] : [says]
        return { observation: seen(messages), ...(reward && { reward }), ...(end && { end }), ...(info && { info }) }
      },
      fork: () => live(data, base, { state, moves }),
      data: () => (game.view ? game.view(state, data) : (state as Json)),
      ...(picture && { picture: () => picture(state, data) }),
    }
  }

  return defineEnv<D, GameEnv<S>>({
    id,
    tasks,
    ...(limits && { limits }),
    ...(markov !== undefined && { markov }),
    make: ({ data }, { seed }) => {
      const base = random(seed)
      return live(data, base, { state: game.start(data, base.split('start')), moves: 0 })
    },
    rubric: {
      success: {
        weight: game.successWeight ?? 0,
        score: ({ env, task }) => game.success(env.state, task.data),
      },
      ...game.rewards,
    },
    solve: ({ data }) => keyOf(game, data),
    ...(guess && { guess: ({ data }, random) => assistant(guess(data, random)) }),
  })
}

/** Chance is drawn for a move when the move asks for it: most do not. */
function tableAt<D>(data: D, base: Random, move: number): Table<D> {
  let drawn: Random | undefined
  return {
    data,
    get random() {
      drawn ??= base.split(move)
      return drawn
    },
  }
}

function told<S, D>(
  game: Game<S, D>,
  played: Played<S> | Wrong<S>,
  { state, data }: { readonly state: S; readonly data: D },
): string {
  if ('wrong' in played) return `${played.wrong}\n${game.show(state, data)}`
  return played.says ?? game.show(state, data)
}

/** A game knows no tools; a call is answered all the same, for a model that made one waits for it. */
export function answered(calls: readonly { readonly id: string }[]): Observation['messages'] {
  return calls.map(({ id }) => ({
    role: 'tool' as const,
    callId: id,
    content: 'This world has no tools: say your move as text.',
    isError: true,
  }))
}

/**
 * A message, and the state behind it: what the key goes by, and nobody else can reach. It is the message that carries
 * it and not the observation, for an oracle hands its key the messages that a model was asked with.
 */
class Shown {
  readonly role = 'user'
  readonly content: string
  readonly #state: unknown
  constructor(content: string, state: unknown) {
    this.content = content
    this.#state = state
  }
  static stateOf(message: object | undefined): unknown {
    return message && #state in message ? message.#state : undefined
  }
}

function keyOf<S, D>(game: Game<S, D>, data: D): Agent {
  return {
    id: 'key',
    async play(episode) {
      while (!episode.done) {
        const state = Shown.stateOf(episode.observation.messages.at(-1)) as S | undefined
        if (state === undefined) throw new Error(`the key of ${game.id} was shown '${latest(episode.observation)}'`)
        await episode.step(assistant(game.best(state, data)))
      }
    },
  }
}

const latest = ({ messages }: Observation): string => quoted(messages.map(textOf).join('\n'))

/** A text as an error may repeat it: its beginning, on one line. */
export function quoted(text: string, most = 60): string {
  const line = text.slice(0, most + 1).replace(/\s+/g, ' ')
  return line.length > most ? `${line.slice(0, most)}…` : line
}
