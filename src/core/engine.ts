/** Where weights live. Six methods, a seventh where there is a head; every algorithm is arithmetic on what they return. */
import type { AssistantMessage, Message, ToolSpec } from './message.ts'

export interface TokenSampling {
  /** Samples drawn for the one prompt. */
  readonly n?: number
  /** 1 unless given; 0 is greedy. */
  readonly temperature?: number
  /** Draw among so many of the likeliest tokens alone, and among the fewest that come to this probability. */
  readonly topK?: number
  readonly topP?: number
  readonly maxTokens: number
  /** Token ids that end a sample; the one that did is its last token. */
  readonly stop: readonly number[]
  /** Texts that end a sample as well; the token that completed one is its last. */
  readonly stopTexts?: StopTexts
  readonly seed: number
}

/** Texts, none of them empty, for an engine that knows tokens alone: with what those say. */
export interface StopTexts {
  readonly texts: readonly string[]
  readonly spelling: Spelling
}

/** What every token says in UTF-8: a word, part of a character, or nothing. In shared memory, so that threads copy none. */
export interface Spelling {
  /** Those of all ids in a row; `ends[id]` is where an id's end and the next one's begin. */
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
  /** Whether a text loses the space that it begins with. */
  readonly dropsSpace: boolean
}

export interface Sample {
  readonly tokens: number[]
  /** Per token, under the distribution it was drawn from; for greedy sampling under temperature 1. */
  readonly logprobs: number[]
  /** Per token, the entropy of that distribution in nats; absent where the engine does not say. */
  readonly entropies?: number[]
  readonly finish: 'stop' | 'length'
}

/** A sequence and, per token, its weight in the loss. Same lengths; the first token is given, so weights[0] must be 0. */
export interface Datum {
  readonly tokens: readonly number[]
  readonly weights: readonly number[]
  /** Per token, a weight for each of its scores, or null for none; only for an engine with a head. Same length. */
  readonly scoreWeights?: readonly (readonly number[] | null)[]
  /** Whose words these are: for the record of what was learned, and for no engine. */
  readonly of?: Origin
}

/** Where a sequence came from. */
export interface Origin {
  /** The trajectory's id, and how many calls `callsOf` says it has. */
  readonly trajectory: string
  readonly calls: number
  readonly completions: readonly Span[]
  /** Per token, how much better it was than expected; what stands at context means nothing. Absent where nobody says. */
  readonly advantages?: readonly number[]
}

/** Where the completion of a call stands in a sequence: tokens from `start` up to, and without, `end`. */
export interface Span {
  /** Its place in `callsOf`. */
  readonly call: number
  readonly start: number
  readonly end: number
  /** Whether its tokens are those that were sampled. Else they were made of its text, or of another's. */
  readonly captured: boolean
}

export interface Engine {
  readonly id: string
  /** Updates made since the weights were new: what a sample's policy version is. */
  readonly version: number
  /** The longest sequence, prompt and completion together, in tokens. */
  readonly context: number
  /** Concurrent calls are gathered into batches. Rejects with a sentence when prompt + maxTokens exceeds the context. */
  sample(prompt: readonly number[], sampling: TokenSampling): Promise<Sample[]>
  /** log p(token | tokens before it), per token of each sequence; 0 for the first. */
  logprobs(sequences: readonly (readonly number[])[]): Promise<number[][]>
  /**
   * The numbers of a head, k per token of each sequence: a value, a reward, a class's logits. A token's have seen the
   * token itself and those before it. Absent where the engine has no head.
   */
  scores?(sequences: readonly (readonly number[])[]): Promise<number[][][]>
  /**
   * −Σ weights·log p − Σ scoreWeights·score over all data; its gradient is added to what has accumulated since the
   * last step.
   */
  backward(data: readonly Datum[]): Promise<{ loss: number }>
  /** One AdamW update with the accumulated gradient, clipped to a global norm of `clip`. `gradNorm` is before clipping. */
  step(options: {
    readonly lr: number
    readonly clip?: number
    readonly weightDecay?: number
  }): Promise<{ gradNorm: number }>
  /** Weights and optimiser state, to a folder. */
  save(path: string): Promise<void>
  load(path: string): Promise<void>
}

/** Between messages and tokens. */
export interface Renderer {
  readonly id: string
  /** Tokens that end an assistant's turn. */
  readonly stop: readonly number[]
  /** The conversation up to the point where the assistant speaks. */
  prompt(messages: readonly Message[], tools?: readonly ToolSpec[]): number[]
  parse(tokens: readonly number[]): AssistantMessage
  /** What its tokens say, the same object every time; those that are no text say nothing. */
  spelling(): Spelling
  /** A turn somebody else wrote, as the tokens to be learned, the stop token included. */
  completion(message: AssistantMessage): number[]
  /**
   * The next turn's prompt: the ids of the last one, of what was sampled, and of the messages since, none of
   * them tokenised again. null where that cannot be done without changing what the model saw.
   */
  bridge?(prompt: readonly number[], completion: readonly number[], messages: readonly Message[]): number[] | null
}
