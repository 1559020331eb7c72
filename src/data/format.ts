/**
 * Format version 1: how a trajectory lies on disk. It is the trajectory's own JSON with its repetitions taken out: a
 * message stands once in a table, and a call that goes on from the one before holds only what is new, in messages and
 * in tokens. What is read is validated at the door.
 */
import { z } from 'zod'
import type { AssistantMessage, Branch, Call, Message, Observation, Step, Trajectory } from '../core/index.ts'

const content = z.union([
  z.string(),
  z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('text'), text: z.string() }),
      z.object({ type: z.literal('image'), mimeType: z.string(), data: z.string() }),
    ]),
  ),
])
const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content }),
  z.object({ role: z.literal('user'), content }),
  z.object({ role: z.literal('tool'), content, callId: z.string(), isError: z.boolean().exactOptional() }),
  z.object({
    role: z.literal('assistant'),
    content: z.string(),
    thinking: z.string().exactOptional(),
    calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.json() })).exactOptional(),
  }),
])

/** Where in the table of messages one stands. */
const place = z.int().nonnegative()
const info = z.record(z.string(), z.json())
const tool = z.object({ name: z.string(), description: z.string(), parameters: z.json() })
const usage = z.object({ promptTokens: z.number(), completionTokens: z.number() })
const observation = z.object({
  messages: z.array(place),
  tools: z.array(tool).exactOptional(),
  heldOut: z.literal(true).exactOptional(),
})
/** A list; with `goesOn`, what comes after that of the call before (for tokens, after its completion too). */
const list = z.object({ goesOn: z.literal(true).exactOptional(), items: z.array(z.int()) })
/** Entropies came later than version 1 did: who knows nothing of them still reads the rest, so the version stands. */
const tokens = z
  .object({
    prompt: list,
    completion: z.array(z.int()),
    logprobs: z.array(z.number()),
    entropies: z.array(z.number().nonnegative()).exactOptional(),
  })
  .refine(({ completion, entropies }) => !entropies || entropies.length === completion.length, {
    error: 'as many entropies as completion tokens are expected',
    path: ['entropies'],
  })
const call = z.object({
  role: z.string(),
  model: z.string(),
  request: z.object({
    messages: list,
    tools: z.array(tool).exactOptional(),
    sampling: z
      .object({
        temperature: z.number().exactOptional(),
        topK: z.number().exactOptional(),
        topP: z.number().exactOptional(),
        maxTokens: z.number().exactOptional(),
        stop: z.array(z.string()).exactOptional(),
        seed: z.number().exactOptional(),
      })
      .exactOptional(),
  }),
  completion: z.object({
    message: place,
    finish: z.enum(['stop', 'length', 'tool']),
    usage: usage.exactOptional(),
    costUsd: z.number().exactOptional(),
    tokens: tokens.exactOptional(),
    tokensRefused: z.string().exactOptional(),
    attempts: z.int().exactOptional(),
    policyVersion: z.int().exactOptional(),
  }),
  timeMs: z.number(),
})
const step = z.object({
  observation,
  calls: z.array(call),
  action: place,
  reward: z.number(),
  info: info.exactOptional(),
})
const branch = z.object({
  from: z.int().nonnegative(),
  steps: z.array(step),
  trailing: z.array(call),
  get branches() {
    return z.array(branch)
  },
})
const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('scored'), return: z.number() }),
  z.object({ kind: z.literal('unscored'), why: z.string() }),
  z.object({
    kind: z.literal('broken'),
    failure: z.object({
      boundary: z.enum(['model', 'env', 'agent', 'reward', 'sandbox']),
      message: z.string(),
      code: z.string().exactOptional(),
    }),
  }),
  z.object({ kind: z.literal('cancelled') }),
  z.object({ kind: z.literal('over-budget'), why: z.string() }),
])
const stored = z.object({
  version: z.literal(1),
  id: z.string(),
  batch: z.string(),
  env: z.string(),
  task: z.string(),
  attempt: z.int().nonnegative(),
  agent: z.string(),
  seed: z.number(),
  messages: z.array(message),
  steps: z.array(step),
  trailing: z.array(call),
  branches: z.array(branch),
  final: observation.exactOptional(),
  stop: z.enum([
    'terminated',
    'truncated',
    'gave-up',
    'steps',
    'calls',
    'tokens',
    'time',
    'budget',
    'failed',
    'cancelled',
  ]),
  rewards: z.record(
    z.string(),
    z.object({ value: z.number().nullable(), weight: z.number(), why: z.string().exactOptional() }),
  ),
  outcome,
  usage,
  costUsd: z.number().nullable(),
  timeMs: z.number(),
  warnings: z.array(z.string()).exactOptional(),
})

type Stored = z.infer<typeof stored>
type StoredCall = z.infer<typeof call>
type StoredPlay = Pick<z.infer<typeof branch>, 'steps' | 'trailing' | 'branches'>
type Play = Pick<Trajectory, 'steps' | 'trailing' | 'branches'>

