/** Puzzles with exact solvers: generated at ten levels of difficulty, and the public ones from their files. */
import type { Catalogued } from '../catalogued.ts'
import { counting } from './counting.ts'
import { einstein } from './einstein.ts'
import { game24, game24File } from './game24.ts'
import { knapsack } from './knapsack.ts'
import { needle } from './needle.ts'
import { prontoqa } from './prontoqa.ts'
import { sat } from './sat.ts'
import { sorting } from './sorting.ts'
import { x1 } from './x1.ts'

const shared = { area: 'puzzles', isolation: 'none' } as const
const generated = { ...shared, source: 'Ludus, Apache-2.0', argument: 'level, 1 to 10, or a range like 1-4' } as const

export const puzzlesCatalogue: Readonly<Record<string, Catalogued>> = {
  game24: {
    ...generated,
    about: 'make 24 of four numbers: the more ways there are, the lower the level',
    open: (argument) => game24(argument),
  },
  'game24-file': {
    ...shared,
    about: 'the 1,362 games of 24 that Tree of Thoughts plays, ranks 901 to 1,000 for testing',
    source: '4nums.com by way of Tree of Thoughts; no licence stated',
    argument: '',
    data: '24.csv',
    open: (argument, data) => {
      if (argument !== undefined) throw new Error(`game24-file takes nothing behind a colon, not '${argument}'`)
      return game24File(`${data}`)
    },
  },
  knapsack: {
    ...generated,
    about: 'choose the most valuable things that a knapsack can hold, of 7 to 25',
    open: (argument) => knapsack(argument),
  },
  sat: {
    ...generated,
    about: 'satisfy a random formula of 7 to 20 variables, or say that nothing does',
    open: (argument) => sat(argument),
  },
  einstein: {
    ...generated,
    about: 'say who lives where and with what, by clues: 3 to 7 houses, 2 to 5 kinds of things',
    open: (argument) => einstein(argument),
  },
  prontoqa: {
    ...generated,
    about: 'true or false, by a chain of 1 to 10 steps through concepts that nobody has heard of',
    source: 'after PrOntoQA; Ludus, Apache-2.0',
    open: (argument) => prontoqa(argument),
  },
  x1: {
    ...shared,
    about: "Einstein's riddles and PrOntoQA's chains, a thousand each in ten levels",
    source: 'x1 (Reasoning Language Models: A Blueprint); see its licence',
    argument: 'einstein | prontoqa, and after a comma levels like 3 or 1-4',
    data: 'einstein.json.bz2 and PrOntoQA.json.bz2',
    open: (argument, data) => x1(`${data}`, argument),
  },
  sorting: {
    ...generated,
    about: 'sort 5 to 120 numbers; how far off a list is, is measured in four ways',
    open: (argument) => sorting(argument),
  },
  counting: {
    ...generated,
    about: 'count the digits in a text of 40 to 600 characters',
    open: (argument) => counting(argument),
  },
  needle: {
    ...generated,
    about: 'find 1 to 4 codes among 12 to 380 sentences',
    open: (argument) => needle(argument),
  },
}
