/** What a message asks of a competition: one JSON object, as MLE-Dojo has it, a tool call, or a block of Python. */
import { type AssistantMessage, fences, type Json, pythonOf, type ToolSpec } from '../../core/index.ts'

export const INFO = ['overview', 'sample_submission', 'data_structure', 'data_path', 'output_path'] as const
export type Info = (typeof INFO)[number]

export type MleAction =
  | { readonly action: 'request_info'; readonly info: Info }
  | { readonly action: 'validate_code' | 'execute_code'; readonly code: string }
  | { readonly action: 'get_history' | 'reset' }
  | { readonly action: 'nothing'; readonly why: string }

const code = { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] } as const
const none = { type: 'object', properties: {} } as const

export const mleTools: readonly ToolSpec[] = [
  {
    name: 'request_info',
    description: 'Read about the competition.',
    parameters: { type: 'object', properties: { info_type: { type: 'string', enum: INFO } }, required: ['info_type'] },
  },
  { name: 'validate_code', description: 'Run Python without having a submission scored.', parameters: code },
  { name: 'execute_code', description: 'Run Python, and have the submission that it wrote scored.', parameters: code },
  { name: 'get_history', description: 'What you did so far, and what came of it.', parameters: none },
  { name: 'reset', description: 'Start anew in a fresh folder. Scores are kept.', parameters: none },
]

export const RULES = `Each message of yours is one action, a JSON object:
{"action": "request_info", "params": {"info_type": "${INFO.join('|')}"}}
{"action": "validate_code", "params": {"code": "..."}}  runs Python
{"action": "execute_code", "params": {"code": "..."}}  runs Python and scores the submission that it wrote
{"action": "get_history", "params": {}}
{"action": "reset", "params": {}}  starts anew in a fresh folder
A \`\`\`python block instead is executed and scored.`

export function mleAction({ content, calls }: AssistantMessage): MleAction {
  const [call] = calls ?? []
  if (call) return named(call.name, call.arguments)
  const { blocks } = fences(content)
  const asked = json(blocks.find(({ tag }) => tag === 'json')?.code ?? content)
  if (asked) return named(asked['action'], asked['params'])
  const python = pythonOf(blocks)
  return python === null ? nothing('That is no action.') : { action: 'execute_code', code: python }
}

const nothing = (why: string): MleAction => ({ action: 'nothing', why: `${why}\n${RULES}` })

function json(text: string): Readonly<Record<string, Json>> | undefined {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

const objectOf = (value: Json | undefined): Readonly<Record<string, Json>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : undefined

function named(action: Json | undefined, given: Json | undefined): MleAction {
  const params = objectOf(given) ?? {}
  const text = (name: string): string | undefined => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined
    return typeof value === 'string' ? value : undefined
  }
  if (action === 'get_history' || action === 'reset') return { action }
  if (action === 'validate_code' || action === 'execute_code') {
    const program = text('code')
    return program === undefined ? nothing(`'${action}' needs params with 'code', a text.`) : { action, code: program }
  }
  if (action === 'request_info') {
    const info = INFO.find((one) => one === text('info_type'))
    return info ? { action, info } : nothing(`'request_info' needs 'info_type': ${INFO.join(', ')}.`)
  }
  return nothing(`There is no action ${JSON.stringify(action ?? null)?.slice(0, 60)}.`)
}
