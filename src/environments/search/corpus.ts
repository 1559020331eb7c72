/** A closed corpus: passages that can be found by BM25 and opened by their id, and nothing else that is known. */
import { createRequire } from 'node:module'

export interface Passage {
  readonly id: string
  readonly title: string
  readonly text: string
}

export interface Corpus {
  readonly passages: readonly Passage[]
  get(id: string): Passage | undefined
  /** The passages that fit best, at most so many, best first; of equals the earlier one first. */
  search(query: string, most: number): readonly Passage[]
}

/** What of wink-bm25-text-search is used; it comes without types. */
interface Engine {
  defineConfig(config: { fldWeights: { text: number }; bm25Params: { k1: number; b: number } }): void
  definePrepTasks(tasks: readonly ((text: string) => string[])[]): void
  addDoc(passage: { text: string }, id: number): void
  consolidate(digits: number): void
  search(query: string, most: number): readonly (readonly [id: string, score: number])[]
}

/**
 * Plain BM25 with k1 1.2 and b .75 over title and text, in runs of letters, digits and underscores in lower case; a word
 * that stands twice in a query counts once. The index is made at the first search. Throws on less than three passages.
 */
export function corpusOf(passages: readonly Passage[]): Corpus {
  if (passages.length < 3)
    throw new Error(`a corpus needs three passages to search in, and this one has ${passages.length}`)
  const byId = new Map(passages.map((passage) => [passage.id, passage]))
  let engine: Engine | undefined
  return {
    passages,
    get: (id) => byId.get(id),
    search(query, most) {
      engine ??= indexOf(passages)
      return engine.search([...new Set(wordsOf(query))].join(' '), most).map(([place]) => passages[Number(place)]!)
    },
  }
}

function indexOf(passages: readonly Passage[]): Engine {
  const make = createRequire(import.meta.url)('wink-bm25-text-search') as () => Engine
  const engine = make()
  engine.defineConfig({ fldWeights: { text: 1 }, bm25Params: { k1: 1.2, b: 0.75 } })
  engine.definePrepTasks([wordsOf])
  for (const [place, { title, text }] of passages.entries()) engine.addDoc({ text: `${title} ${text}` }, place)
  engine.consolidate(9)
  return engine
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
