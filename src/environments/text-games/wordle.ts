/**
 * Wordle as LMRL-Gym pays it (Abdulhai et al. 2023, MIT): six turns, each costs 1 until the word is found. In the fixed
 * game the word stands from the start. In the adversarial one, which is the reference's, it is drawn anew at every turn
 * from the words that fit all answers so far. The letters of an answer are those of the usual game.
 */
import type { EnvSpec, Split, Task } from '../../core/index.ts'
import { random } from '../../core/index.ts'
import { type Chosen, chosenWords, idWith } from '../kit/argument.ts'
import { type GameEnv, gameEnv, type Played, type Table, type Wrong } from '../kit/game-env.ts'
import { splitByName } from '../kit/split.ts'
import { svg } from '../kit/svg.ts'
import { type Lexicon, lexicon } from './wordle-lexicon.ts'

export const wordleWords = { words: ['200', '400', '800'], mode: ['fixed', 'adversarial'] } as const

/** The word, or a game's number, where words are drawn turn by turn. */
export type WordleTask = { readonly word: string } | { readonly game: number }

/** A guess and its answer: g where the letter is right, y where it is elsewhere in the word, b where it is not in it. */
export type WordleTurn = readonly [guess: string, answer: string]

export interface WordleState {
  /** What was no word of the list stands as dashes. */
  readonly turns: readonly WordleTurn[]
  /** Numbers of the words that fit all answers. */
  readonly left: readonly number[]
  readonly solved?: true
}

const TURNS = 6
const LOST: WordleTurn = ['-----', '-----']
/** Short, because it stands in every prompt. */
const RULES = `Guess a word of five letters in ${TURNS} turns. g: right, y: elsewhere in it, b: not in it.`

export function wordle(argument?: string): EnvSpec<WordleTask, GameEnv<WordleState>> {
  const chosen = chosenWords('wordle', wordleWords, argument)
  const list = lexicon(chosen.words)
  const { words, numbers } = list
  const all = words.map((_, number) => number)
  return gameEnv<WordleState, WordleTask>({
    id: idWith('wordle', wordleWords, chosen),
    tasks: (split) => tasksOf(list, chosen, split),
    limits: { steps: TURNS },
    markov: true,
    rules: RULES,
    start: () => ({ turns: [], left: all }),
    show: ({ turns, solved }) => {
      let board = ''
      for (const [guess, answer] of turns) board += `${guess} ${answer}\n`
      return solved || turns.length === TURNS ? board.trimEnd() : `${board}?`
    },
    play: (state, said, table) => playWord(list, state, { guess: numbers.get(said.toLowerCase()), table }),
    success: ({ solved }) => (solved ? 1 : 0),
    best: ({ left, turns }) => words[list.best(left, turns.length === TURNS - 1)]!,
    guess: (_, chance) => chance.pick(words),
    view: ({ turns, solved }) => ({ turns, solved: solved === true }),
    picture: drawn,
  })
}

interface Move {
  /** Of the list; undefined where it was no word of it. */
  readonly guess: number | undefined
  readonly table: Table<WordleTask>
}

function playWord(
  list: Lexicon,
  { turns, left }: WordleState,
  { guess, table }: Move,
): Played<WordleState> | Wrong<WordleState> {
  const end = turns.length === TURNS - 1 ? { end: 'terminated' as const } : {}
  if (guess === undefined)
    return { wrong: 'Not a word of the list.', state: { turns: [...turns, LOST], left }, reward: -1, ...end }
  const { data } = table
  const word = 'word' in data ? list.numbers.get(data.word)! : table.random.pick(left)
  const answer = list.answer(guess, word)
  const after = {
    turns: [...turns, [list.words[guess]!, list.letters(answer)] as const],
    left: left.filter((other) => list.answer(guess, other) === answer),
  }
  return guess === word
    ? { state: { ...after, solved: true }, end: 'terminated' }
    : { state: after, reward: -1, ...end }
}

/** Games of the adversarial kind; words are as many as the list holds. */
const GAMES = { train: 200, test: 50 }

/** One word in five is for testing. */
function* tasksOf({ words }: Lexicon, { mode }: Chosen<typeof wordleWords>, split: Split): Generator<Task<WordleTask>> {
  if (mode === 'fixed') {
    for (const word of random(1).shuffle(words))
      if (splitByName('wordle', word) === split) yield { id: word, data: { word } }
    return
  }
  const from = split === 'train' ? 0 : GAMES.train
  for (let game = from; game < from + GAMES[split]; game++) yield { id: `game-${game}`, data: { game } }
}

const COLOURS: ReadonlyMap<string, string> = new Map([
  ['g', '#538d4e'],
  ['y', '#b59f3b'],
  ['b', '#787c7e'],
  ['-', '#d3d6da'],
])

function drawn({ turns }: WordleState): string {
  const tiles = turns.flatMap(([guess, answer], y) =>
    [...guess].map((letter, x) => ({ x, y, fill: COLOURS.get(answer[x]!)!, text: letter.toUpperCase(), ink: '#fff' })),
  )
  return svg([5, TURNS], tiles)
}
