/**
 * What somebody typed into a search box, as a question that FTS5 cannot misunderstand, and where its words stand in a
 * text. All words must occur; "a phrase" as it is; a word that ends in * begins so.
 */
import type { Piece } from './search-text.ts'

/** Words that follow one another, as they were typed; with `open`, the last of them may go on. */
export interface Term {
  readonly words: readonly string[]
  readonly open: boolean
}

export interface SnippetPart {
  readonly text: string
  /** Whether it is what was searched for. */
  readonly mark: boolean
}

const MOST_TERMS = 16
const WORD = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu
/** One letter begins so many words that it is taken for one. */
const SHORTEST_START = 2

/** As FTS5's unicode61 takes them: without capitals and accents. */
const folded = (word: string): string => word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

export function termsOf(text: string): Term[] {
  const terms: Term[] = []
  for (const [, phrase, word] of text.matchAll(/"([^"]*)"?|([^\s"]+)/g)) {
    const said = phrase ?? word!
    const words = said.match(WORD) ?? []
    const open = phrase === undefined && said.endsWith('*') && (words.at(-1)?.length ?? 0) >= SHORTEST_START
    if (words.length > 0) terms.push({ words, open })
  }
  return terms.slice(0, MOST_TERMS)
}

/** In the grammar of FTS5: nothing but quoted strings of letters and digits, and stars. */
export const matchOf = (terms: readonly Term[]): string =>
  terms.map(({ words, open }) => `"${words.join(' ')}"${open ? ' *' : ''}`).join(' ')

interface Span {
  readonly term: number
  readonly start: number
  readonly end: number
}

/** So much of a text is looked through for what to show. */
const LOOKED_AT = 200_000
const [BEFORE, SHOWN] = [60, 200]

function spansOf(text: string, terms: readonly Term[]): Span[] {
  const words = [...text.slice(0, LOOKED_AT).matchAll(WORD)]
  const said = words.map(([word]) => folded(word))
  const sought = terms.map(({ words, open }) => ({ words: words.map(folded), open }))
  const fits = ({ words, open }: Term, at: number): boolean =>
    words.every((word, i) =>
      open && i === words.length - 1 ? (said[at + i]?.startsWith(word) ?? false) : said[at + i] === word,
    )
  const spans: Span[] = []
  for (const [at, word] of words.entries())
    for (const [term, wanted] of sought.entries()) {
      if (!fits(wanted, at)) continue
      const last = words[at + wanted.words.length - 1]!
      spans.push({ term, start: word.index, end: last.index + last[0].length })
    }
  return spans
}

/** The piece that holds most of the terms, and a part of its text about the first of them. */
export function snippetOf(pieces: readonly Piece[], terms: readonly Term[]): { piece: Piece; snippet: SnippetPart[] } {
  let best = { piece: pieces[0]!, spans: [] as Span[], terms: -1 }
  for (const piece of pieces) {
    const spans = spansOf(piece.text, terms)
    const different = new Set(spans.map(({ term }) => term)).size
    if (different > best.terms) best = { piece, spans, terms: different }
  }
  return { piece: best.piece, snippet: cut(best.piece.text, best.spans) }
}

function cut(text: string, spans: readonly Span[]): SnippetPart[] {
  const from = Math.max(0, (spans[0]?.start ?? 0) - BEFORE)
  const to = Math.min(text.length, Math.max(from + SHOWN, spans[0]?.end ?? 0))
  const parts: SnippetPart[] = []
  const put = (part: string, mark: boolean): void => void (part !== '' && parts.push({ text: part, mark }))
  let at = from
  for (const { start, end } of spans) {
    if (start < at) continue
    if (end > to) break
    put(text.slice(at, start), false)
    put(text.slice(start, end), true)
    at = end
  }
  put(text.slice(at, to), false)
  if (from > 0) parts.unshift({ text: '…', mark: false })
  if (to < text.length) parts.push({ text: '…', mark: false })
  return parts
}
