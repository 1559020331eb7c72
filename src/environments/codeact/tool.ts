/** Tools that are the same in every mode: a function of ours, the same function in Python, and a line that describes both. */
import type { Json, ToolSpec } from '../../core/index.ts'

export type Value = string | number
export type Result = Value | readonly Value[]

export interface Tool {
  readonly name: string
  /** What it gives back. */
  readonly about: string
  /** In their order. */
  readonly parameters: Readonly<Record<string, 'string' | 'integer'>>
  /** Throws a sentence on what it does not know. */
  call(...given: Value[]): Result
  /** A definition of the function. */
  readonly python: string
}

/** A tool that looks things up: each row is the arguments, and what is known of them. */
export function lookup(
  { name, about, parameters }: Pick<Tool, 'name' | 'about' | 'parameters'>,
  rows: readonly (readonly [given: readonly Value[], result: Result])[],
): Tool {
  const known = new Map(rows.map(([given, result]) => [JSON.stringify(given), result]))
  const names = Object.keys(parameters).join(', ')
  return {
    ...{ name, about, parameters },
    call(...given) {
      const result = known.get(JSON.stringify(given))
      if (result === undefined) throw new Error(`${name} knows nothing of ${given.join(', ')}`)
      return result
    },
    python: `
def ${name}(${names}):
    for given, result in ${JSON.stringify(rows)}:
        if given == [${names}]:
            return result
    raise ValueError('${name} knows nothing of ' + ', '.join(map(str, [${names}])))
`,
  }
}

export function described({ name, about, parameters }: Tool): string {
  const given = Object.entries(parameters).map(([parameter, type]) => `${parameter}: ${type}`)
  return `${name}(${given.join(', ')}): ${about}`
}

export function specOf({ name, about, parameters }: Tool): ToolSpec {
  const properties = Object.fromEntries(Object.entries(parameters).map(([parameter, type]) => [parameter, { type }]))
  return {
    name,
    description: about,
    parameters: { type: 'object', properties, required: Object.keys(parameters) },
  }
}

/** A call as an agent asks for it; the arguments by name, or in their order. */
export interface Asked {
  readonly tool: string
  readonly given: Json
}

/** What the agent sees of a call: its result, or what was wrong. */
export function answer(tools: readonly Tool[], { tool: name, given }: Asked): string {
  const tool = tools.find((one) => one.name === name)
  if (!tool) return `Error: there is no tool '${name}': there are ${tools.map((one) => one.name).join(', ')}`
  const values = valuesFor(tool, given)
  if (!values) return `Error: it is ${described(tool)}`
  try {
    const result = tool.call(...values)
    return typeof result === 'string' ? result : JSON.stringify(result)
  } catch (error) {
    return `Error: ${(error as Error).message}`
  }
}

/** The arguments in their order, each of its type; undefined where they are not that. */
function valuesFor({ parameters }: Tool, given: Json): Value[] | undefined {
  const entries = Object.entries(parameters)
  const list = Array.isArray(given) ? given : named(entries, given)
  if (list?.length !== entries.length) return undefined
  const values = list.map((value, i) => typed(value, entries[i]![1]))
  return values.some((value) => value === undefined) ? undefined : (values as Value[])
}

function named(entries: readonly (readonly [string, string])[], given: Json): readonly Json[] | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const own = new Map(Object.entries(given))
  return own.size === entries.length ? entries.flatMap(([name]) => own.get(name) ?? []) : undefined
}

/** A number may come as text: a text mode has nothing else. */
function typed(value: Json, type: 'string' | 'integer'): Value | undefined {
  if (type === 'string') return typeof value === 'string' ? value : undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return Number.isInteger(number) ? (number as number) : undefined
}
