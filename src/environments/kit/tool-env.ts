/**
 * A world of tools over a JSON state, perhaps with somebody to talk to. A tool is a pure function: what it is given
 * stays as it is, and what it changes it hands back, so an error changes nothing and a fork costs nothing. Calls of
 * one message are answered in their order. Whatever is wrong with a call is an observation.
 */
import { z } from 'zod'
import type { Judged } from '../../core/index.ts'
import {
  type Agent,
  type AssistantMessage,
  defineEnv,
  type Env,
  type EnvSpec,
  type Host,
  type Json,
  type Message,
  type Random,
  type RewardTerm,
  type StepResult,
  system,
  type ToolCall,
  type ToolSpec,
  user,
  type Verdict,
} from '../../core/index.ts'
import { quoted } from './game-env.ts'
import type { Speaker, Utterance } from './speaker.ts'

/** Why a tool does not do what it was asked: what the agent is told. Anything else that a tool throws is a fault of the world. */
export class ToolError extends Error {}

/** What a call comes to. A state that is not given is the old one. */
export interface Done<S> {
  readonly result: Json
  readonly state?: S
  /** True where the episode ends with it. */
  readonly end?: boolean
}

export interface Tool<S, R = Done<S>> {
  readonly about: string
  readonly input: z.ZodType
  /** The JSON Schema that is shown, where it is not to be zod's own. */
  readonly parameters?: Json
  run(state: S, given: unknown): R
}

/** A tool as written, its argument typed by its schema. Throw a ToolError to refuse. */
export function tool<S, Z extends z.ZodType>(written: {
  readonly about: string
  readonly input: Z
  readonly parameters?: Json
  run(state: S, given: z.infer<Z>): Done<S>
}): Tool<S> {
  return written as Tool<S>
}

/** The same of a tool whose answer has to be waited for. It keeps its own deadline. */
export function slowTool<S, Z extends z.ZodType>(written: {
  readonly about: string
  readonly input: Z
  run(state: S, given: z.infer<Z>): Promise<Done<S>>
}): Tool<S, Promise<Done<S>>> {
  return written as Tool<S, Promise<Done<S>>>
}

export type Tools<S, R = Done<S>> = Readonly<Record<string, Tool<S, R>>>
/** Tools of which some have to be waited for. */
export type AnyTools<S> = Tools<S, Done<S> | Promise<Done<S>>>

/** Something to do: a call, or a text to say. */
export type Deed = string | { readonly name: string; readonly arguments: Json }

/** A call as it was answered. */
export interface Answered {
  readonly name: string
  readonly arguments: Json
  readonly result: Json
  readonly isError: boolean
}

export interface ToolEnv<S> extends Env {
  readonly state: S
  /** Every call so far, in order. */
  readonly calls: readonly Answered[]
  /** What was said between the agent and the speaker; what the agent said where there is none. */
  readonly talk: readonly Utterance[]
  /** True when the episode was ended by a tool, by the speaker, or by the agent's last word. */
  readonly over: boolean
}

export interface ToolWorld<S, D = Json> extends Pick<EnvSpec<D>, 'id' | 'tasks' | 'limits'> {
  /** Said first: the policy, the rules. */
  readonly instructions: string | ((data: D) => string)
  /** What is asked for, where no speaker says it. */
  ask?(data: D): string
  readonly tools: AnyTools<S>
  /** The state in the beginning. It is never changed, so that all episodes may share it. */
  start(data: D, seed: number): S
  /** Whoever is at the other end of the agent's words. Its first line, said to nobody, opens the conversation. */
  speaker?(data: D, host: Host): Speaker
  /** What was said and done before the episode begins. */
  history?(data: D): readonly Message[]
  /** What the speaker does with its own hands when it leaves. */
  parting?(state: S, data: D): S
  /** What plain text does where nobody hears it: ends the episode, as a last word; or is told that only calls act. */
  readonly words?: 'end' | 'refuse'
  /** What every call that fails is paid, and every message that does nothing; 0 unless given. */
  readonly errorReward?: number
  /** How far the task is done, from 0 to 1. */
  success(env: ToolEnv<S>, data: D, judged: Judged<D, ToolEnv<S>>): Verdict | Promise<Verdict>
  readonly rewards?: Readonly<Record<string, RewardTerm<D, ToolEnv<S>>>>
  /** The key: what it does, one message each, again where something else was done instead; or a player. */
  solve(data: D): readonly Deed[] | Agent
  /** What gives this text as the answer, where the world asks for one. */
  commit?(answer: string): readonly Deed[]
  /** Something well-formed to do. */
  guess?(data: D, random: Random): Deed
  /** What `data` shows, where the state is not it. */
  view?(env: ToolEnv<S>, data: D): Json
}

