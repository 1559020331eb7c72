/** Searches an exported run, trajectory by trajectory, as far as anybody wants to read on: there is no index. */
import { EXPORT_PAGE, type ExportedBody, type ExportHead, exportName } from '../../src/serve/view/export-names.ts'
import type {
  AssistantMessage,
  Message,
  Row,
  SearchHit,
  SearchResult,
  TrajectoryHead,
} from '../../src/serve/view/wire.ts'
import { load } from './exported-files.ts'

interface Scan {
  readonly text: string
  readonly hits: SearchHit[]
  readonly found: AsyncGenerator<SearchHit, void>
  done: boolean
}

let latest: Scan | undefined

/** Rejects with an AbortError where something else has been asked for since. */
export async function searchExport(
  text: string,
  { offset, limit }: { readonly offset: number; readonly limit: number },
  head: ExportHead,
): Promise<SearchResult> {
  if (latest?.text !== text) latest = { text, hits: [], found: scan(termsOf(text), head), done: false }
  const here = latest
  while (!here.done && here.hits.length < offset + limit) {
    const { value, done } = await here.found.next()
    if (latest !== here) throw new DOMException('something else was asked for', 'AbortError')
    if (value) here.hits.push(value)
    here.done = done === true
  }
  const { hits, done } = here
  const counts = { total: hits.length, more: !done, indexed: head.bodies, of: head.bodies }
  return { hits: hits.slice(offset, offset + limit), ...counts }
}

async function* scan(terms: readonly RegExp[], { bodies }: ExportHead): AsyncGenerator<SearchHit, void> {
  for (let page = 0; terms.length > 0 && page * EXPORT_PAGE < bodies; page++) {
    const rows = await load<readonly Row[]>(exportName.rows(page))
    for (const { id } of rows.slice(0, bodies - page * EXPORT_PAGE)) {
      const body = await load<ExportedBody>(exportName.body(id), false)
      for (const [step, pieces] of placesOf(body)) {
        const hit = hitIn(pieces, terms)
        if (hit) yield { id, step, ...hit }
      }
    }
  }
}

/** One expression a term: a word, a "phrase", or a beginn*. */
export function termsOf(text: string): RegExp[] {
  return [...text.matchAll(/"([^"]*)"?|([^\s"]+)/g)].flatMap(([, phrase, word]) => {
    const words = (phrase ?? word ?? '').match(/[\p{L}\p{N}]+/gu)
    if (!words) return []
    const open = phrase === undefined && word?.endsWith('*')
    return [
      new RegExp(`(?<![\\p{L}\\p{N}])${words.join('[^\\p{L}\\p{N}]+')}${open ? '' : '(?![\\p{L}\\p{N}])'}`, 'giu'),
    ]
  })
}

interface Piece {
  readonly where: SearchHit['where']
  readonly text: string
}

type Place = readonly [step: number | null, pieces: readonly Piece[]]

function placesOf({ head, steps }: ExportedBody): Place[] {
  const { final } = head
  return [
    [null, [{ where: 'head', text: headText(head) }]],
    ...steps.map(({ step, observation, action }): Place => [step, [...seen(observation.messages), ...said(action)]]),
    ...(final ? [[steps.length, seen(final.messages)] as const] : []),
  ]
}

function headText({ id, task, outcome, rewards }: TrajectoryHead): string {
  const why = outcome.kind === 'unscored' ? outcome.why : outcome.kind === 'broken' ? outcome.failure.message : ''
  const reasons = Object.entries(rewards).map(([name, reward]) => `${name}: ${reward.why ?? ''}`)
  return [id, task, why, ...reasons].join('\n')
}

const textIn = ({ content }: Message): string =>
  typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')

const seen = (messages: readonly Message[]): Piece[] =>
  messages.map((message) => ({ where: message.role === 'tool' ? 'result' : 'observation', text: textIn(message) }))

const said = ({ content, thinking = '', calls = [] }: AssistantMessage): Piece[] => [
  { where: 'thinking', text: thinking },
  { where: 'action', text: content },
  ...calls.map((call) => ({ where: 'call', text: `${call.name} ${JSON.stringify(call.arguments)}` }) as const),
]

const [BEFORE, SHOWN] = [60, 200]

/** Where all terms occur in a place, the piece that has the first of them. */
export function hitIn(pieces: readonly Piece[], terms: readonly RegExp[]): Omit<SearchHit, 'id' | 'step'> | undefined {
  const has = (text: string, term: RegExp): boolean => text.search(term) >= 0
  if (!terms.every((term) => pieces.some(({ text }) => has(text, term)))) return undefined
  const { where, text } = pieces.find((piece) => has(piece.text, terms[0]!))!
  const from = Math.max(0, text.search(terms[0]!) - BEFORE)
  const shown = text.slice(from, from + SHOWN)
  const snippet: SearchHit['snippet'][number][] = from > 0 ? [{ text: '…', mark: false }] : []
  let at = 0
  const spans = terms.flatMap((term) => [...shown.matchAll(term)]).sort((a, b) => a.index - b.index)
  for (const { 0: found, index } of spans) {
    if (index < at) continue
    snippet.push({ text: shown.slice(at, index), mark: false }, { text: found, mark: true })
    at = index + found.length
  }
  snippet.push({ text: `${shown.slice(at)}${from + SHOWN < text.length ? '…' : ''}`, mark: false })
  return { where, snippet: snippet.filter((part) => part.text !== '') }
}
