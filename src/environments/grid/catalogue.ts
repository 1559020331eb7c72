/** The worlds in grids. */
import type { Catalogued } from '../catalogued.ts'
import { grid } from './grid.ts'
import { gridOptions, gridWords } from './options.ts'
import { gridPair } from './pair.ts'
import { survival, survivalOptions, survivalWords } from './survival/survival.ts'

export const gridCatalogue: Readonly<Record<string, Catalogued>> = {
  grid: {
    area: 'grid',
    about: 'a robot among rooms, doors, keys and things, by the rules of MiniGrid',
    source: 'MiniGrid (Farama), Apache-2.0',
    isolation: 'none',
    argument: gridWords,
    open: (argument) => grid(gridOptions(argument)),
  },
  'grid/pair': {
    area: 'grid',
    about: 'two robots in one grid, who take turns and have to let each other through',
    source: 'Ludus, Apache-2.0; the rules of MiniGrid',
    isolation: 'none',
    argument: 'size, 5 to 7',
    open: (argument) => gridPair(sizeOf(argument)),
  },
  'grid/survival': {
    area: 'grid',
    about: 'a wild world with 22 achievements, from collecting wood to a diamond',
    source: 'the rules of Crafter (Hafner 2022), MIT',
    isolation: 'none',
    argument: survivalWords,
    open: (argument) => survival(survivalOptions(argument)),
  },
}

function sizeOf(text = '5'): number {
  if (!/^[567]$/.test(text)) throw new Error(`the size of a grid for two is 5, 6 or 7, not '${text.slice(0, 40)}'`)
  return Number(text)
}
