/** The text games of LMRL-Gym, in our own code. */
import type { Catalogued } from '../catalogued.ts'
import { argumentOf } from '../kit/argument.ts'
import { carDealer, carDealerWords } from './car-dealer.ts'
import { chess, chessWords } from './chess.ts'
import { chessEndgames, endgameWords } from './chess-endgames.ts'
import { textNav, textNavWords } from './text-nav.ts'
import { everydayThings, oracleWords, questionsAbout, worldCities } from './twenty-questions.ts'
import { wordle, wordleWords } from './wordle.ts'

const shared = { area: 'text-games', isolation: 'none' } as const

export const textGamesCatalogue: Readonly<Record<string, Catalogued>> = {
  wordle: {
    ...shared,
    about: 'guess a word of five letters in six turns; the word stands, or is drawn anew at every turn',
    source: 'LMRL-Gym, MIT',
    argument: argumentOf(wordleWords),
    open: wordle,
  },
  chess: {
    ...shared,
    about: 'a game of chess as White; the opponent moves at random, takes what it can, or is js-chess-engine',
    source: 'Ludus, Apache-2.0, after LMRL-Gym; rules of chess.js, BSD-2-Clause; js-chess-engine, MIT',
    argument: argumentOf(chessWords),
    open: chess,
  },
  'chess-endgames': {
    ...shared,
    about: 'mate a king with a queen or a rook, within 40 moves',
    source: 'Ludus, Apache-2.0, after LMRL-Gym',
    argument: argumentOf(endgameWords),
    open: chessEndgames,
  },
  'text-nav': {
    ...shared,
    about: 'walk through a house, find a thing and put it where it belongs',
    source: 'Ludus, Apache-2.0, after LMRL-Gym and TextWorld',
    argument: argumentOf(textNavWords),
    open: textNav,
  },
  'car-dealer': {
    ...shared,
    about: 'sell a car to a customer with a personality, for as much as can be had',
    source: 'Ludus, Apache-2.0, after LMRL-Gym',
    argument: argumentOf(carDealerWords),
    open: carDealer,
  },
  'twenty-questions': {
    ...shared,
    about: 'find the thing that is thought of, with questions that are answered by yes or no',
    source: 'Ludus, Apache-2.0, after LMRL-Gym',
    argument: argumentOf(oracleWords),
    open: (argument) => questionsAbout(everydayThings, argument),
  },
  'guess-my-city': {
    ...shared,
    about: 'find the city that somebody lives in, with questions about it',
    source: 'Ludus, Apache-2.0, after LMRL-Gym',
    argument: argumentOf(oracleWords),
    open: (argument) => questionsAbout(worldCities, argument),
  },
}