/** More calls in one message are not answered but refused. */
export const MOST_CALLS = 32
/** Characters of a refusal: what it repeats may be a novel. */
const LONGEST_REFUSAL = 2000

export function toolEnv<S, D = Json>(world: ToolWorld<S, D>): EnvSpec<D, ToolEnv<S>> {
  const offered = toolSpecs(world.tools)
  const { id, tasks, limits, commit, guess } = world
  return defineEnv<D, ToolEnv<S>>({
    id,
    tasks,
    ...(limits && { limits }),
    make: ({ data }, host) =>
      live(
        { world, data, host, offered, speaker: world.speaker?.(data, host) },
        { state: world.start(data, host.seed), calls: [], talk: [], over: false },
      ),
    rubric: {
      success: { weight: 1, score: (judged) => world.success(judged.env, judged.task.data, judged) },
      ...world.rewards,
    },
    solve({ data }) {
      const way = world.solve(data)
      return 'play' in way ? way : persistent(way.map(message))
    },
    ...(commit && { commit: (answer) => commit(answer).map(message) }),
    ...(guess && { guess: ({ data }, random) => message(guess(data, random), 0) }),
  })
}

/** The tools as a model is told of them. */
export function toolSpecs<S>(tools: AnyTools<S>): ToolSpec[] {
  return Object.entries(tools).map(([name, { about, input, parameters }]) => {
    if (parameters !== undefined) return { name, description: about, parameters }
    const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' })
    return { name, description: about, parameters: schema as Json }
  })
}

/** A deed as a message; its call has a name of its own within an episode where `index` has. */
export function message(deed: Deed, index: number): AssistantMessage {
  if (typeof deed === 'string') return { role: 'assistant', content: deed }
  return { role: 'assistant', content: '', calls: [{ id: `call-${index + 1}`, ...deed }] }
}

/** Plays a script to its end: what was done instead of its next message does not count as that. */
export function persistent(script: readonly AssistantMessage[]): Agent {
  const deed = ({ content, calls = [] }: AssistantMessage): string =>
    JSON.stringify([content, calls.map((call) => [call.name, call.arguments])])
  return {
    id: 'key',
    async play(episode) {
      for (const wanted of script) {
        let did: Message | undefined
        do {
          if (episode.done) return
          await episode.step(wanted)
          did = episode.history.findLast(({ role }) => role === 'assistant')
        } while (did?.role === 'assistant' && deed(did) !== deed(wanted))
      }
    },
  }
}

