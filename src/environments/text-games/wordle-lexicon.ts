/** A list of words of five letters as numbers: what each says of each, and the guess that tells the most. */
import { vocabularies } from './wordle-words.ts'

/** An answer as one number: five digits of base 3, the first letter's first; 0 is b, 1 is y, 2 is g. */
type Answer = number

const ANSWERS = 3 ** 5

export interface Lexicon {
  readonly words: readonly string[]
  readonly numbers: ReadonlyMap<string, number>
  answer(guess: number, word: number): Answer
  /** As it is shown: 'gybbg'. */
  letters(answer: Answer): string
  /** The word of the list after which the fewest words are left to be expected; with no turn to follow, one of them. */
  best(left: readonly number[], last: boolean): number
}

const made = new Map<string, Lexicon>()

export function lexicon(name: keyof typeof vocabularies): Lexicon {
  const known = made.get(name) ?? lexiconOf(vocabularies[name].trim().split(/\s+/))
  made.set(name, known)
  return known
}

function lexiconOf(words: readonly string[]): Lexicon {
  const rows: Uint8Array[] = []
  const row = (guess: number): Uint8Array => {
    rows[guess] ??= Uint8Array.from(words, (word) => answerTo(words[guess]!, word))
    return rows[guess]
  }
  const letters = Array.from({ length: ANSWERS }, (_, answer) =>
    [...answer.toString(3).padStart(5, '0')].map((digit) => 'byg'[Number(digit)]).join(''),
  )
  let opening: number | undefined
  return {
    words,
    numbers: new Map(words.map((word, number) => [word, number])),
    answer: (guess, word) => row(guess)[word]!,
    letters: (answer) => letters[answer]!,
    best(left, last) {
      if (last || left.length < 3) return left[0]!
      if (left.length < words.length) return mostTelling(words, left, row)
      opening ??= mostTelling(words, left, row)
      return opening
    },
  }
}

/** Greens first; a letter is yellow as often as the word holds it besides. */
function answerTo(guess: string, word: string): Answer {
  const digits: number[] = [...guess].map((letter, i) => (letter === word[i] ? 2 : 0))
  const spare = [...word].filter((letter, i) => letter !== guess[i])
  for (const [i, letter] of [...guess].entries()) {
    const at = digits[i] === 2 ? -1 : spare.indexOf(letter)
    if (at < 0) continue
    digits[i] = 1
    spare.splice(at, 1)
  }
  return digits.reduce((sum, digit) => 3 * sum + digit, 0)
}

/** By the sum over answers of the square of how many words get it; a word that may be right is preferred to its equal. */
function mostTelling(words: readonly string[], left: readonly number[], row: (guess: number) => Uint8Array): number {
  const possible = new Set(left)
  let [best, least] = [left[0]!, Number.POSITIVE_INFINITY]
  for (let guess = 0; guess < words.length; guess++) {
    const counts = new Uint16Array(ANSWERS)
    const answers = row(guess)
    let sum = possible.has(guess) ? -0.5 : 0
    for (const word of left) sum += 2 * counts[answers[word]!]!++ + 1
    if (sum < least) [best, least] = [guess, sum]
  }
  return best
}
