/** An engine and a renderer make a model: messages in, a message out, and every token that passed between. */
import {
  type AssistantMessage,
  type Completion,
  type Engine,
  type Message,
  type Model,
  ModelError,
  type ModelRequest,
  type Renderer,
  type Sample,
  type Sampling,
  type TokenCapture,
  type ToolSpec,
} from '../core/index.ts'

interface Spoken {
  readonly messages: readonly Message[]
  readonly tools: readonly ToolSpec[]
  readonly prompt: readonly number[]
  readonly completion: readonly number[]
}

/** Sampling that a request leaves open: temperature 1 (what the policy is), 32 tokens, seed 0. */
const defaults = { temperature: 1, maxTokens: 32, seed: 0 } satisfies Sampling

/** The model speaks with the engine's current weights; `policyVersion` on each completion says which those were. */
export function engineModel(engine: Engine, renderer: Renderer): Model {
  // What it said before, by the very message object it handed out: a conversation that continues from there
  // continues from the same tokens (law 4).
  const spoken = new WeakMap<AssistantMessage, Spoken>()
  return {
    id: `engine:${engine.id}`,
    async complete({ messages, tools = [], sampling = {} }: ModelRequest): Promise<Completion> {
      const { stop: texts = [], ...drawing } = sampling
      if (texts.includes('')) throw new ModelError('refused', 'an empty stop string would end every answer at once')
      const prompt = continued({ messages, tools }, spoken, renderer) ?? renderer.prompt(messages, tools)
      const policyVersion = engine.version
      const stop = {
        stop: renderer.stop,
        ...(texts.length > 0 && { stopTexts: { texts, spelling: renderer.spelling() } }),
      }
      const [sample] = await engine.sample(prompt, { ...defaults, ...drawing, ...stop }).catch((cause) => {
        throw new ModelError(cause instanceof RangeError ? 'context' : 'server', cause.message, { cause })
      })
      if (!sample) throw new ModelError('malformed', 'the engine returned no sample')
      const message = cutAt(texts, renderer.parse(sample.tokens))
      spoken.set(message, { messages, tools, prompt, completion: sample.tokens })
      return {
        message,
        finish: sample.finish,
        usage: { promptTokens: prompt.length, completionTokens: sample.tokens.length },
        costUsd: 0,
        tokens: capture(prompt, sample),
        policyVersion,
      }
    },
  }
}

const capture = (prompt: readonly number[], { tokens, logprobs, entropies }: Sample): TokenCapture => ({
  ...{ prompt, completion: tokens, logprobs },
  ...(entropies && { entropies }),
})

/** Without the first of the texts and what follows it. The tokens keep it: those were sampled, and are learned from. */
function cutAt(texts: readonly string[], message: AssistantMessage): AssistantMessage {
  const places = texts.map((text) => message.content.indexOf(text)).filter((at) => at >= 0)
  return places.length > 0 ? { ...message, content: message.content.slice(0, Math.min(...places)) } : message
}

/** The prompt of a conversation whose last turn was ours and whose beginning, tools included, is what we were shown. */
function continued(
  { messages, tools }: Pick<Spoken, 'messages' | 'tools'>,
  spoken: WeakMap<AssistantMessage, Spoken>,
  renderer: Renderer,
): number[] | null {
  const last = messages.findLastIndex((message) => message.role === 'assistant')
  const said = last < 0 ? undefined : spoken.get(messages[last] as AssistantMessage)
  if (!said || !renderer.bridge) return null
  const same =
    said.messages.length === last &&
    said.messages.every((message, i) => message === messages[i]) &&
    JSON.stringify(said.tools) === JSON.stringify(tools)
  return same ? renderer.bridge(said.prompt, said.completion, messages.slice(last + 1)) : null
}
