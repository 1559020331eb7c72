/** Reads a command's arguments, and says in one sentence what is wrong with them. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** A command used wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What `work` throws is the user's mistake. */
export async function usage<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

export interface Flag {
  /** 'texts' may be given several times. */
  readonly type: 'text' | 'texts' | 'number' | 'count' | 'switch'
  readonly help: string
  readonly short?: string
  readonly default?: string
}

interface Values {
  readonly text: string
  readonly texts: readonly string[]
  readonly number: number
  readonly count: number
  readonly switch: boolean
}

type Value<F extends Flag> =
  | Values[F['type']]
  | (F extends { readonly default: string } | { readonly type: 'switch' } ? never : undefined)

export type Flags<S extends Readonly<Record<string, Flag>>> = { readonly [K in keyof S]: Value<S[K]> }

export interface Parsed<S extends Readonly<Record<string, Flag>>> {
  readonly flags: Flags<S>
  readonly positionals: readonly string[]
}

/** A number is any finite one; a count is a whole one from 1. Throws UsageError. */
export function parse<S extends Readonly<Record<string, Flag>>>(
  command: string,
  args: readonly string[],
  { flags, positionals }: { readonly flags: S; readonly positionals: readonly string[] },
): Parsed<S> {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, { type, short }] of Object.entries(flags)) {
    options[name] = {
      type: type === 'switch' ? 'boolean' : 'string',
      multiple: type === 'texts',
      ...(short && { short }),
    }
  }
  const found = attempt(
    command,
    () => parseArgs({ args: [...args], options, strict: true, allowPositionals: true }),
    flags,
  )
  const required = positionals.filter((name) => !name.endsWith('?'))
  if (found.positionals.length < required.length) {
    throw new UsageError(`ludus ${command} needs <${required[found.positionals.length]}>: see 'ludus help ${command}'`)
  }
  const extra = found.positionals[positionals.length]
  if (extra !== undefined) throw new UsageError(`ludus ${command} does not know what to do with '${extra}'`)
  const values = Object.entries(flags).map(([name, flag]) => [
    name,
    read(name, flag, found.values[name] ?? flag.default),
  ])
  return { flags: Object.fromEntries(values) as Flags<S>, positionals: found.positionals }
}

function attempt<T>(command: string, work: () => T, flags: Readonly<Record<string, Flag>>): T {
  try {
    return work()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && message.match(/'([^']+)'/)?.[1]
    const names = Object.keys(flags).map((name) => `--${name}`)
    if (unknown) throw new UsageError(`ludus ${command} has no option '${unknown}'; it has ${names.join(', ')}`)
    throw new UsageError(`ludus ${command}: ${message.split('\n')[0]}`)
  }
}

function read(name: string, { type }: Flag, value: unknown): Values[Flag['type']] | undefined {
  if (type === 'switch') return value === true
  if (value === undefined) return undefined
  if (type === 'texts') return value as string[]
  if (type === 'text') return `${value}`
  const number = Number(value)
  const good = type === 'count' ? Number.isInteger(number) && number >= 1 : Number.isFinite(number) && value !== ''
  if (!good)
    throw new UsageError(`--${name} takes ${type === 'count' ? 'a whole number from 1' : 'a number'}, not '${value}'`)
  return number
}

/** 'env' is `<env>`; 'area?', which may be left out, `[area]`. */
export const named = (positional: string): string =>
  positional.endsWith('?') ? `[${positional.slice(0, -1)}]` : `<${positional}>`

/** The help text of a command. */
export function describe(
  command: string,
  about: string,
  { flags, positionals }: { readonly flags: Readonly<Record<string, Flag>>; readonly positionals: readonly string[] },
): string {
  const rows = Object.entries(flags).map(([name, { type, short, help, default: fallback }]) => {
    const left = `${short ? `-${short}, ` : ''}--${name}${type === 'switch' ? '' : ` <${type.replace(/s$/, '')}>`}`
    return `  ${left.padEnd(31)}${help}${fallback === undefined ? '' : ` (${fallback})`}`
  })
  return [`ludus ${[command, ...positionals.map(named)].join(' ')}`, `  ${about}`, '', ...rows].join('\n')
}