/** What a tool does with arguments as they come. Throws a ToolError where they, or the name, are wrong. */
export function use<S, R>(tools: Tools<S, R>, state: S, call: Pick<ToolCall, 'name' | 'arguments'>): R {
  const known = Object.hasOwn(tools, call.name) ? tools[call.name] : undefined
  if (!known) throw new ToolError(`there is no tool '${quoted(call.name)}': there are ${Object.keys(tools).join(', ')}`)
  if (typeof call.arguments === 'string')
    throw new ToolError(`the arguments of ${call.name} are no JSON object: '${quoted(call.arguments)}'`)
  const { success, data, error } = known.input.safeParse(call.arguments)
  if (success) return known.run(state, data)
  const issues = error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`)
  throw new ToolError(`${call.name} cannot take that: ${quoted(issues.join('; '), 300)}`)
}

/** The state after these deeds, texts left out; a call that is refused changes nothing. */
export function stateAfter<S>(tools: Tools<S>, start: S, deeds: readonly Deed[]): S {
  let state = start
  for (const deed of deeds) {
    if (typeof deed === 'string') continue
    try {
      state = use(tools, state, deed).state ?? state
    } catch (error) {
      refused(error)
    }
  }
  return state
}

type Attempt<S> = Done<S> & { readonly isError: boolean }

const refusal = <S>(why: string): Attempt<S> => ({ result: `Error: ${why}`, isError: true })

/** A tool's refusal as an answer. What else was thrown is thrown on. */
function refused<S>(error: unknown): Attempt<S> {
  if (!(error instanceof ToolError)) throw error
  return refusal(error.message.slice(0, LONGEST_REFUSAL))
}

async function attempt<S>(
  tools: AnyTools<S>,
  state: S,
  call: Pick<ToolCall, 'name' | 'arguments'>,
): Promise<Attempt<S>> {
  try {
    return { ...(await use(tools, state, call)), isError: false }
  } catch (error) {
    return refused(error)
  }
}

interface Setting<S, D> {
  readonly world: ToolWorld<S, D>
  readonly data: D
  readonly host: Host
  readonly offered: readonly ToolSpec[]
  readonly speaker: Speaker | undefined
}

/** What an episode has come to. */
type Past<S> = Pick<ToolEnv<S>, 'state' | 'calls' | 'talk' | 'over'>

/** What follows on an action: what the agent is shown, and how much of it went wrong. */
interface Next<S> {
  readonly now: Past<S>
  readonly messages: readonly Message[]
  readonly failed: number
}

function live<S, D>(setting: Setting<S, D>, past: Past<S>): ToolEnv<S> {
  const { world, data, host, offered, speaker } = setting
  let now = past
  const tools = offered.length > 0 ? { tools: offered } : {}
  const hear = async (before: Past<S>): Promise<Next<S>> => {
    const text = (await speaker?.reply(before.talk, host.signal)) ?? null
    if (text === null) {
      const state = world.parting ? world.parting(before.state, data) : before.state
      return { now: { ...before, state, over: true }, messages: [], failed: 0 }
    }
    return { now: { ...before, talk: [...before.talk, { by: 'speaker', text }] }, messages: [user(text)], failed: 0 }
  }
  const env: ToolEnv<S> = {
    get state() {
      return now.state
    },
    get calls() {
      return now.calls
    },
    get talk() {
      return now.talk
    },
    get over() {
      return now.over
    },
    async reset() {
      const { instructions, ask } = world
      const rules = system(typeof instructions === 'string' ? instructions : instructions(data))
      const before = [rules, ...(world.history?.(data) ?? [])]
      if (ask) return { messages: [...before, user(ask(data))], ...tools }
      const opened = await hear(now)
      now = opened.now
      return { messages: [...before, ...opened.messages], ...tools }
    },
    async step({ content, calls = [] }): Promise<StepResult> {
      const said = { ...now, talk: [...now.talk, { by: 'agent' as const, text: content }] }
      const silent = content.trim() === ''
      const next =
        calls.length > 0
          ? await perform(world.tools, now, calls)
          : speaker
            ? await hear(said)
            : world.words === 'end' && !silent
              ? { now: { ...said, over: true }, messages: [], failed: 0 }
              : { now, messages: [user(useCalls(world.tools, silent))], failed: 1 }
      now = next.now
      const reward = next.failed * (world.errorReward ?? 0)
      return {
        observation: { messages: next.messages, ...tools },
        ...(reward && { reward }),
        ...(now.over && { end: 'terminated' }),
        ...(next.failed > 0 && { info: { errors: next.failed } }),
      }
    },
    fork: () => live(setting, now),
    data: () => (world.view ? world.view(env, data) : (now.state as Json)),
  }
  return env
}

const useCalls = <S>(tools: AnyTools<S>, silent: boolean): string =>
  `${silent ? 'That says nothing' : 'Words do nothing here'}: call a tool (${Object.keys(tools).join(', ')}).`

/** Answers the calls of one message. What the agent says beside its calls, nobody hears. */
async function perform<S>(tools: AnyTools<S>, past: Past<S>, wanted: readonly ToolCall[]): Promise<Next<S>> {
  let { state, over } = past
  const calls = [...past.calls]
  const messages: Message[] = []
  for (const [index, call] of wanted.entries()) {
    const unheard = over
      ? 'the episode is over'
      : index >= MOST_CALLS
        ? `more than ${MOST_CALLS} calls in a message`
        : ''
    const done = unheard ? refusal<S>(unheard) : await attempt(tools, state, call)
    const { result, isError } = done
    state = done.state ?? state
    over ||= done.end ?? false
    calls.push({ name: call.name, arguments: call.arguments, result, isError })
    const content = typeof result === 'string' ? result : JSON.stringify(result)
    messages.push({ role: 'tool', callId: call.id, content, ...(isError && { isError }) })
  }
  const failed = calls.slice(past.calls.length).filter(({ isError }) => isError).length
  return { now: { ...past, state, calls, over }, messages, failed }
}
