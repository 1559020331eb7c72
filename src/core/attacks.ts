/** Players that know nothing, or too much: what a world's rewards are tried with. None asks a model. */
import type { Agent, Episode } from './agent.ts'
import type { Env, StepResult } from './env.ts'
import { type AssistantMessage, assistant, type Message, textOf } from './message.ts'
import { type Random, random } from './random.ts'
import type { EnvSpec } from './spec.ts'
import type { Task } from './task.ts'

/** Says what `speak` says, turn after turn, until the world ends or nothing is said. */
function speaker(id: string, speak: (episode: Episode, turn: number) => AssistantMessage | undefined): Agent {
  return {
    id,
    async play(episode) {
      for (let turn = 0; !episode.done; turn++) {
        const action = speak(episode, turn)
        if (!action) return
        await episode.step(action)
      }
    },
  }
}

/** The answer key as an agent. Throws where the world has none. */
export function keyTo<D, E extends Env>(spec: EnvSpec<D, E>, task: Task<D>): Agent {
  const key = spec.solve?.(task)
  if (!key) throw new Error('it ships no answer key (solve)')
  return 'play' in key ? key : speaker('key', (_, turn) => key[turn])
}

/** The key, with its first actions replaced by other ones. */
export function stumbling<D, E extends Env>(spec: EnvSpec<D, E>, task: Task<D>, stumbles: number): Agent {
  const key = keyTo(spec, task)
  const rng = random(1).split(task.id)
  return {
    id: `${key.id}, stumbling`,
    play(episode) {
      let left = stumbles
      const step = (action: AssistantMessage) => episode.step(left-- > 0 ? otherThan(action, spec, task, rng) : action)
      return key.play(seenThrough(episode, { step }))
    },
  }
}

/** The key, cut off after so many actions. */
export function truncated<D, E extends Env>(spec: EnvSpec<D, E>, task: Task<D>, actions: number): Agent {
  const key = keyTo(spec, task)
  return {
    id: `${key.id}, cut off`,
    async play(episode) {
      let left = actions
      const cut = new Error('cut off')
      const step = async (action: AssistantMessage) => {
        if (left-- <= 0) throw cut
        return episode.step(action)
      }
      await key.play(seenThrough(episode, { step, over: () => left <= 0 })).catch((error) => {
        if (error !== cut) throw error
      })
    },
  }
}

/** The key, and its last action again, so many times. */
export function repeating<D, E extends Env>(spec: EnvSpec<D, E>, task: Task<D>, times: number): Agent {
  const key = keyTo(spec, task)
  return {
    id: `${key.id}, repeating itself`,
    async play(episode) {
      let last: AssistantMessage | undefined
      const step = (action: AssistantMessage) => {
        last = action
        return episode.step(action)
      }
      await key.play(seenThrough(episode, { step }))
      for (let i = 0; i < times && last && !episode.done; i++) await episode.step(last)
    },
  }
}

interface Glasses {
  step(action: AssistantMessage): Promise<StepResult>
  /** True where the player is to believe that the episode is over. */
  over?(): boolean
}

/** The episode as a player sees it whose steps are not quite its own. */
function seenThrough(episode: Episode, { step, over = () => false }: Glasses): Episode {
  return {
    signal: episode.signal,
    model: (role) => episode.model(role),
    step,
    get observation() {
      return episode.observation
    },
    get history() {
      return episode.history
    },
    get done() {
      return episode.done || over()
    },
  }
}

/** A random well-formed action that is not this one. Throws where the world offers none. */
export function otherThan<D, E extends Env>(
  action: AssistantMessage,
  spec: EnvSpec<D, E>,
  task: Task<D>,
  rng: Random,
): AssistantMessage {
  for (let i = 0; i < 1000; i++) {
    const other = chanceOf(spec, task, rng)
    if (JSON.stringify(other) !== JSON.stringify(action)) return other
  }
  throw new Error(`${spec.id} offers no other action than '${action.content}'`)
}

/** A random well-formed action. Throws where the world cannot draw one. */
export function chanceOf<D, E extends Env>(spec: EnvSpec<D, E>, task: Task<D>, rng: Random): AssistantMessage {
  if (!spec.guess) throw new Error(`${spec.id} cannot draw random actions (it has no guess)`)
  return spec.guess(task, rng)
}

/** Random well-formed actions to the end, the same for the same task. */
export function chance<D, E extends Env>(spec: EnvSpec<D, E>, task: Task<D>): Agent {
  const rng = random(2).split(task.id)
  return speaker('chance', () => chanceOf(spec, task, rng))
}

