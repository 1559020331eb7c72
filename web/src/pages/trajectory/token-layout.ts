/** How a trajectory's tokens lie on the page: blocks of a list, and the way from one token to the next. */
import type { CallTokens, TokenOutline } from '../../../../src/serve/view/wire.ts'

/** Where a token is: its call, and its place in prompt and completion taken as one list. */
export interface At {
  readonly call: number
  readonly place: number
}

export type Block =
  | { readonly kind: 'head'; readonly call: number }
  /** Tokens that stood in the sequence before, all alike. */
  | { readonly kind: 'fold'; readonly call: number; readonly count: number }
  /** Here the prompt leaves what the sequence before it ended in. */
  | { readonly kind: 'break'; readonly call: number; readonly place: number }
  | { readonly kind: 'tokens'; readonly call: number; readonly from: number; readonly to: number }
  /** The model said nothing: that is on record. */
  | { readonly kind: 'empty'; readonly call: number }

/** Tokens in a block: a few lines. */
export const BLOCK = 160
/** Fewer are not worth a fold. */
const FOLDED = 16

export function blocksOf(calls: readonly CallTokens[], unfolded: ReadonlySet<number>): Block[] {
  return calls.flatMap(({ call, source, shared, brokenAt, prompt, completion }): Block[] => {
    const folds = shared >= FOLDED && !unfolded.has(call)
    const total = prompt.count + completion.count
    return [
      { kind: 'head', call },
      ...(folds ? [{ kind: 'fold', call, count: shared } as const] : cut(call, 0, shared)),
      ...(brokenAt === null ? [] : [{ kind: 'break', call, place: brokenAt } as const]),
      ...cut(call, shared, prompt.count),
      ...cut(call, prompt.count, total),
      ...(completion.count === 0 && typeof source === 'string' ? [{ kind: 'empty', call } as const] : []),
    ]
  })
}

function cut(call: number, from: number, to: number): Block[] {
  const count = Math.max(0, Math.ceil((to - from) / BLOCK))
  return Array.from({ length: count }, (_, i) => ({
    ...{ kind: 'tokens', call },
    ...{ from: from + i * BLOCK, to: Math.min(to, from + (i + 1) * BLOCK) },
  }))
}

/** The block that shows this token; −1 where none does. */
export const blockOf = (blocks: readonly Block[], { call, place }: At): number =>
  blocks.findIndex((block) => block.kind === 'tokens' && block.call === call && block.from <= place && place < block.to)

const total = ({ prompt, completion }: CallTokens): number => prompt.count + completion.count
/** The first place that is not what stood there before. */
const begins = ({ shared, prompt, completion }: CallTokens): number =>
  Math.min(shared, Math.max(0, prompt.count + completion.count - 1))

/** The token after this one, or before it; tokens that stood in the call before are passed over from call to call. */
export function beside(calls: readonly CallTokens[], at: At | undefined, by: 1 | -1): At | undefined {
  const withTokens = calls.filter((call) => total(call) > 0)
  if (!at) return startOf(withTokens[0])
  const i = withTokens.findIndex(({ call }) => call === at.call)
  const here = withTokens[i]
  if (!here) return startOf(withTokens[0])
  const place = at.place + by
  const first = at.place >= begins(here) ? begins(here) : 0
  if (place >= first && place < total(here)) return { call: at.call, place }
  const other = withTokens[i + by]
  if (!other) return at
  return by === 1 ? startOf(other) : { call: other.call, place: total(other) - 1 }
}

const startOf = (call: CallTokens | undefined): At | undefined => call && { call: call.call, place: begins(call) }

/** The first sampled token of the next call that has one; from the last on to the first. */
export function nextCall(calls: readonly CallTokens[], at: At | undefined): At | undefined {
  const sampled = calls.filter(({ completion }) => completion.count > 0)
  const next = sampled.find(({ call }) => call > (at?.call ?? -1)) ?? sampled[0]
  return next && { call: next.call, place: next.prompt.count }
}

export function nextBreak(calls: readonly CallTokens[], at: At | undefined): At | undefined {
  const broken = calls.filter((call) => call.brokenAt !== null && total(call) > 0)
  const next = broken.find(({ call }) => call > (at?.call ?? -1)) ?? broken[0]
  return next && { call: next.call, place: begins(next) }
}

export function leastLikely({ calls }: Pick<TokenOutline, 'calls'>): At | undefined {
  let least: { at: At; logprob: number } | undefined
  for (const { call, leastLikely: found } of calls)
    if (found && (!least || found.logprob < least.logprob))
      least = { at: { call, place: found.place }, logprob: found.logprob }
  return least?.at
}

/** Which slices hold these places: the first place of each. */
export function slicesOf(from: number, to: number, slice: number): number[] {
  const first = Math.floor(from / slice)
  const count = Math.max(0, Math.ceil(to / slice) - first)
  return Array.from({ length: count }, (_, i) => (first + i) * slice)
}
