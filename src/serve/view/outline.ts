/** A trajectory in parts: what can be shown of all of it at once, and the bodies that come when they are looked at. */
import { isDeepStrictEqual } from 'node:util'
import {
  type AssistantMessage,
  type Branch,
  type Call,
  callsOf,
  type Message,
  type Step,
  type Trajectory,
} from '../../core/index.ts'
import type { BranchOutline, CallOutline, StepBody, StepOutline, TrajectoryHead } from './wire.ts'

const PREVIEW = 160
/** A piece of bodies ends where there are so many steps, or so many characters, in it. */
const [PIECE_STEPS, PIECE_CHARACTERS] = [10, 100_000]

export function headOf(trajectory: Trajectory): Omit<TrajectoryHead, 'commands' | 'group'> {
  const { version: _, steps, trailing, branches, final, ...rest } = trajectory
  const outlines = outlinesOf(steps, final)
  return {
    ...rest,
    steps: outlines,
    pieces: piecesOf(outlines),
    trailing: trailing.map(callOutline),
    branches: branches.map(branchOutline),
    final: final ?? null,
  }
}

/** The first step of each. */
function piecesOf(steps: readonly StepOutline[]): number[] {
  const pieces: number[] = []
  let [from, characters] = [0, Number.POSITIVE_INFINITY]
  for (const [i, step] of steps.entries()) {
    if (i - from >= PIECE_STEPS || characters + step.characters > PIECE_CHARACTERS) {
      pieces.push(i)
      from = i
      characters = 0
    }
    characters += step.characters
  }
  return pieces
}

function branchOutline({ from, steps, trailing, branches }: Branch): BranchOutline {
  const calls = callsOf({ steps, trailing })
  const below = branches.map(branchOutline)
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  return {
    from,
    steps: sum([steps.length, ...below.map((branch) => branch.steps)]),
    calls: sum([calls.length, ...below.map((branch) => branch.calls)]),
    tokens: sumOf([...calls.map(tokensOf), ...below.map(({ tokens }) => tokens)]),
    costUsd: sumOf([...calls.map(({ completion }) => completion.costUsd), ...below.map(({ costUsd }) => costUsd)]),
    timeMs: sum([...calls, ...below].map(({ timeMs }) => timeMs)),
    preview: steps[0] ? previewOf(steps[0].action) : (below.find(({ preview }) => preview)?.preview ?? ''),
  }
}

const tokensOf = ({ completion: { usage } }: Call): number | undefined =>
  usage && usage.promptTokens + usage.completionTokens

/** null where one is not known. */
function sumOf(values: readonly (number | null | undefined)[]): number | null {
  let sum = 0
  for (const value of values) {
    if (value === null || value === undefined) return null
    sum += value
  }
  return sum
}

/** Whether a tool failed stands in what was seen after the step. */
export function outlinesOf(steps: readonly Step[], final: Trajectory['final']): StepOutline[] {
  return steps.map((step, i) => {
    const { observation, calls, action, reward } = step
    const seen = (steps[i + 1]?.observation ?? final)?.messages ?? []
    return {
      ...{ preview: previewOf(action), reward, calls: calls.map(callOutline) },
      characters: charactersOf(observation.messages) + charactersOf([action]),
      error: seen.some((message) => message.role === 'tool' && message.isError === true),
    }
  })
}

/** As much as is asked for; every request is left behind. */
export function stepBodies({ steps }: Trajectory, from: number, to: number): StepBody[] {
  return steps.slice(from, to).map((step, i) => {
    const repeated = repeatedAt(steps, from + i)
    const { tools, messages, ...seen } = step.observation
    return {
      ...step,
      ...{ step: from + i, repeated },
      observation: {
        ...{ ...seen, messages: messages.slice(repeated?.messages) },
        ...(tools && !repeated?.tools && { tools }),
      },
      calls: step.calls.map((call) => ({ ...callOutline(call), completion: withoutTokens(call) })),
    }
  })
}

function repeatedAt(steps: readonly Step[], at: number): StepBody['repeated'] {
  const seen = (step: number) => steps[step]!.observation
  if (at === 0) return null
  const messages = commonStart(seen(at - 1).messages, seen(at).messages)
  const tools = seen(at).tools !== undefined && isDeepStrictEqual(seen(at - 1).tools, seen(at).tools)
  if (messages === 0 && !tools) return null
  const asLong = (step: number): boolean =>
    commonStart(seen(step).messages, seen(at).messages) >= messages &&
    (!tools || isDeepStrictEqual(seen(step).tools, seen(at).tools))
  let since = at - 1
  while (since > 0 && asLong(since - 1)) since--
  return { messages, tools, since }
}

function commonStart(a: readonly Message[], b: readonly Message[]): number {
  let n = 0
  while (n < a.length && n < b.length && isDeepStrictEqual(a[n], b[n])) n++
  return n
}

/** The tokens have a layer of their own. */
function withoutTokens({ completion }: Call): Call['completion'] {
  const { tokens: _, ...rest } = completion
  return rest
}

export function callOutline({ role, model, timeMs, completion }: Call): CallOutline {
  const { usage, costUsd, policyVersion, tokens } = completion
  return {
    ...{ role, model, timeMs },
    promptTokens: usage?.promptTokens ?? null,
    completionTokens: usage?.completionTokens ?? null,
    costUsd: costUsd ?? null,
    policyVersion: policyVersion ?? null,
    captured: tokens ? tokens.completion.length : null,
  }
}

function previewOf({ content, calls = [] }: AssistantMessage): string {
  const named = calls.map(({ name, arguments: given }) => `${name}(${JSON.stringify(given)})`)
  return [content, ...named].filter(Boolean).join(' ').slice(0, PREVIEW)
}

/** Of text; an image counts as a few lines. */
function charactersOf(messages: readonly Message[]): number {
  let count = 0
  for (const message of messages) {
    if (typeof message.content === 'string') count += message.content.length
    else for (const part of message.content) count += part.type === 'text' ? part.text.length : 1000
    if (message.role === 'assistant')
      count += (message.thinking?.length ?? 0) + JSON.stringify(message.calls ?? []).length
  }
  return count
}