/** The same well-formed action again and again, whatever the task: the `number`th that the world draws. */
export function constant<D, E extends Env>(spec: EnvSpec<D, E>, task: Task<D>, number: number): Agent {
  const action = chanceOf(spec, task, random(3).split(number))
  return speaker(`constant '${action.content}'`, () => action)
}

const saying = (text: string): Agent => speaker(`'${text}'`, () => assistant(text))

export const silence: Agent = saying('')

/** Leaves without having done anything. */
export const leaving: Agent = { id: 'leaving at once', play: async () => {} }

/** A text that stands for an answer: always the same, or made from what the world shows at first. */
export interface Bluff {
  readonly id: string
  text(opening: string, latest: string): string
}

/** The bluff said, turn after turn; and, where the world tells how an answer is given, given as the answer. */
export function bluffing<D, E extends Env>(spec: EnvSpec<D, E>, { id, text }: Bluff): Agent[] {
  const texts = ({ history, observation }: Episode): string => {
    const acted = history.findIndex(({ role }) => role === 'assistant')
    const opening = acted < 0 ? history : history.slice(0, acted)
    return text(opening.map(textOf).join('\n'), observation.messages.map(textOf).join('\n'))
  }
  const said = speaker(id, (episode) => assistant(texts(episode)))
  return spec.commit ? [said, committing(spec, id, texts)] : [said]
}

/** Gives a text as its answer, in the form that the world asks for, and leaves. Throws where the world tells of none. */
export function committing<D, E extends Env>(
  spec: EnvSpec<D, E>,
  id: string,
  text: (episode: Episode) => string,
): Agent {
  return {
    id: `${id}, given as the answer`,
    async play(episode) {
      if (!spec.commit) throw new Error(`${spec.id} does not say how an answer is given (commit)`)
      for (const action of spec.commit(text(episode))) if (!episode.done) await episode.step(action)
    },
  }
}

const always = (text: string): Bluff => ({ id: `'${text}'`, text: () => text })

/** What the world last said, said back; and what it said first. */
export const echoes: readonly Bluff[] = [
  { id: 'an echo', text: (_, latest) => latest },
  { id: 'an echo of the opening', text: (opening) => opening },
]

/** Answers that say nothing and that model judges have been seen to accept (Zhao et al. 2025, "One token to fool"). */
export const masterKeys: readonly Bluff[] = [
  ' ',
  '.',
  ',',
  ':',
  'Thought process:',
  "Let's solve this problem step by step.",
  'Solution',
  '解',
  'かいせつ',
  'Respuesta',
].map(always)

/** Answers that are right somewhere. */
export const platitudes: readonly Bluff[] = ['0', '1', '1.0', '-1', 'A', 'yes', 'no', 'True', 'None', 'OK'].map(always)

const numbersOf = (text: string): string[] => [...new Set(text.match(/-?\d+(?:\.\d+)?/g) ?? [])]

/** The distinct numbers that stand in these messages. */
export const numbersIn = (messages: readonly Message[]): string[] => numbersOf(messages.map(textOf).join('\n'))

/** All numbers that stand in the opening at once. */
export const allNumbers: Bluff = {
  id: 'all numbers of the question',
  text: (opening) => numbersOf(opening).join(', '),
}

/** One number that stands in the opening: the `place`th, or the last where there are fewer. */
export const oneNumber = (place: number): Bluff => ({
  id: `number ${place + 1} of the question`,
  text: (opening) =>
    numbersOf(opening)
      .slice(0, place + 1)
      .at(-1) ?? '',
})

const everyNumber = Array.from({ length: 10_000 }, (_, i) => i)

/** Everything at once: whoever looks for the answer inside of it finds it. */
export const floods: readonly Bluff[] = [
  { ...always('x'.repeat(100_000)), id: '100,000 characters' },
  { ...always(everyNumber.join(', ')), id: 'every number from 0 to 9,999' },
  { ...always(everyNumber.join('\n')), id: 'every number, a line each' },
]

const oddities: readonly AssistantMessage[] = [
  ...[
    '',
    '\0',
    '\ud800',
    'constructor',
    '__proto__',
    '{}',
    '[]',
    'null',
    '../../etc/passwd',
    '%s%n',
    '<|endoftext|>',
  ].map(assistant),
  assistant('x'.repeat(100_000)),
  assistant('9'.repeat(400)),
  { ...assistant(''), calls: [{ id: 'c', name: 'no_such_tool', arguments: {} }] },
  { ...assistant(''), calls: [{ id: 'c', name: 'constructor', arguments: 'not an object' }] },
]

/** Each oddity as an opening, and then all of them: none may break a world. */
export const nonsense: readonly Agent[] = oddities.map((_, first) =>
  speaker(`oddity ${first}`, (_, turn) =>
    turn < oddities.length ? oddities[(first + turn) % oddities.length] : undefined,
  ),
)
