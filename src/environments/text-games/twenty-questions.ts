/** Twenty questions about things of every day, and about cities: two tables for one game. */
import { cities, cityMarks, cityQuestions } from './cities.ts'
import type { GuessingTable } from './guessing-game.ts'
import { thingQuestions, things } from './things.ts'

const yesOrNo = (yes: boolean): string => (yes ? 'Yes.' : 'No.')

export const everydayThings: GuessingTable = {
  world: 'twenty-questions',
  rules: "I think of a thing of every day. Ask questions to find it, one at a time; guess it as in 'Is it a cat?'.",
  questions: Object.values(thingQuestions),
  things: Object.entries(things).map(([name, keys]) => {
    const yes = new Set(keys.split(' '))
    return { name, answers: Object.keys(thingQuestions).map((key) => yesOrNo(yes.has(key))) }
  }),
  guessOf: (name) => `Is it ${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}?`,
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
}
