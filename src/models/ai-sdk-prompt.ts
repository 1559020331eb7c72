/** Our messages in the AI SDK's prompt format, versions 3 and 4, which differ only in how they write an image. */
import type {
  LanguageModelV3Prompt,
  LanguageModelV3ToolResultPart,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider'
import { type AssistantMessage, type ImagePart, type Message, ModelError, type Part, textOf } from '../core/index.ts'

type Text = { type: 'text'; text: string }
type File<Data> = { type: 'file'; mediaType: string; data: Data }
type Call = { type: 'tool-call'; toolCallId: string; toolName: string; input: unknown }
type Spoken = Text | { type: 'reasoning'; text: string } | Call
type Result<Output> = { type: 'tool-result'; toolCallId: string; toolName: string; output: Output }

type Prompt<Data, Output> = (
  | { role: 'system'; content: string }
  | { role: 'user'; content: (Text | File<Data>)[] }
  | { role: 'assistant'; content: Spoken[] }
  | { role: 'tool'; content: Result<Output>[] }
)[]

/** How one version writes what they do not share. */
interface Dialect<Data, Output> {
  data(base64: string): Data
  output(content: readonly Part[]): Output
}

type OutputV4 = LanguageModelV4ToolResultPart['output']
type OutputV3 = LanguageModelV3ToolResultPart['output']
type DataV4 = { type: 'data'; data: string }

/** Throws a ModelError 'refused' on an image in a system message: the format has no place for it. */
export const promptV4 = (messages: readonly Message[]): LanguageModelV4Prompt =>
  promptIn<DataV4, OutputV4>(messages, {
    data: (data) => ({ type: 'data', data }),
    output: (content) => ({
      type: 'content',
      value: content.map((part) =>
        part.type === 'text' ? text(part.text) : file(part, { type: 'data', data: part.data }),
      ),
    }),
  })

/** Throws as `promptV4` does. */
export const promptV3 = (messages: readonly Message[]): LanguageModelV3Prompt =>
  promptIn<string, OutputV3>(messages, {
    data: (data) => data,
    output: (content) => ({
      type: 'content',
      value: content.map((part) =>
        part.type === 'text' ? text(part.text) : { type: 'image-data', data: part.data, mediaType: part.mimeType },
      ),
    }),
  })

const text = (words: string): Text => ({ type: 'text', text: words })
const file = <Data>({ mimeType }: ImagePart, data: Data): File<Data> => ({ type: 'file', mediaType: mimeType, data })

const hasImage = ({ content }: Message): boolean =>
  typeof content !== 'string' && content.some((part) => part.type === 'image')

type Plain = { type: 'text' | 'error-text'; value: string }

function promptIn<Data, Output>(
  messages: readonly Message[],
  dialect: Dialect<Data, Output>,
): Prompt<Data, Output | Plain> {
  // The format wants the name of the tool with its result.
  const names = new Map<string, string>()
  return messages.map((message) => {
    const { role, content } = message
    if (role === 'assistant') {
      for (const { id, name } of message.calls ?? []) names.set(id, name)
      return { role, content: spoken(message) }
    }
    if (role === 'tool') {
      const value = textOf(message)
      const plain: Plain = { type: message.isError ? 'error-text' : 'text', value }
      const output = typeof content !== 'string' && hasImage(message) ? dialect.output(content) : plain
      const toolName = names.get(message.callId) ?? 'unknown'
      return { role, content: [{ type: 'tool-result', toolCallId: message.callId, toolName, output }] }
    }
    if (role === 'user') {
      const parts = typeof content === 'string' ? [text(content)] : content
      return {
        role,
        content: parts.map((part) => (part.type === 'text' ? text(part.text) : file(part, dialect.data(part.data)))),
      }
    }
    if (hasImage(message)) throw new ModelError('refused', 'a system message with an image cannot be sent')
    return { role, content: textOf(message) }
  })
}

/** Empty texts are refused by some providers, and mean nothing beside a call. */
function spoken({ content, thinking, calls = [] }: AssistantMessage): Spoken[] {
  return [
    ...(thinking ? [{ type: 'reasoning' as const, text: thinking }] : []),
    ...(content || calls.length === 0 ? [text(content)] : []),
    ...calls.map(
      ({ id, name, arguments: input }): Call => ({ type: 'tool-call', toolCallId: id, toolName: name, input }),
    ),
  ]
}
