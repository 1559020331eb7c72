/** A model answers messages with a message. Everything between (HTTP, tokens, retries) is its own affair. */
import { failureClass, type ModelErrorCode } from './failure-classes.ts'
import type { AssistantMessage, Message, Observation, ToolSpec } from './message.ts'

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  readonly maxTokens?: number
  readonly stop?: readonly string[]
  readonly seed?: number
}

export interface ModelRequest {
  readonly messages: readonly Message[]
  readonly tools?: readonly ToolSpec[]
  readonly sampling?: Sampling
}

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
}

/**
 * The token ids as the sampler saw them, with the log-probability of each completion token at the time it was
 * drawn. Same length: completion and logprobs. Never re-tokenised (law 4).
 */
export interface TokenCapture {
  readonly prompt: readonly number[]
  readonly completion: readonly number[]
  readonly logprobs: readonly number[]
  /** Of the distribution that each completion token was drawn from, in nats, where the sampler said it. Same length. */
  readonly entropies?: readonly number[]
}

export interface Completion {
  readonly message: AssistantMessage
  readonly finish: 'stop' | 'length' | 'tool'
  /** Absent where the server did not say: not the same as zero. */
  readonly usage?: Usage
  readonly costUsd?: number
  readonly tokens?: TokenCapture
  /** Why the server's token ids were not believed, where it sent some. */
  readonly tokensRefused?: string
  /** How many requests this answer took. */
  readonly attempts?: number
  /** The number of updates the answering policy had seen, where it is one that learns. */
  readonly policyVersion?: number
}

/** Where an episode, or a fork of one, stands: what was done so far, and what its world shows now. */
export interface Standing {
  readonly steps: readonly { readonly observation: Observation; readonly action: AssistantMessage }[]
  readonly observation: Observation
}

export interface CompleteOptions {
  readonly signal?: AbortSignal
  /** Where the call was made, for a stand-in that goes by more than it is shown: the answer key behind an oracle. */
  readonly standing?: Standing
}

export interface Model {
  readonly id: string
  /** Rejects with a ModelError when no answer can be had. Stops promptly when `signal` aborts. */
  complete(request: ModelRequest, options?: CompleteOptions): Promise<Completion>
}

/** Why a model gave no answer. `retryAfterMs` is the server's own wish. */
export class ModelError extends Error {
  readonly code: ModelErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  constructor(
    code: ModelErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'ModelError'
    this.code = code
    this.retryable = failureClass(code).tries > 1
    this.retryAfterMs = options.retryAfterMs
  }
}
