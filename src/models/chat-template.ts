/** A model's chat template, in Jinja: a conversation to the text that the model was taught to see. Knows no tokens. */
import { Template } from '@huggingface/jinja'
import { type Json, type Message, type ToolSpec, textOf } from '../core/index.ts'

export interface ChatTemplate {
  /** Whether it has words for tools. */
  readonly tools: boolean
  /** `open`: up to the point where the assistant speaks. Throws a sentence on what the template has no words for. */
  render(messages: readonly Message[], options: { readonly tools: readonly ToolSpec[]; readonly open: boolean }): string
}

/** Sources by name: 'default', and sometimes 'tool_use' for conversations with tools. */
export type TemplateSources = Readonly<Record<string, string>>

/**
 * The day that every template believes it is: the one that Llama's own falls back to. Same seed, same world: a prompt
 * does not change overnight.
 */
const TODAY: Readonly<Record<string, string>> = {
  ...{ '%d': '26', '%m': '07', '%Y': '2024', '%b': 'Jul', '%B': 'July', '%A': 'Friday', '%a': 'Fri' },
  ...{ '%y': '24', '%j': '208', '%H': '00', '%I': '12', '%M': '00', '%S': '00', '%p': 'AM', '%%': '%' },
}
// The newline goes with the tag it follows, so that the template's own first line stays as it is.
const PREAMBLE = '{% set strftime_now = today %}\n'
const today = (format: string): string => format.replace(/%./g, (code) => TODAY[code] ?? code)

/** `tokens`: what templates know special tokens by, such as bos_token. Throws a sentence where a source is no template. */
export function chatTemplate(sources: TemplateSources, tokens: Readonly<Record<string, string>>): ChatTemplate {
  const compiled = Object.entries(sources).map(([name, source]) => [name, compile(name, source)] as const)
  const [plain, withTools] = ['default', 'tool_use'].map((name) => compiled.find(([given]) => given === name)?.[1])
  return {
    tools: (withTools ?? plain)?.mentions('tools') ?? false,
    render(messages, { tools, open }) {
      const template = (tools.length > 0 ? withTools : undefined) ?? plain
      if (!template) throw new Error(`there is no chat template 'default' among ${Object.keys(sources).join(', ')}`)
      if (tools.length > 0 && !template.mentions('tools'))
        throw new Error("the chat template has no words for tools; this model can't be offered any")
      const calls = messages.some((message) => message.role === 'assistant' && message.calls?.length)
      if (calls && !template.mentions('tool_calls')) throw new Error('the chat template has no words for tool calls')
      return template.render({
        ...tokens,
        messages: messages.map((message, i) => toTemplate(message, messages.slice(0, i))),
        // Templates ask whether they are none, not whether they are there.
        tools: tools.length > 0 ? tools.map((tool) => ({ type: 'function', function: { ...tool } })) : null,
        documents: null,
        add_generation_prompt: open,
        today,
      })
    },
  }
}

interface Compiled {
  mentions(name: string): boolean
  render(variables: Record<string, unknown>): string
}

function compile(name: string, source: string): Compiled {
  let template: Template
  try {
    template = new Template(PREAMBLE + source)
  } catch (cause) {
    throw new Error(`the chat template '${name}' cannot be read: ${(cause as Error).message}`, { cause })
  }
  return {
    mentions: (word) => new RegExp(`\\b${word}\\b`).test(source),
    render(variables) {
      try {
        return template.render(variables)
      } catch (cause) {
        throw new Error(`the chat template cannot write this conversation: ${(cause as Error).message}`, { cause })
      }
    },
  }
}

/** A message in the words that templates use, which are OpenAI's. A tool's answer names the tool that was called. */
function toTemplate(message: Message, before: readonly Message[]): Record<string, Json> {
  if (typeof message.content !== 'string' && message.content.some((part) => part.type === 'image'))
    throw new Error("the chat template is given no images; this model can't be shown any")
  const { role } = message
  const content = textOf(message)
  if (message.role === 'tool') {
    const { callId } = message
    const name = nameOf(callId, before)
    return { role, content, tool_call_id: callId, ...(name !== undefined && { name }) }
  }
  if (message.role !== 'assistant') return { role, content }
  const { thinking, calls } = message
  return {
    ...{ role, content },
    ...(thinking !== undefined && { reasoning_content: thinking }),
    ...(calls?.length && {
      tool_calls: calls.map((call) => ({
        id: call.id,
        type: 'function',
        function: { name: call.name, arguments: call.arguments },
      })),
    }),
  }
}

function nameOf(callId: string, before: readonly Message[]): string | undefined {
  const calls = before.flatMap((message) => (message.role === 'assistant' ? (message.calls ?? []) : []))
  return calls.findLast((call) => call.id === callId)?.name
}
