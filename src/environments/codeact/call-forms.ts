/** How a call of a tool is told from what else a message says, where the way to act is not code. */
import { type AssistantMessage, assistant, type Json } from '../../core/index.ts'
import type { Asked, Tool, Value } from './tool.ts'

export interface CallForm {
  readonly says: string
  /** The call in a message, or null where it holds none. */
  read(message: AssistantMessage): Asked | null
  write(tool: Tool, given: readonly Value[]): AssistantMessage
}

/** A tool call of the model's own, or the same as JSON in its text. */
export const json: CallForm = {
  says: 'To call a tool, answer with {"tool": name, "args": {parameter: value}} and nothing else.',
  read({ content, calls }) {
    const [call] = calls ?? []
    if (call) return { tool: call.name, given: call.arguments }
    const { tool, args } = objectIn(content) ?? {}
    return typeof tool === 'string' ? { tool, given: args ?? {} } : null
  },
  write({ name, parameters }, given) {
    const args = Object.fromEntries(Object.keys(parameters).map((parameter, i) => [parameter, given[i]!]))
    return assistant(JSON.stringify({ tool: name, args }))
  },
}

export const text: CallForm = {
  says: 'To call a tool, answer with one line `Action: name, argument, argument`.',
  read({ content }) {
    const line = content.split('\n').find((one) => one.trimStart().startsWith('Action:'))
    if (line === undefined) return null
    const [tool = '', ...given] = line
      .slice(line.indexOf(':') + 1)
      .split(',')
      .map((part) => part.trim())
    return { tool, given }
  },
  write: ({ name }, given) => assistant(`Action: ${[name, ...given].join(', ')}`),
}

/** The object from the first brace to the last. */
function objectIn(content: string): Readonly<Record<string, Json>> | undefined {
  try {
    return JSON.parse(content.slice(content.indexOf('{'), content.lastIndexOf('}') + 1))
  } catch {
    return undefined
  }
}