/** What a call leaves for the next one to go on from. */
interface Left {
  readonly messages: readonly number[]
  readonly tokens: readonly number[]
}

function shorten(whole: readonly number[], start: readonly number[]): z.infer<typeof list> {
  const goesOn = start.length > 0 && start.every((item, i) => item === whole[i])
  return goesOn ? { goesOn, items: whole.slice(start.length) } : { items: [...whole] }
}

const lengthen = ({ goesOn, items }: z.infer<typeof list>, start: readonly number[]): number[] =>
  goesOn ? [...start, ...items] : items

/** The JSON text of format version 1. */
export const encodeTrajectory = (trajectory: Trajectory): string => [...encodedPieces(trajectory)].join('')

/** The same in pieces, a step or a message each: nobody has to wait until megabytes are text. */
export function* encodedPieces(trajectory: Trajectory): Generator<string> {
  const messages: Message[] = []
  const places = new Map<Message, number>()
  const put = (message: Message): number => {
    const at = places.get(message) ?? messages.push(message) - 1
    places.set(message, at)
    return at
  }
  let left: Left = { messages: [], tokens: [] }
  const putObservation = (seen: Observation) => ({ ...seen, messages: seen.messages.map(put) })
  const putCall = ({ request, completion, ...rest }: Call) => {
    const { tokens, ...said } = completion
    const before = left
    const shown = request.messages.map(put)
    left = { messages: shown, tokens: tokens ? [...tokens.prompt, ...tokens.completion] : [] }
    return {
      ...rest,
      request: { ...request, messages: shorten(shown, before.messages) },
      completion: {
        ...said,
        message: put(completion.message),
        ...(tokens && { tokens: { ...tokens, prompt: shorten(tokens.prompt, before.tokens) } }),
      },
    }
  }
  const putStep = (step: Step): object => ({
    ...step,
    observation: putObservation(step.observation),
    calls: step.calls.map(putCall),
    action: put(step.action),
  })
  const putBranch = ({ from, steps, trailing, branches }: Branch): object => ({
    ...{ from, steps: steps.map(putStep), trailing: trailing.map(putCall), branches: branches.map(putBranch) },
  })
  const { steps, trailing, branches, final, ...rest } = trajectory
  yield JSON.stringify(rest).slice(0, -1)
  yield* listed('steps', steps, putStep)
  yield* listed('trailing', trailing, putCall)
  yield* listed('branches', branches, putBranch)
  if (final) yield `,"final":${JSON.stringify(putObservation(final))}`
  // Last, when it is known which there are.
  yield* listed('messages', messages, (message) => message)
  yield '}'
}

function* listed<T>(name: string, items: readonly T[], put: (item: T) => object): Generator<string> {
  yield `,"${name}":[`
  for (const [i, item] of items.entries()) yield `${i > 0 ? ',' : ''}${JSON.stringify(put(item))}`
  yield ']'
}

/** Throws a sentence that says what is wrong, and where, with a text that is no trajectory of version 1. */
export function decodeTrajectory(text: string): Trajectory {
  const { messages, steps, trailing, branches, final, ...rest } = parse(text)
  const get = (at: number): Message => {
    const message = messages[at]
    if (message) return message
    throw new Error(`no trajectory of format version 1: message ${at} of ${messages.length} is referred to`)
  }
  const say = (at: number): AssistantMessage => {
    const message = get(at)
    if (message.role === 'assistant') return message
    throw new Error(`no trajectory of format version 1: message ${at} is no assistant's`)
  }
  let left: Left = { messages: [], tokens: [] }
  const getObservation = (seen: z.infer<typeof observation>): Observation => ({
    ...seen,
    messages: seen.messages.map(get),
  })
  const getCall = ({ request, completion, ...more }: StoredCall): Call => {
    const { tokens, ...said } = completion
    const shown = lengthen(request.messages, left.messages)
    const captured = tokens && { ...tokens, prompt: lengthen(tokens.prompt, left.tokens) }
    left = { messages: shown, tokens: captured ? [...captured.prompt, ...captured.completion] : [] }
    return {
      ...more,
      request: { ...request, messages: shown.map(get) },
      completion: { ...said, message: say(completion.message), ...(captured && { tokens: captured }) },
    }
  }
  const getPlay = (play: StoredPlay): Play => ({
    steps: play.steps.map((step) => ({
      ...step,
      observation: getObservation(step.observation),
      calls: step.calls.map(getCall),
      action: say(step.action),
    })),
    trailing: play.trailing.map(getCall),
    branches: play.branches.map((branch) => ({ from: branch.from, ...getPlay(branch) })),
  })
  return { ...rest, ...getPlay({ steps, trailing, branches }), ...(final && { final: getObservation(final) }) }
}

function parse(text: string): Stored {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Error('no trajectory of format version 1: it is not JSON', { cause })
  }
  const { success, data, error } = stored.safeParse(value)
  if (success) return data
  const [issue] = error.issues
  throw new Error(`no trajectory of format version 1: ${issue?.path.join('.') || 'it'}: ${issue?.message}`)
}
