/** MedAgentGym's actions: one JSON object with exactly two keys, read as strictly as there and no more strictly. */
import type { AssistantMessage } from '../../core/index.ts'

const PARAMS = {
  request_info: ['data_path', 'info_type', 'keyterm'],
  terminal: ['cmd'],
  validate_code: ['code'],
  debug: ['code', 'error_msg'],
} as const

export type ActionName = keyof typeof PARAMS

export type Action =
  | {
      readonly action: 'request_info'
      readonly params: Readonly<Record<'data_path' | 'info_type' | 'keyterm', string>>
    }
  | { readonly action: 'terminal'; readonly params: { readonly cmd: string } }
  | { readonly action: 'validate_code'; readonly params: { readonly code: string } }
  | { readonly action: 'debug'; readonly params: Readonly<Record<'code' | 'error_msg', string>> }

export const actionText = (action: Action): string => JSON.stringify(action)

/**
 * What follows the last `</think>`; of that the ```json block, else all from the first `{` to the last `}`; a Python
 * text in three double quotes is made a JSON one. Returns a sentence where it is no action, or none of `allowed`.
 */
export function parseAction({ content, calls }: AssistantMessage, allowed: readonly ActionName[]): Action | string {
  if (calls?.length) return 'Answer with one JSON object, not with a tool call.'
  const spoken = content.split('</think>').at(-1)!
  const block = /```json([\s\S]*?)```/.exec(spoken)?.[1] ?? spoken
  const [from, to] = [block.indexOf('{'), block.lastIndexOf('}')]
  if (from < 0 || to < from) return 'There is no JSON object in the answer.'
  let value: unknown
  try {
    value = JSON.parse(requoted(block.slice(from, to + 1)))
  } catch (error) {
    return `That is no JSON: ${(error as Error).message}.`
  }
  return checked(value, allowed)
}

function requoted(text: string): string {
  const [left, right] = [text.indexOf('"""'), text.lastIndexOf('"""')]
  if (left < 0 || left === right) return text
  return `${text.slice(0, left)}${JSON.stringify(text.slice(left + 3, right).trim())}${text.slice(right + 3)}`
}

function checked(value: unknown, allowed: readonly ActionName[]): Action | string {
  if (!isRecord(value) || keysOf(value) !== 'action, params')
    return "The JSON object has exactly two keys, 'action' and 'params'."
  const { action, params } = value
  const name = allowed.find((one) => one === action)
  if (!name) return `The action is one of ${allowed.join(', ')}, not ${JSON.stringify(action)?.slice(0, 100)}.`
  const wanted = PARAMS[name]
  if (!isRecord(params) || keysOf(params) !== [...wanted].sort().join(', '))
    return `The params of ${name} are exactly ${wanted.join(', ')}.`
  const wrong = wanted.find((key) => typeof params[key] !== 'string')
  if (wrong) return `'${wrong}' of ${name} is a text.`
  return { action: name, params } as Action
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const keysOf = (value: object): string => Object.keys(value).sort().join(', ')
