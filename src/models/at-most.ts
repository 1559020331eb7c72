/**
 * How many tokens a call can come to at most, before it is made. A token stands for at least one byte of the text it
 * came from in every tokenizer that does not rewrite the text, so bytes bound tokens.
 */
import type { Message, ModelRequest, Part, ToolSpec, Usage } from '../core/index.ts'

/** What a chat template writes around a message: role, markers, line ends. */
const PER_MESSAGE = 32
/** What a provider may add to every prompt unseen; to one with tools Anthropic adds up to 530 (its page on tool use). */
const PER_CALL = 256
const WITH_TOOLS = 1024
/**
 * A guess on the safe side, and the one part of the bound that is no proof: providers count a picture by its size, from
 * under a hundred tokens to some thousands.
 */
const PER_IMAGE = 12_288

/** An upper bound of the usage; the completion's is Infinity where the request does not limit it. */
export function usageAtMost({ messages, tools, sampling = {} }: ModelRequest): Usage {
  let promptTokens = PER_CALL
  for (const message of messages) promptTokens += messageAtMost(message)
  if (tools?.length) promptTokens += WITH_TOOLS + toolsAtMost(tools)
  return { promptTokens, completionTokens: sampling.maxTokens ?? Infinity }
}

function messageAtMost(message: Message): number {
  let tokens = PER_MESSAGE + contentAtMost(message.content)
  if (message.role === 'tool') tokens += Buffer.byteLength(message.callId)
  if (message.role !== 'assistant') return tokens
  if (message.thinking) tokens += Buffer.byteLength(message.thinking)
  // Templates write a call down as JSON, some of them indented.
  if (message.calls?.length) tokens += 2 * Buffer.byteLength(JSON.stringify(message.calls))
  return tokens
}

const contentAtMost = (content: string | readonly Part[]): number =>
  typeof content === 'string'
    ? Buffer.byteLength(content)
    : content.reduce((sum, part) => sum + (part.type === 'text' ? Buffer.byteLength(part.text) : PER_IMAGE), 0)

const known = new WeakMap<readonly ToolSpec[], number>()

/** An episode asks with the same tools at every turn. */
function toolsAtMost(tools: readonly ToolSpec[]): number {
  const tokens = known.get(tools) ?? 2 * Buffer.byteLength(JSON.stringify(tools))
  known.set(tools, tokens)
  return tokens
}
