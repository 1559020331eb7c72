/** How much of a reference text a text says: for summaries and translations, never for facts. */
import { l as rouge } from 'js-rouge'
import type { Gold } from './text.ts'

/**
 * ROUGE-L: F1 of the longest common subsequence of words, from 0 to 1 (Lin 2004), the best over the references. Words
 * are runs of letters and digits in lower case, without stemming, and single characters of Chinese and Japanese.
 * At most 20,000 words of the text count.
 */
export function rougeL(text: string, gold: Gold): number {
  const tokenizer = (one: string): string[] => words(one).slice(0, 20_000)
  return best(gold, (reference) => {
    if (words(text).length === 0 || words(reference).length === 0) return 0
    return rouge(text, reference, { segmenter: (one) => [one], tokenizer })
  })
}

const words = (text: string): string[] => {
  const apart = text.toLowerCase().replace(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu, ' $& ')
  return apart.match(/[\p{L}\p{N}]+/gu) ?? []
}

const ORDER = 6
const BETA = 2

/**
 * chrF2: F-score of character n-grams of 1 to 6, white space apart, recall counting twice, from 0 to 1 (Popović 2015),
 * the best over the references. As sacrebleu's sentence score, divided by 100.
 */
export function chrF(text: string, gold: Gold): number {
  const said = characters(text)
  return best(gold, (reference) => {
    const wanted = characters(reference)
    let [precision, recall, orders] = [0, 0, 0]
    for (let n = 1; n <= Math.min(ORDER, said.length, wanted.length); n++) {
      const hits = common(grams(said, n), grams(wanted, n))
      precision += hits / (said.length - n + 1)
      recall += hits / (wanted.length - n + 1)
      orders++
    }
    if (precision + recall === 0) return 0
    const [p, r] = [precision / orders, recall / orders]
    return ((1 + BETA ** 2) * p * r) / (BETA ** 2 * p + r)
  })
}

const characters = (text: string): string[] => [...text.replace(/\s+/g, '')]

function grams(all: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let i = 0; i + n <= all.length; i++) {
    const gram = all.slice(i, i + n).join('')
    counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}

function common(some: ReadonlyMap<string, number>, others: ReadonlyMap<string, number>): number {
  let hits = 0
  for (const [gram, count] of some) hits += Math.min(count, others.get(gram) ?? 0)
  return hits
}

function best(gold: Gold, score: (reference: string) => number): number {
  return Math.max(...(typeof gold === 'string' ? [gold] : gold).map(score))
}
