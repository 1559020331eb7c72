/** What worlds and models say to each other: plain JSON, stored as it is. Knows nothing of tokens. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface TextPart {
  readonly type: 'text'
  readonly text: string
}

/** `data` is base64. */
export interface ImagePart {
  readonly type: 'image'
  readonly mimeType: string
  readonly data: string
}

export type Part = TextPart | ImagePart

/** A function the world offers. `parameters` is a JSON Schema. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly parameters: Json
}

/** `arguments` is the parsed object, or the model's own text where that text was no JSON. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: Json
}

export interface AssistantMessage {
  readonly role: 'assistant'
  readonly content: string
  readonly thinking?: string
  readonly calls?: readonly ToolCall[]
}

export type Message =
  | { readonly role: 'system' | 'user'; readonly content: string | readonly Part[] }
  | {
      readonly role: 'tool'
      readonly content: string | readonly Part[]
      readonly callId: string
      readonly isError?: boolean
    }
  | AssistantMessage

/** What a world shows. */
export interface Observation {
  readonly messages: readonly Message[]
  readonly tools?: readonly ToolSpec[]
  /** A state set aside for testing: what is done here in passing is played and judged, and never trained on. */
  readonly heldOut?: true
}

export const system = (content: string): Message => ({ role: 'system', content })
export const user = (content: string | readonly Part[]): Message => ({ role: 'user', content })
export const assistant = (content: string): AssistantMessage => ({ role: 'assistant', content })

/** The text of a message, its text parts joined by newlines. Images are left out. */
export function textOf(message: Message): string {
  if (typeof message.content === 'string') return message.content
  return message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
}
