/**
 * Any model of the AI SDK (https://ai-sdk.dev) behind our Model: one `doGenerate` a call, never its loops or retries.
 * Providers are optional packages, imported by name when asked for; knows none of them.
 */
import type { LanguageModelV3, LanguageModelV4, LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import {
  type AssistantMessage,
  type Completion,
  type Model,
  ModelError,
  type ModelRequest,
  type ToolSpec,
} from '../core/index.ts'
import { aiSdkError } from './ai-sdk-error.ts'
import { promptV3, promptV4 } from './ai-sdk-prompt.ts'
import { checkTimeout, within } from './deadline.ts'
import { argumentsFrom, isSilent, wireSeed } from './wire.ts'

export interface AiSdkOptions {
  /** For a whole call, 120 s unless given. */
  readonly timeoutMs?: number
}

type LanguageModel = LanguageModelV3 | LanguageModelV4
type Result = Awaited<ReturnType<LanguageModel['doGenerate']>>

/** `id` is `ai:<provider>/<model>`, the provider without what follows a dot ('openai.responses'). */
export function aiSdkModel(languageModel: LanguageModel, { timeoutMs = 120_000 }: AiSdkOptions = {}): Model {
  checkTimeout(timeoutMs)
  const { specificationVersion: version, provider, modelId } = languageModel
  const who = `ai:${provider.split('.')[0]}/${modelId}`
  if (version !== 'v3' && version !== 'v4') {
    throw new Error(
      `${who} speaks version '${version}' of the AI SDK's model interface, not v3 or v4: update its package`,
    )
  }
  const generate = async (request: ModelRequest, signal: AbortSignal): Promise<Completion> => {
    let result: Result
    try {
      result = await generated(languageModel, request, signal)
    } catch (error) {
      throw aiSdkError(who, error)
    }
    return completionOf(who, result)
  }
  return {
    id: who,
    complete: (request, { signal } = {}) => within({ who, timeoutMs, signal }, (ended) => generate(request, ended)),
  }
}

function generated(model: LanguageModel, request: ModelRequest, abortSignal: AbortSignal): PromiseLike<Result> {
  const { messages, tools, sampling = {} } = request
  const { temperature, topK, topP, maxTokens, stop, seed } = sampling
  const options = {
    abortSignal,
    ...(tools?.length && { tools: tools.map(toolOf) }),
    ...(temperature !== undefined && { temperature }),
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(stop?.length && { stopSequences: [...stop] }),
    ...(seed !== undefined && { seed: wireSeed(seed) as number }),
  }
  return model.specificationVersion === 'v3'
    ? model.doGenerate({ ...options, prompt: promptV3(messages) })
    : model.doGenerate({ ...options, prompt: promptV4(messages) })
}

const toolOf = ({ name, description, parameters }: ToolSpec): LanguageModelV4FunctionTool => ({
  type: 'function',
  name,
  description,
  inputSchema: parameters as LanguageModelV4FunctionTool['inputSchema'],
})

function completionOf(who: string, { content, finishReason, usage }: Result): Completion {
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  const thinking = content.flatMap((part) => (part.type === 'reasoning' && part.text ? [part.text] : []))
  const calls = content.flatMap((part) =>
    part.type === 'tool-call' && !part.providerExecuted
      ? [{ id: part.toolCallId, name: part.toolName, arguments: argumentsFrom(part.input) }]
      : [],
  )
  const message: AssistantMessage = {
    role: 'assistant',
    content: text.join(''),
    ...(thinking.length > 0 && { thinking: thinking.join('\n') }),
    ...(calls.length > 0 && { calls }),
  }
  const promptTokens = usage.inputTokens.total
  const completionTokens = usage.outputTokens.total
  const counted = promptTokens !== undefined && completionTokens !== undefined
  return {
    message,
    finish: finishOf(who, finishReason.unified, message),
    ...(counted && { usage: { promptTokens, completionTokens } }),
  }
}

/** An answer that the provider broke off or withheld is not what the model had to say, so it is none (law 1). */
function finishOf(
  who: string,
  reason: Result['finishReason']['unified'],
  message: AssistantMessage,
): Completion['finish'] {
  if (reason === 'error') throw new ModelError('server', `${who} broke off its answer (finish reason 'error')`)
  if (reason === 'interrupted') throw new ModelError('connection', `${who} broke off its answer before it was complete`)
  if (reason === 'content-filter' && isSilent(message)) {
    throw new ModelError('refused', `${who} withheld its answer (content filter)`)
  }
  if (reason === 'length') return 'length'
  return message.calls ? 'tool' : 'stop'
}

/**
 * 'openai/gpt-5' → the default provider of `@ai-sdk/openai`, which takes its key and URL from the environment. Throws
 * a sentence where the name has no slash, the package is not installed, or it exports no such provider.
 */
export async function loadAiSdkModel(name: string, options: AiSdkOptions = {}): Promise<Model> {
  const [, provider, modelId] = /^([a-z0-9][a-z0-9-]*)\/(.+)$/s.exec(name) ?? []
  if (!provider || !modelId) throw new Error(`'${name}' is not <provider>/<model>, like openai/gpt-5`)
  const library = `@ai-sdk/${provider}`
  const exported = await imported(library)
  const wanted = provider.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase())
  const create: unknown = exported[wanted]
  if (typeof create !== 'function') {
    throw new Error(`${library} exports no provider '${wanted}'; make the model yourself and hand it to aiSdkModel`)
  }
  const model: unknown = create(modelId)
  if (!isLanguageModel(model)) throw new Error(`'${wanted}' of ${library} made no language model from '${modelId}'`)
  return { ...aiSdkModel(model, options), id: `ai:${name}` }
}

async function imported(library: string): Promise<Record<string, unknown>> {
  try {
    return await import(library)
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
    // What the package itself imports may be missing too; that is another matter.
    if (missing && cause.message.includes(`'${library}'`)) {
      throw new Error(`${library} is not installed; run: npm install ${library}`, { cause })
    }
    throw cause
  }
}

const isLanguageModel = (value: unknown): value is LanguageModel =>
  typeof value === 'object' && value !== null && 'doGenerate' in value && typeof value.doGenerate === 'function'
