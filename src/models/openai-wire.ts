/** Our messages in the JSON of `/chat/completions`, and its answer as a Completion. Knows nothing of sockets. */
import { z } from 'zod'
import {
  type AssistantMessage,
  type Completion,
  type Message,
  ModelError,
  type ModelRequest,
  type Part,
  type ToolCall,
  type ToolSpec,
} from '../core/index.ts'
import { verifyCapture } from './token-capture.ts'
import { argumentsFrom, isSilent, wireSeed } from './wire.ts'

/** The request's JSON; what is undefined is not sent. Thinking is not sent back: most servers refuse the field. */
export function bodyOf(model: string, { messages, tools, sampling = {} }: ModelRequest): Record<string, unknown> {
  const { temperature, topK, topP, maxTokens, stop, seed } = sampling
  return {
    model,
    messages: messages.map(messageOf),
    // An empty list is refused by some.
    tools: tools?.length ? tools.map(toolOf) : undefined,
    temperature,
    // Not OpenAI's own; vLLM, SGLang and llama.cpp take it.
    top_k: topK,
    top_p: topP,
    max_tokens: maxTokens,
    stop: stop?.length ? stop : undefined,
    seed: wireSeed(seed),
  }
}

function messageOf(message: Message): Record<string, unknown> {
  const { role } = message
  if (role === 'tool') return { role, tool_call_id: message.callId, content: contentOf(message.content) }
  if (role !== 'assistant') return { role, content: contentOf(message.content) }
  return { role, content: message.content, tool_calls: message.calls?.length ? message.calls.map(callOf) : undefined }
}

function contentOf(content: string | readonly Part[]): unknown {
  if (typeof content === 'string') return content
  return content.map((part) =>
    part.type === 'text'
      ? { type: 'text', text: part.text }
      : { type: 'image_url', image_url: { url: `data:${part.mimeType};base64,${part.data}` } },
  )
}

// Arguments that were no JSON go out as a JSON string: servers parse the history, and one bad call in it would make
// every later request of the conversation fail (vLLM #43995).
const callOf = ({ id, name, arguments: given }: ToolCall): Record<string, unknown> => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(given) },
})

const toolOf = ({ name, description, parameters }: ToolSpec): Record<string, unknown> => ({
  type: 'function',
  function: { name, description, parameters },
})

const Call = z.object({
  id: z.string().nullish(),
  function: z.object({ name: z.string(), arguments: z.json().optional() }),
})

const Choice = z.object({
  message: z.object({
    content: z.string().nullish(),
    refusal: z.string().nullish(),
    reasoning_content: z.string().nullish().catch(null),
    reasoning: z.string().nullish().catch(null),
    tool_calls: z.array(Call).nullish(),
  }),
  finish_reason: z.string().nullish(),
  logprobs: z.object({ content: z.unknown().optional() }).nullish().catch(null),
  prompt_token_ids: z.unknown().optional(),
  token_ids: z.unknown().optional(),
})

const Answer = z.object({
  choices: z.tuple([Choice], z.unknown()),
  prompt_token_ids: z.unknown().optional(),
  usage: z
    .object({ prompt_tokens: z.number().optional(), completion_tokens: z.number().optional() })
    .nullish()
    .catch(null),
})

export interface Asked {
  readonly request: ModelRequest
  /** The model's id, for what is thrown. */
  readonly who: string
  /** What may be shown of a body in an error. */
  quote(body: string): string
}

/** `body` is a successful answer's. Throws a ModelError where it is no answer. */
export function completionOf(body: string, { request, who, quote }: Asked): Completion {
  const answer = answerOf(body, (what) => new ModelError('malformed', `${who} answered with ${what}: ${quote(body)}`))
  const [choice] = answer.choices
  const reasoning = choice.message.reasoning_content ?? choice.message.reasoning
  const message = assistantOf(choice, reasoning, request)
  const promptTokens = answer.usage?.prompt_tokens
  const completionTokens = answer.usage?.completion_tokens
  const counted = promptTokens !== undefined && completionTokens !== undefined
  const rewritten = message.calls !== undefined || typeof reasoning === 'string'
  return {
    message,
    finish: finishOf(who, choice.finish_reason, message),
    ...(counted && { usage: { promptTokens, completionTokens } }),
    ...verifyCapture({
      // Of the request as a whole with vLLM, of each choice with SGLang.
      prompt: answer.prompt_token_ids ?? choice.prompt_token_ids,
      completion: choice.token_ids,
      logprobs: choice.logprobs?.content,
      promptTokens,
      completionTokens,
      text: rewritten ? undefined : message.content,
      stop: request.sampling?.stop,
    }),
  }
}

function answerOf(body: string, malformed: (what: string) => ModelError): z.infer<typeof Answer> {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw malformed('something that is no JSON')
  }
  const { data, error } = Answer.safeParse(json)
  if (data) return data
  throw malformed(`JSON that is no chat completion (at '${error.issues[0]?.path.join('.')}')`)
}

function assistantOf(
  { message }: z.infer<typeof Choice>,
  reasoning: string | null | undefined,
  request: ModelRequest,
): AssistantMessage {
  const calls = message.tool_calls?.map(({ id, function: { name, arguments: given = '' } }, i) => ({
    // Some servers leave the id out; it has to be unique in the conversation.
    id: id || `call-${request.messages.length}-${i}`,
    name,
    arguments: typeof given === 'string' ? argumentsFrom(given) : given,
  }))
  return {
    role: 'assistant',
    content: message.content ?? message.refusal ?? '',
    ...(reasoning && { thinking: reasoning }),
    ...(calls?.length && { calls }),
  }
}

/** An answer that the provider broke off or withheld is not what the model had to say, so it is none (law 1). */
function finishOf(who: string, reason: string | null | undefined, message: AssistantMessage): Completion['finish'] {
  if (reason === 'abort' || reason === 'error') {
    throw new ModelError('server', `${who} broke off its answer (finish reason '${reason}')`)
  }
  if (reason === 'content_filter' && isSilent(message)) {
    throw new ModelError('refused', `${who} withheld its answer (content filter)`)
  }
  if (reason === 'length') return 'length'
  return message.calls ? 'tool' : 'stop'
}
