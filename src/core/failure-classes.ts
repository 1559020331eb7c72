/**
 * What can fail, by the wall it came through and its cause: what is asked again, how often, after how long, and
 * whether it may have cost money. `withRetry`, the budget and the circuit of a provider go by this table.
 *
 *     wall      cause          asked again    first wait   may have cost   breaks the circuit
 *     model     rate-limit     while allowed  1 s          no              no
 *     model     server         while allowed  0.5 s        yes             yes
 *     model     timeout        twice          0.5 s        yes             yes
 *     model     connection     while allowed  0.5 s        yes             yes
 *     model     unreachable    while allowed  1 s          no              yes
 *     model     circuit-open   while allowed  0.5 s        no              no
 *     model     malformed      twice          0 s          yes             no
 *     model     refused, context, exhausted   never        no              no
 *     env, agent, reward, sandbox             never
 *
 * 'While allowed' is as often as the run allows one answer (`--tries`). The wait is the longest first one: it doubles
 * with every failure, is drawn uniformly from nothing up, and comes on top of the server's own wish. What failed for
 * good is 'broken' on the trajectory, never a reward (law 1). Beyond the wall of the model nothing is asked again: a
 * world has moved on, an agent would do the same, and code that killed its sandbox would kill the next.
 */

export interface FailureClass {
  /** Requests in all, for one answer, that may end this way; 1 is never again. The run's own bound holds beside it. */
  readonly tries: number
  /** The longest wait before the second request. */
  readonly waitMs: number
  /** Whether the provider may have charged for an answer that never arrived. */
  readonly mayCost: boolean
  /** Whether so many of these in a row say that the provider is down. */
  readonly breaks: boolean
}

const never: FailureClass = { tries: 1, waitMs: 0, mayCost: false, breaks: false }
const twiceMore = 3

const ofModels = {
  /** 429. */
  'rate-limit': { tries: Infinity, waitMs: 1000, mayCost: false, breaks: false },
  /** 5xx: a gateway may have lost an answer that was made and charged. */
  server: { tries: Infinity, waitMs: 500, mayCost: true, breaks: true },
  /** No answer in time. */
  timeout: { tries: twiceMore, waitMs: 500, mayCost: true, breaks: true },
  /** Reset or dropped, after the request went out. */
  connection: { tries: Infinity, waitMs: 500, mayCost: true, breaks: true },
  /** No connection came about, so nothing was asked. */
  unreachable: { tries: Infinity, waitMs: 1000, mayCost: false, breaks: true },
  /** Not asked, because the provider has failed too often in a row. */
  'circuit-open': { tries: Infinity, waitMs: 500, mayCost: false, breaks: false },
  /** An answer that is no answer. */
  malformed: { tries: twiceMore, waitMs: 0, mayCost: true, breaks: false },
  /** 4xx: asking again will not help. */
  refused: never,
  /** The prompt is longer than the model's context. */
  context: never,
  /** A scripted model, or a recording, has nothing left to say. */
  exhausted: never,
} as const satisfies Readonly<Record<string, FailureClass>>

export type ModelErrorCode = keyof typeof ofModels

export const failureClass = (code: ModelErrorCode): FailureClass => ofModels[code]
