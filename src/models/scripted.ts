/** The published test double: a model that says what it was told to, and remembers what it was asked. */
import { z } from 'zod'
import {
  type AssistantMessage,
  assistant,
  type Completion,
  type Model,
  ModelError,
  type ModelRequest,
  orAbort,
} from '../core/index.ts'

/** An Error is thrown instead of answered. */
export type ScriptedAnswer = string | AssistantMessage | Completion | Error

/** Played in order, then 'exhausted'; or asked for every answer, with the number of the request, from 0. */
export type Script =
  | readonly ScriptedAnswer[]
  | ((request: ModelRequest, number: number) => ScriptedAnswer | Promise<ScriptedAnswer>)

export interface ScriptedModel extends Model {
  /** Everything it was asked, oldest first. */
  readonly requests: readonly ModelRequest[]
}

export function scriptedModel(script: Script, { id = 'scripted' }: { readonly id?: string } = {}): ScriptedModel {
  const requests: ModelRequest[] = []
  const answer = typeof script === 'function' ? script : (_: ModelRequest, number: number) => line(script, number)
  return {
    id,
    requests,
    async complete(request, { signal } = {}) {
      signal?.throwIfAborted()
      const number = requests.push({ ...request, messages: [...request.messages] }) - 1
      const said = answer(request, number)
      return completion(await (signal ? orAbort(said, signal) : said))
    },
  }
}

function line(script: readonly ScriptedAnswer[], number: number): ScriptedAnswer {
  const { length } = script
  return script[number] ?? new ModelError('exhausted', `the script has ${length} answers, and one more is asked for`)
}

function completion(said: ScriptedAnswer): Completion {
  if (said instanceof Error) throw said
  if (typeof said === 'string') return completion(assistant(said))
  if ('message' in said) return said
  return { message: said, finish: said.calls?.length ? 'tool' : 'stop', costUsd: 0 }
}

const Call = z.strictObject({ id: z.string(), name: z.string(), arguments: z.json() })
/** An assistant message as it is read from a file. */
export const assistantMessage = z.strictObject({
  role: z.literal('assistant'),
  content: z.string(),
  thinking: z.string().exactOptional(),
  calls: z.array(Call).exactOptional(),
})

/**
 * A script from a file's text: a JSON array of strings and assistant messages, or one of them per line. Throws with
 * the number of the answer and what is wrong with it.
 */
export function parseScript(text: string): (string | AssistantMessage)[] {
  const whole = text.trim()
  if (whole === '') throw new Error('the script is empty: give a JSON array of answers, or one JSON value per line')
  const values = parsed(whole) ?? whole.split('\n').flatMap((line, i) => parsedLine(line, i + 1))
  return (Array.isArray(values) ? values : [values]).map(answerFrom)
}

/** undefined where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parsedLine(line: string, number: number): unknown[] {
  if (line.trim() === '') return []
  const value = parsed(line)
  if (value === undefined) throw new Error(`line ${number} of the script is no JSON: ${line.trim().slice(0, 80)}`)
  return [value]
}

function answerFrom(value: unknown, index: number): string | AssistantMessage {
  if (typeof value === 'string') return value
  const { data, error } = assistantMessage.safeParse(value)
  if (data) return data
  const { path, message } = error.issues[0]!
  const where = path.length > 0 ? `at '${path.join('.')}': ` : ''
  throw new Error(
    `answer ${index + 1} of the script is neither a string nor an assistant message (${where}${message}): ` +
      JSON.stringify(value).slice(0, 80),
  )
}
