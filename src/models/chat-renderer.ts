/**
 * Ludus' own chat format, for models trained from nothing: each message is a role token, its text and an end token.
 * Roles and ends have ids of their own, behind the tokenizer's, so no text can forge them.
 */
import { type AssistantMessage, assistant, type Message, type Renderer, type Spelling, textOf } from '../core/index.ts'
import { spellingOf } from './spelling.ts'
import type { Tokenizer } from './tokenizer.ts'

const ROLES = ['system', 'user', 'assistant', 'tool'] as const

/** How many ids the format needs besides the tokenizer's. */
export const MARKS = ROLES.length + 1

/** Throws on tools and images: this format has no words for them. */
export function chatRenderer(tokenizer: Tokenizer): Renderer {
  const end = tokenizer.size + ROLES.length
  const mark = (role: (typeof ROLES)[number]): number => tokenizer.size + ROLES.indexOf(role)
  const opening = mark('assistant')
  const render = (message: Message): number[] => [mark(message.role), ...tokenizer.encode(plain(message)), end]
  const completion = (message: AssistantMessage): number[] => render(message).slice(1)
  let spelling: Spelling | undefined
  return {
    id: `chat-${tokenizer.size}`,
    stop: [end],
    completion,
    prompt(messages, tools = []) {
      if (tools.length > 0) throw new Error("the chat format has no words for tools; this model can't be offered any")
      return [...messages.flatMap(render), opening]
    },
    parse: (tokens) => assistant(tokenizer.decode(tokens.filter((token) => token < tokenizer.size))),
    spelling() {
      spelling ??= spellingOf(tokenizer.spelled)
      return spelling
    },
    bridge: (prompt, sampled, messages) => [
      ...prompt,
      ...sampled,
      ...(sampled.at(-1) === end ? [] : [end]),
      ...messages.flatMap(render),
      opening,
    ],
  }
}

function plain(message: Message): string {
  if (typeof message.content !== 'string' && message.content.some((part) => part.type === 'image')) {
    throw new Error("the chat format has no words for images; this model can't be shown any")
  }
  if (message.role === 'assistant' && message.calls?.length)
    throw new Error('the chat format has no words for tool calls')
  return textOf(message)
}
