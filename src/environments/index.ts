/** The worlds there are, and how to name them on the command line. */
import type { EnvSpec } from '../core/index.ts'
import { arithmetic, arithmeticOptions } from './arithmetic.ts'
import type { Catalogued } from './catalogued.ts'
import { clinicCatalogue } from './clinic/catalogue.ts'
import { codeCatalogue } from './code/catalogue.ts'
import { craftingCatalogue } from './crafting/catalogue.ts'
import { gridCatalogue } from './grid/catalogue.ts'
import { maze, mazeOptions, mazeWords } from './maze.ts'
import { mleCatalogue } from './mle/catalogue.ts'
import { puzzlesCatalogue } from './puzzles/catalogue.ts'
import { searchCatalogue } from './search/catalogue.ts'
import { textGamesCatalogue } from './text-games/catalogue.ts'
import { toolsCatalogue } from './tools/catalogue.ts'
import { recordsCatalogue } from './tools/records-catalogue.ts'

export * from './arithmetic.ts'
export type * from './catalogued.ts'
export * from './codeact/codeact.ts'
export * from './grid/grid.ts'
export * from './grid/pair.ts'
export { crafterScore } from './grid/survival/rules.ts'
export * from './grid/survival/survival.ts'
export * from './kit/answer-form.ts'
export * from './kit/chat-env.ts'
export * from './kit/code-env.ts'
export * from './kit/game-env.ts'
export * from './kit/mcp-env.ts'
export * from './kit/mcp-server.ts'
export * from './kit/question-env.ts'
export * from './kit/speaker.ts'
export * from './kit/state.ts'
export * from './kit/task-file.ts'
export * from './kit/tool-env.ts'
export * from './maze.ts'
export * from './mle/mle.ts'
export * from './mle/mle-dojo.ts'
export * from './search/corpus.ts'
export * from './search/masksearch.ts'
export * from './search/multihop.ts'
export * from './search/multihop-file.ts'
export * from './search/widesearch.ts'
export type { Buyer, Car, Deal, Personality } from './text-games/car-buyers.ts'
export * from './text-games/car-dealer.ts'
export * from './text-games/chess.ts'
export * from './text-games/chess-endgames.ts'
export * from './text-games/guessing-game.ts'
export * from './text-games/oracle-game.ts'
export * from './text-games/text-nav.ts'
export * from './text-games/twenty-questions.ts'
export * from './text-games/wordle.ts'
export * from './tools/files.ts'
export * from './tools/shop.ts'
export * from './tools/sql.ts'
export * from './tools/sql-file.ts'
export { tauRetail } from './tools/tau-retail.ts'
export { tau2 } from './tools/tau2.ts'

export const environments: Readonly<Record<string, Catalogued>> = {
  maze: {
    area: 'text-games',
    about: 'walk to the goal of a maze, step by step',
    source: 'LMRL-Gym, MIT',
    isolation: 'none',
    argument: mazeWords.join(' | '),
    open: (argument) => maze(mazeOptions(argument)),
  },
  arithmetic: {
    area: 'puzzles',
    about: 'addition and subtraction, one turn',
    source: 'Ludus, Apache-2.0',
    isolation: 'none',
    argument: 'digits, 1 to 9, or a range like 1-3',
    open: (argument) => arithmetic(argument === undefined ? {} : arithmeticOptions(argument)),
  },
  ...clinicCatalogue,
  ...codeCatalogue,
  ...craftingCatalogue,
  ...gridCatalogue,
  ...mleCatalogue,
  ...puzzlesCatalogue,
  ...textGamesCatalogue,
  ...toolsCatalogue,
  ...searchCatalogue,
  ...recordsCatalogue,
}

/**
 * `maze` or `arithmetic:2`: a name and, behind a colon, what the world makes of it; `data` is the folder of those that
 * need one. Throws a sentence otherwise.
 */
export function openEnvironment(text: string, data?: string): EnvSpec {
  const [name = '', ...rest] = text.split(':')
  const found = Object.hasOwn(environments, name) ? environments[name] : undefined
  if (!found) throw new Error(`there is no environment '${name}': there are ${Object.keys(environments).join(', ')}`)
  if (found.data !== undefined && data === undefined)
    throw new Error(`'${name}' is read from a folder of yours: --data <folder with ${found.data}>`)
  if (found.data === undefined && data !== undefined)
    throw new Error(`'${name}' brings its own tasks: it takes no --data`)
  return found.open(rest.length > 0 ? rest.join(':') : undefined, data)
}
