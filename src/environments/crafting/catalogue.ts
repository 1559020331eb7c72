/** Worlds of making things out of others. */
import type { Catalogued } from '../catalogued.ts'
import { textcraft, textcraftFile } from './textcraft.ts'
import { wordcraft } from './wordcraft.ts'

const shared = { area: 'text-games', isolation: 'none' } as const

export const craftingCatalogue: Readonly<Record<string, Catalogued>> = {
  textcraft: {
    ...shared,
    about: 'fetch and craft, by recipes drawn for each task, until the goal is made',
    source: 'after TextCraft (ADaPT); Ludus, Apache-2.0',
    argument: 'how many recipes deep the goals are, 1 to 6, or a range like 1-4',
    open: (argument) => textcraft(argument),
  },
  'textcraft-file': {
    ...shared,
    about: "the 544 goals of TextCraft's own recipes",
    source: "TextCraft in AgentGym, MIT; the recipes are Minecraft's",
    argument: '',
    data: 'recipes.json, or the original folder recipes',
    open: (argument, data) => {
      if (argument !== undefined) throw new Error(`textcraft-file takes nothing behind a colon, not '${argument}'`)
      return textcraftFile(`${data}`)
    },
  },
  wordcraft: {
    ...shared,
    about: 'combine things two by two, by what one knows of the world, until the goal is made',
    source: 'after WordCraft; Ludus, Apache-2.0',
    argument: 'how many combinations away the goals are, 1 to 6, or a range like 1-4',
    open: (argument) => wordcraft(argument),
  },
}
