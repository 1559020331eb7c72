/** What a batch's policy said, counted: how much, and how freely it chose its words. */
import { callsOf, type Group, type Sampling } from '../core/index.ts'

export interface Said {
  /** Tokens of all answers in an attempt, the mean over the attempts; null where nobody counted any. */
  readonly completionTokens: number | null
  /**
   * Nats a token: how freely the policy chose. By definition H(π) = E[−log π(token)] (Shannon 1948 §6), so the mean of
   * −log π over tokens that π drew is an unbiased estimate. The expectation is over the contexts that were come to, each
   * as often as it was. Of what was drawn at temperature 1, from all tokens; null where none of that was captured.
   */
  readonly entropy: number | null
}

export function saidIn(groups: readonly Group[]): Said {
  const all = groups.flatMap(({ trajectories }) => trajectories)
  const counted = all.reduce((sum, { usage }) => sum + usage.completionTokens, 0)
  let [sum, count] = [0, 0]
  for (const { role, request, completion } of all.flatMap(callsOf)) {
    if (role !== 'policy' || !isWhole(request.sampling)) continue
    for (const logprob of completion.tokens?.logprobs ?? []) sum -= logprob
    count += completion.tokens?.logprobs.length ?? 0
  }
  return { completionTokens: counted > 0 ? counted / all.length : null, entropy: count > 0 ? sum / count : null }
}

/** Whether tokens are drawn from the policy's own distribution. */
const isWhole = ({ temperature = 1, topK = Infinity, topP = 1 }: Sampling = {}): boolean =>
  temperature === 1 && topK === Infinity && topP === 1
