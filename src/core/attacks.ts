/** Players that know nothing, or too much: what a world's rewards are tried with. None asks a model. */
import type { Agent, Episode } from './agent.ts'
import type { Env } from './env.ts'
import { type AssistantMessage, assistant, textOf } from './message.ts'
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
      return key.play({
        signal: episode.signal,
        model: (role) => episode.model(role),
        step: (action) => episode.step(left-- > 0 ? otherThan(action, spec, task, rng) : action),
        get observation() {
          return episode.observation
        },
        get history() {
          return episode.history
        },
        get done() {
          return episode.done
        },
      })
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

/** What the world last said, said back; and what it said first. */
export const echoes: readonly Agent[] = [
  speaker('echo', ({ observation }) => assistant(observation.messages.map(textOf).join('\n'))),
  speaker('echo of the opening', ({ history }) => assistant(history.slice(0, 2).map(textOf).join('\n'))),
]

/** Answers that say nothing and that model judges have been seen to accept (Zhao et al. 2025, "One token to fool"). */
export const masterKeys: readonly Agent[] = [
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
].map(saying)

/** Answers that are right somewhere. */
export const platitudes: readonly Agent[] = ['0', '1', '1.0', '-1', 'A', 'yes', 'no', 'True', 'None', 'OK'].map(saying)

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
