/** The tokens of a trajectory as they were sampled: what nobody shows. Whatever is not on record is said not to be. */
import { isDeepStrictEqual } from 'node:util'
import { type Call, callsOf, type Trajectory } from '../../core/index.ts'
import type { TaughtCall, TaughtUpdate } from '../../data/index.ts'
import type { CallTokens, TokenOutline, TokenSlice } from './wire.ts'

/** Tokens in a slice, as the page asks for them. */
const SLICE = 2000

/** Tokens' texts, one each; undefined where no tokenizer is at hand. */
export type TokenTexts = ((ids: readonly number[]) => readonly string[]) | undefined

/** One call's tokens with all that is known of each. */
interface Held {
  readonly call: Call
  readonly step: number | null
  readonly source: CallTokens['source']
  readonly prompt: readonly number[]
  readonly completion: readonly number[]
  /** The policy's, and not in a state set aside for testing: these may be trained. */
  readonly trainable: boolean
}

function heldBy(trajectory: Trajectory, learned: readonly TaughtUpdate[]): Held[] {
  const { steps, trailing } = trajectory
  const places = [...steps.flatMap(({ calls }, step) => calls.map(() => step)), ...trailing.map(() => null)]
  return callsOf(trajectory).map((call, n): Held => {
    const step = places[n] ?? null
    const trainable = call.role === 'policy' && !(step !== null && steps[step]?.observation.heldOut)
    const { tokens, tokensRefused } = call.completion
    if (tokens) return { call, step, source: 'captured', ...tokens, trainable }
    const rendered = learned.find(({ calls }) => calls[n]?.tokens)?.calls[n]?.tokens
    if (rendered) return { call, step, source: 'rendered', prompt: [], completion: rendered, trainable }
    const none = tokensRefused ?? `'${call.model}' gave no token ids`
    return { call, step, source: { none }, prompt: [], completion: [], trainable: false }
  })
}

/** Calls of one seat are one growing sequence, until a prompt does not begin with what was there: a break. */
export function tokenOutline(
  trajectory: Trajectory,
  learned: readonly TaughtUpdate[],
  texts: TokenTexts,
): TokenOutline {
  const before = new Map<string, readonly number[]>()
  const held = heldBy(trajectory, learned)
  const calls = held.map(({ call, step, source, prompt, completion }, n): CallTokens => {
    const { role, model, completion: answer } = call
    const sequence = before.get(role) ?? []
    const shared = source === 'captured' ? commonLength(sequence, prompt) : 0
    if (source === 'captured') before.set(role, [...prompt, ...completion])
    return {
      ...{ call: n, step, role, model, source, shared },
      policyVersion: answer.policyVersion ?? null,
      brokenAt: source === 'captured' && shared < sequence.length ? shared : null,
      prompt: { count: prompt.length },
      completion: { count: completion.length },
      leastLikely: leastOf(answer.tokens?.logprobs ?? [], prompt.length),
    }
  })
  const updates = learned.map(({ arm, round, update }) => ({ arm, round, update }))
  return { calls, texts: texts !== undefined, updates, largest: largestOf(held, learned), slice: SLICE }
}

function leastOf(logprobs: readonly number[], from: number): CallTokens['leastLikely'] {
  let least = 0
  for (const [i, logprob] of logprobs.entries()) if (logprob < logprobs[least]!) least = i
  const logprob = logprobs[least]
  return logprob === undefined ? null : { place: from + least, logprob }
}

function largestOf(held: readonly Held[], learned: readonly TaughtUpdate[]): TokenOutline['largest'] {
  const lessons = held.map((one, n) => lessonsOf(learned, n, one))
  return {
    entropy: largest(held.map(({ call }) => call.completion.tokens?.entropies)),
    weight: largest(lessons.map(({ weights }) => weights)),
    advantage: largest(lessons.map(({ advantages }) => advantages)),
  }
}

function largest(columns: readonly (readonly number[] | null | undefined)[]): number | null {
  let most: number | null = null
  for (const column of columns) for (const value of column ?? []) most = Math.max(most ?? 0, Math.abs(value))
  return most
}

interface Lessons {
  readonly weights: readonly number[] | null
  readonly advantages: readonly number[] | null
}

/**
 * What all updates together made of a call's completion; of updates that learned other tokens in its place, nothing. A
 * call that they left out, being another seat's or in a state set aside for testing, had no weight: that is 0.
 */
function lessonsOf(learned: readonly TaughtUpdate[], call: number, { source, completion }: Held): Lessons {
  const fits = ({ tokens }: TaughtCall): boolean =>
    source === 'captured' ? tokens === undefined : isDeepStrictEqual(tokens, completion)
  const taught = learned.flatMap(({ calls }) => calls[call] ?? [])
  const lessons = taught.filter(fits)
  const leftOut = learned.length > 0 && taught.length === 0 && source === 'captured'
  return {
    weights: leftOut ? completion.map(() => 0) : sumsOf(lessons.map(({ weights }) => weights)),
    advantages: lessons.findLast(({ advantages }) => advantages !== null)?.advantages ?? null,
  }
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n++
  return n
}

export interface SliceQuery {
  /** Its number among the trajectory's calls. */
  readonly call: number
  /** Places in its prompt and completion, taken as one list. */
  readonly from: number
  readonly to: number
}

/** undefined where there is no such call. */
export function tokenSlice(
  trajectory: Trajectory,
  { call: n, from, to }: SliceQuery,
  known: { readonly learned: readonly TaughtUpdate[]; readonly texts: TokenTexts },
): TokenSlice | undefined {
  const held = heldBy(trajectory, known.learned)[n]
  if (!held) return undefined
  const { prompt, completion, call, trainable } = held
  const places = range(from, Math.min(to, prompt.length + completion.length))
  const ids = places.map((place) => prompt[place] ?? completion[place - prompt.length]!)
  const column = (values: readonly number[] | undefined | null): (number | null)[] =>
    places.map((place) => (place < prompt.length ? null : (values?.[place - prompt.length] ?? null)))
  const { logprobs, entropies } = call.completion.tokens ?? {}
  const { weights, advantages } = lessonsOf(known.learned, n, held)
  return {
    ...{ call: n, from, ids, texts: known.texts?.(ids) ?? null },
    ...{ logprobs: column(logprobs), entropies: column(entropies) },
    mask: places.map((place) => (trainable && place >= prompt.length ? 1 : 0)),
    weights: column(weights),
    advantages: column(advantages),
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)

/** Place by place; null where there is nothing to add. */
function sumsOf(columns: readonly (readonly number[])[]): number[] | null {
  const [first, ...others] = columns
  return first ? first.map((value, i) => others.reduce((sum, column) => sum + (column[i] ?? 0), value)) : null
}
