/**
 * Tools in a model's text the way Hermes began and Qwen 2.5 writes it: signatures in the system message, a call as JSON
 * between `<tool_call>` and `</tool_call>`. Knows no tokens.
 */
import { type AssistantMessage, assistant, type Json, type ToolCall, type ToolSpec } from '../core/index.ts'

/** Some tokenizers have tokens of their own for them. */
export const TOOL_MARKS = ['<tool_call>', '</tool_call>', '<tool_response>', '</tool_response>'] as const

/** What the system message says around the signatures: Qwen 2.5's words, which models were trained on. */
export const OFFER = {
  before:
    '# Tools\n\nYou may call one or more functions to assist with the user query.\n\n' +
    'You are provided with function signatures within <tools></tools> XML tags:\n<tools>',
  after:
    '\n</tools>\n\nFor each function call, return a json object with function name and arguments within ' +
    '<tool_call></tool_call> XML tags:\n<tool_call>\n' +
    '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>',
} as const

export const signature = ({ name, description, parameters }: ToolSpec): string =>
  spaced({ type: 'function', function: { name, description, parameters } })

/** Never with the closing mark in it: JSON may write its slash otherwise. */
export const callText = ({ name, arguments: given }: ToolCall): string =>
  spaced({ name, arguments: given }).replaceAll('</tool_call>', '<\\/tool_call>')

/** A text with its calls taken out. What stands between marks and is no call stays text. Ids count calls: 'call-0'. */
export function callsOf(text: string): AssistantMessage {
  const calls: ToolCall[] = []
  const content = text.replace(/\n?<tool_call>([\s\S]*?)<\/tool_call>/g, (whole, json: string) => {
    const call = callFrom(json)
    if (!call) return whole
    calls.push({ id: `call-${calls.length}`, ...call })
    return ''
  })
  return { ...assistant(content), ...(calls.length > 0 && { calls }) }
}

function callFrom(text: string): Omit<ToolCall, 'id'> | undefined {
  let json: Json | undefined
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null || !('name' in json) || typeof json.name !== 'string') return undefined
  return { name: json.name, arguments: json['arguments'] ?? {} }
}

/** JSON with spaces where Python, and so every model's training data, has them. */
function spaced(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`).join(', ')}}`
}
