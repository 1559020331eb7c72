/** The worlds there are, and how to name them on the command line. */
import type { EnvSpec, Isolation } from '../core/index.ts'
import { arithmetic, arithmeticOptions } from './arithmetic.ts'
import { maze, mazeOptions, mazeWords } from './maze.ts'

export * from './arithmetic.ts'
export * from './maze.ts'

export interface Catalogued {
  readonly area: string
  /** Where the world comes from, and under which licence. */
  readonly source: string
  /** What its sandbox must keep inside; 'none' where it runs no foreign code. */
  readonly isolation: Isolation
  /** What may follow the name and a colon; '' where nothing may. */
  readonly argument: string
  /** The world itself. Throws a sentence on an argument it does not know. */
  open(argument: string | undefined): EnvSpec
}

export const environments: Readonly<Record<string, Catalogued>> = {
  maze: {
    area: 'text-games',
    source: 'LMRL-Gym, MIT',
    isolation: 'none',
    argument: mazeWords.join(' | '),
    open: (argument) => maze(mazeOptions(argument)),
  },
  arithmetic: {
    area: 'puzzles',
    source: 'Ludus, Apache-2.0',
    isolation: 'none',
    argument: 'digits, 1 to 9, or a range like 1-3',
    open: (argument) => arithmetic(argument === undefined ? {} : arithmeticOptions(argument)),
  },
}

/** `maze` or `arithmetic:2`: a name and, behind a colon, what the world makes of it. Throws a sentence otherwise. */
export function openEnvironment(text: string): EnvSpec {
  const [name = '', ...rest] = text.split(':')
  const found = Object.hasOwn(environments, name) ? environments[name] : undefined
  if (!found) throw new Error(`there is no environment '${name}': there are ${Object.keys(environments).join(', ')}`)
  return found.open(rest.length > 0 ? rest.join(':') : undefined)
}
