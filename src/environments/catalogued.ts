/** What the catalogue says of a world. */
import type { EnvSpec, Isolation } from '../core/index.ts'

export interface Catalogued {
  readonly area: string
  /** One line for `ludus envs`. */
  readonly about: string
  /** Where the world comes from, and under which licence. */
  readonly source: string
  /** What its sandbox must keep inside; 'none' where it runs no foreign code. */
  readonly isolation: Isolation
  /** What may follow the name and a colon; '' where nothing may. */
  readonly argument: string
  /** What the folder behind `--data` holds, where the world is read from one: it cannot be opened without. */
  readonly data?: string
  /** The world itself. Throws a sentence on an argument it does not know, and on data that are not what they should be. */
  open(argument: string | undefined, data?: string): EnvSpec
}
