/** Twenty questions about things of every day, and about cities: two tables for one game. */
import type { EnvSpec } from '../../core/index.ts'
import { chosenWords } from '../kit/argument.ts'
import { cities, cityMarks, cityQuestions } from './cities.ts'
import { type GuessingTable, type GuessingTask, guessingGame } from './guessing-game.ts'
import { oracleGame } from './oracle-game.ts'
import { thingQuestions, things } from './things.ts'

/** Who answers: the table, or a model in the seat 'oracle'. */
export const oracleWords = { oracle: ['scripted', 'model'] } as const

/** 'scripted' unless the argument says 'model'. */
export function questionsAbout(table: GuessingTable, argument?: string): EnvSpec<GuessingTask> {
  const { oracle } = chosenWords(table.world, oracleWords, argument)
  return oracle === 'model' ? oracleGame(table) : guessingGame(table)
}

const withArticle = (name: string): string => `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`
const yesOrNo = (yes: boolean): string => (yes ? 'Yes.' : 'No.')

export const everydayThings: GuessingTable = {
  world: 'twenty-questions',
  rules: "I think of a thing of every day. Ask questions to find it, one at a time; guess it as in 'Is it a cat?'.",
  questions: Object.values(thingQuestions),
  things: Object.entries(things).map(([name, keys]) => {
    const yes = new Set(keys.split(' '))
    return { name, answers: Object.keys(thingQuestions).map((key) => yesOrNo(yes.has(key))) }
  }),
  guessOf: (name) => `Is it ${withArticle(name)}?`,
  oracle: {
    told: (name) =>
      `We play twenty questions. The thing to be found is ${withArticle(name)}. Answer each question truthfully, with 'Yes.' or 'No.' and nothing else.`,
    yesOrNo: true,
  },
}

export const worldCities: GuessingTable = {
  world: 'guess-my-city',
  rules: "I live in a city. Ask questions to find out which, one at a time; guess it as in 'Is it Oslo?'.",
  questions: cityQuestions,
  things: cities.map(([name, continent, language, yes]) => ({
    name,
    answers: [`${continent}.`, `${language}.`, ...[...cityMarks].map((mark) => yesOrNo(yes.includes(mark)))],
  })),
  guessOf: (name) => `Is it ${name}?`,
  oracle: {
    told: (name) =>
      `Somebody guesses which city you live in. It is ${name}. Answer each question truthfully in one sentence, and never name the city or its country.`,
    yesOrNo: false,
  },
}
