/**
 * From trajectories to token sequences (law 4). Calls whose prompt extends what an earlier call left merge with it
 * into one sequence; every sampled token stands in exactly one place where it is trained; what was observed is
 * context there.
 */
import { type Call, callsOf, type Origin, type Renderer, type Span, type Trajectory } from '../core/index.ts'

export interface Sequence {
  readonly tokens: number[]
  /** Per token: the log-probability it was sampled with; NaN where somebody else's text has none; null for context. */
  readonly sampled: (number | null)[]
  /** Per token: the step that the call it came with led to, from 0; what led to none counts to the last step. */
  readonly steps: number[]
  /** Where all of it came from. */
  readonly of: Omit<Origin, 'advantages'> & { readonly completions: Span[] }
}

export interface SequenceOptions {
  /** The seat whose calls are wanted; 'policy' unless given. */
  readonly role?: string
  /** For turns that no engine of ours sampled (a teacher's, an oracle's): makes tokens of their text. */
  readonly renderer?: Renderer
}

/**
 * What there is to train on; what was done in held-out states is context alone. Throws where a call's tokens were
 * not captured and there is no renderer to make them.
 */
export function sequencesOf(trajectory: Trajectory, { role = 'policy', renderer }: SequenceOptions = {}): Sequence[] {
  const sequences: Sequence[] = []
  const { steps, trailing, id } = trajectory
  const count = callsOf(trajectory).length
  let number = -1
  for (const [s, calls] of [...steps.map((step) => step.calls), trailing].entries()) {
    const step = Math.max(0, Math.min(s, steps.length - 1))
    for (const call of calls) {
      number++
      if (call.role !== role) continue
      const { prompt, completion, logprobs } = tokensOf(call, trajectory, renderer)
      const sequence = longestPrefix(sequences, prompt) ?? begun({ trajectory: id, calls: count, completions: [] })
      if (sequence.tokens.length === 0) sequences.push(sequence)
      const push = (token: number, logprob: number | null): void => {
        sequence.tokens.push(token)
        sequence.sampled.push(logprob)
        sequence.steps.push(step)
      }
      for (const token of prompt.slice(sequence.tokens.length)) push(token, null)
      const { heldOut } = steps[s]?.observation ?? {}
      const start = sequence.tokens.length
      completion.forEach((token, i) => push(token, heldOut ? null : (logprobs?.[i] ?? Number.NaN)))
      sequence.of.completions.push({
        call: number,
        start,
        end: sequence.tokens.length,
        captured: logprobs !== undefined,
      })
    }
  }
  return sequences.filter(({ sampled }) => sampled.some((logprob) => logprob !== null))
}

const begun = (of: Sequence['of']): Sequence => ({ tokens: [], sampled: [], steps: [], of })

/** The same sequence, with those sampled tokens as mere context that `keep` does not keep: they are not trained. */
export function masked(sequence: Sequence, keep: (i: number) => boolean): Sequence {
  return { ...sequence, sampled: sequence.sampled.map((logprob, i) => (logprob !== null && keep(i) ? logprob : null)) }
}

/** How many tokens of these were sampled and are to be trained. */
export function countSampled(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { sampled }) => sum + sampled.filter((logprob) => logprob !== null).length, 0)
}

export interface CallTokens {
  readonly prompt: readonly number[]
  readonly completion: readonly number[]
  readonly logprobs?: readonly number[]
}

/** What a call was shown and what it answered. Throws where its tokens are not known. */
export function tokensOf({ request, completion, model }: Call, { id }: Trajectory, renderer?: Renderer): CallTokens {
  if (completion.tokens) return completion.tokens
  if (!renderer)
    throw new Error(`${id}: the tokens of a call to '${model}' were not captured, so it cannot be trained on`)
  return {
    prompt: renderer.prompt(request.messages, request.tools),
    completion: renderer.completion(completion.message),
  }
}

/** The longest sequence that the prompt begins with. One that was extended since is longer, and no longer a beginning. */
function longestPrefix(sequences: readonly Sequence[], prompt: readonly number[]): Sequence | undefined {
  let best: Sequence | undefined
  for (const sequence of sequences) {
    const { tokens } = sequence
    if (tokens.length <= (best?.tokens.length ?? 0) || tokens.length > prompt.length) continue
    if (tokens.every((token, i) => token === prompt[i])) best = sequence
  }
  return best
}
