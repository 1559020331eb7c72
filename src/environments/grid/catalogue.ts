/** The worlds in grids. */
import type { Catalogued } from '../catalogued.ts'
import { grid } from './grid.ts'
import { gridOptions, gridWords } from './options.ts'

export const gridCatalogue: Readonly<Record<string, Catalogued>> = {
  grid: {
    area: 'grid',
    about: 'a robot among rooms, doors, keys and things, by the rules of MiniGrid',
    source: 'MiniGrid (Farama), Apache-2.0',
    isolation: 'none',
    argument: gridWords,
    open: (argument) => grid(gridOptions(argument)),
  },
}
