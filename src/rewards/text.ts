/** Short answers against gold ones, as reading-comprehension benchmarks compare them. */

/** One gold answer, or several of which the best counts. */
export type Gold = string | readonly string[]

const PUNCTUATION = /[!-/:-@[-`{-~]/g
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu

/** Lower case, without ASCII punctuation, English articles and extra space (SQuAD's evaluation script, v1.1). */
export function normalizeAnswer(text: string): string {
  const words = text.toLowerCase().replace(PUNCTUATION, '').replace(ARTICLES, ' ')
  return words.split(/\s+/).filter(Boolean).join(' ')
}

/** 1 where the answer is a gold one after normalisation, else 0. A gold that normalisation empties is taken as it is. */
export function exactMatch(answer: string, gold: Gold): number {
  return best(gold, (one) => {
    const wanted = normalizeAnswer(one)
    return wanted === '' ? Number(answer.trim() === one.trim()) : Number(normalizeAnswer(answer) === wanted)
  })
}

/** The harmonic mean of the precision and recall of normalised words, as a bag: SQuAD's F1, from 0 to 1. */
export function f1(answer: string, gold: Gold): number {
  return best(gold, (one) => {
    const [said, wanted] = [wordsOf(answer), wordsOf(one)]
    if (wanted.length === 0) return exactMatch(answer, one)
    return harmonic(shared(said, wanted), said.length, wanted.length)
  })
}

/** F1 of `hits` among so many said and so many wanted; 0 where nothing hit. */
export function harmonic(hits: number, said: number, wanted: number): number {
  return hits === 0 ? 0 : (2 * hits) / (said + wanted)
}

const wordsOf = (text: string): string[] => normalizeAnswer(text).split(' ').filter(Boolean)

/** How many words the two bags have in common. */
function shared(said: readonly string[], wanted: readonly string[]): number {
  const left = new Map<string, number>()
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1)
  let hits = 0
  for (const word of said) {
    const count = left.get(word) ?? 0
    if (count > 0) hits++
    left.set(word, count - 1)
  }
  return hits
}

/** The best score over the gold answers. Throws where there is none: nothing could be right. */
function best(gold: Gold, score: (one: string) => number): number {
  const all = typeof gold === 'string' ? [gold] : gold
  if (all.length === 0) throw new Error('a question needs a gold answer, and the list of them is empty')
  return Math.max(...all.map(score))
}
