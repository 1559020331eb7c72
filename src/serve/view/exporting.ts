/**
 * Writes a run into a folder that opens without a server: the page, and beside it as scripts what the server would have
 * answered. Everything in it is an answer of the server: what the pages do not show is not there.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { View } from './app.ts'
import {
  EXPORT_PAGE,
  type ExportedBody,
  type ExportedTokens,
  type ExportHead,
  exportName,
  pictureName,
} from './export-names.ts'
import type {
  BatchTotals,
  Group,
  Pictures,
  Row,
  Rows,
  RunLine,
  RunNow,
  Steps,
  Tasks,
  TokenOutline,
  TokenSlice,
} from './wire.ts'

export interface ExportOptions {
  readonly run: string
  /** Where it goes: a folder that is empty or not there. */
  readonly folder: string
  /** The folder of the built page. */
  readonly page: string
  /** Bodies of at most so many trajectories. */
  readonly most: number
  /** Ends it with the bodies that are there. */
  readonly signal: AbortSignal
  /** Bodies written, of how many. */
  onProgress(done: number, total: number): void
}

export interface Exported {
  readonly trajectories: number
  readonly bodies: number
}

/** Throws a sentence where something lies there already. */
export function checkEmpty(folder: string): void {
  if (!existsSync(folder)) return
  let held: string[]
  try {
    held = readdirSync(folder)
  } catch (cause) {
    throw new Error(`'${folder}' is no folder: name one that is empty or not there`, { cause })
  }
  if (held.length > 0) throw new Error(`'${folder}' holds other things ('${held[0]}'): name a folder that is empty`)
}

/** Rejects with a sentence. The page itself is written last: a folder without it was not finished. */
export async function exportRun(view: View, options: ExportOptions): Promise<Exported> {
  const { run, folder, most, signal, onProgress } = options
  checkEmpty(folder)
  const asker = new Asker(view, run)
  const files = new Files(join(folder, 'data'))
  const rows = await exportRows(asker, files)
  const { total: tasks, attempts } = await exportTasks(asker, files)
  files.put(exportName.answers, await answersOf(asker))
  const wanted = Math.min(rows.length, most)
  const bodies = new Bodies(asker, files)
  let done = 0
  for (; done < wanted && !signal.aborted; done++) {
    await bodies.put(rows[done]!)
    onProgress(done + 1, wanted)
    // Nothing above waits for the outside, and an interrupt must be heard.
    await turn()
  }
  const { command } = await asker.ask<RunNow>([])
  const start = `#/run/${encodeURIComponent(run)}${command === 'check' ? '/certificate' : ''}`
  const head: ExportHead = { run, start, trajectories: rows.length, tasks, attempts, bodies: done }
  files.write('export.js', `globalThis.ludusExport = ${JSON.stringify(head)}`)
  writePage(options.page, folder)
  return { trajectories: rows.length, bodies: done }
}

/** Says what the server says. */
class Asker {
  readonly #view: View
  readonly run: string

  constructor(view: View, run: string) {
    this.#view = view
    this.run = run
  }

  /** What the server says of the run. */
  ask<T>(path: readonly string[], query: Readonly<Record<string, string | number>> = {}): Promise<T> {
    return this.get(['runs', this.run, ...path], query)
  }

  async get<T>(path: readonly string[], query: Readonly<Record<string, string | number>> = {}): Promise<T> {
    const response = await this.response(path, query)
    const answer = (await response.json()) as T & { readonly error?: string }
    if (!response.ok) throw new Error(`${path.join('/')}: ${answer.error}`)
    return answer
  }

  async response(path: readonly string[], query: Readonly<Record<string, string | number>>): Promise<Response> {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) search.set(name, `${value}`)
    const url = `http://localhost/api/${path.map(encodeURIComponent).join('/')}?${search}`
    return await this.#view.app.request(url, { headers: { host: 'localhost' } })
  }
}

/** The files of data: each hands one answer, or several, to the page; as gzip, for requests repeat one another. */
class Files {
  readonly #folder: string
  readonly #names = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  put(name: string, answer: unknown): void {
    if (this.#names.has(name)) throw new Error(`two answers go by the name '${name}'`)
    this.#names.add(name)
    const packed = gzipSync(JSON.stringify(answer), { level: 3 }).toString('base64')
    this.write(`${name}.js`, `ludusHand('${name}', '${packed}')`)
  }

  write(name: string, text: string): void {
    const path = join(this.#folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

async function exportRows(asker: Asker, files: Files): Promise<Row[]> {
  const rows: Row[] = []
  for (let page = 0; ; page++) {
    const query = { offset: page * EXPORT_PAGE, limit: EXPORT_PAGE }
    const { rows: found } = await asker.ask<Rows>(['rows'], query)
    files.put(exportName.rows(page), found)
    rows.push(...found)
    if (found.length < EXPORT_PAGE) return rows
  }
}

async function exportTasks(asker: Asker, files: Files): Promise<Pick<Tasks, 'total' | 'attempts'>> {
  for (let page = 0; ; page++) {
    const query = { offset: page * EXPORT_PAGE, limit: EXPORT_PAGE }
    const { tasks, total, attempts } = await asker.ask<Tasks>(['tasks'], query)
    files.put(exportName.tasks(page), tasks)
    if ((page + 1) * EXPORT_PAGE >= total) return { total, attempts }
  }
}

/** What is the same for every reader, by its path: the run as it is now, and the papers. */
async function answersOf(asker: Asker): Promise<Readonly<Record<string, unknown>>> {
  const { run } = asker
  const base = `runs/${encodeURIComponent(run)}`
  const now = await asker.ask<RunNow>([])
  const { runs } = await asker.get<{ runs: readonly RunLine[] }>(['runs'])
  const answers: [string, unknown][] = [
    ['runs', { folder: '', runs: runs.filter(({ id }) => id === run) }],
    ['papers', await asker.get(['papers'])],
    [base, now],
  ]
  for (const part of ['measurements', 'histograms', 'pass']) answers.push([`${base}/${part}`, await asker.ask([part])])
  const batches = await asker.ask<readonly BatchTotals[]>(['batches'])
  answers.push([`${base}/batches`, batches])
  for (const batch of groupsOf(batches.map(({ batch }) => batch)))
    answers.push([`${base}/pass?${new URLSearchParams({ batch })}`, await asker.ask(['pass'], { batch })])
  if (now.command === 'check') answers.push([`${base}/certificate`, await asker.ask(['certificate'])])
  return Object.fromEntries(answers)
}

/** Batches, and what they can be taken together by: 'seed-0/grpo/3', 'seed-0/grpo/', 'seed-0/'. */
function groupsOf(batches: readonly string[]): Set<string> {
  const parts = batches.flatMap((batch) => [
    batch,
    ...[...batch.matchAll(/\//g)].map(({ index }) => batch.slice(0, index + 1)),
  ])
  return new Set(parts.filter(Boolean))
}

/** After so many trajectories in a row that cannot be drawn, no more are tried. */
const UNDRAWN = 3

class Bodies {
  readonly #asker: Asker
  readonly #files: Files
  readonly #groups = new Set<string>()
  #undrawn = 0
  #none: Pictures | undefined

  constructor(asker: Asker, files: Files) {
    this.#asker = asker
    this.#files = files
  }

  async put({ id, task, batch }: Row): Promise<void> {
    const [asker, files] = [this.#asker, this.#files]
    const [head, steps] = [await asker.ask<ExportedBody['head']>(['trajectory'], { id }), await stepsOf(asker, id)]
    const pictures = await this.#pictures(id)
    files.put(exportName.body(id), { head, steps, pictures } satisfies ExportedBody)
    files.put(exportName.raw(id), await asker.ask(['raw'], { id }))
    files.put(exportName.tokens(id), await tokensOf(asker, id))
    const group = exportName.group(task, batch)
    if (this.#groups.has(group)) return
    this.#groups.add(group)
    files.put(group, await asker.ask<Group>(['group'], batch === '' ? { task } : { task, batch }))
  }

  async #pictures(id: string): Promise<Pictures> {
    if (this.#none && this.#undrawn >= UNDRAWN) return this.#none
    const pictures = await this.#asker.ask<Pictures>(['pictures'], { id })
    if ('none' in pictures) {
      this.#none = pictures
      this.#undrawn++
      return pictures
    }
    this.#undrawn = 0
    for (let step = 0; step < pictures.count; step++) {
      const response = await this.#asker.response(['runs', this.#asker.run, 'picture'], { id, step })
      this.#files.write(pictureName(id, step), await response.text())
    }
    return pictures
  }
}

/** The server gives a piece at a time. */
async function stepsOf(asker: Asker, id: string): Promise<Steps['steps']> {
  const steps: Steps['steps'][number][] = []
  for (;;) {
    const from = steps.length
    const { steps: found } = await asker.ask<Steps>(['steps'], { id, from, to: from + 50 })
    if (found.length === 0) return steps
    steps.push(...found)
  }
}

async function tokensOf(asker: Asker, id: string): Promise<ExportedTokens> {
  const outline = await asker.ask<TokenOutline>(['tokens'], { id })
  const slices: TokenSlice[] = []
  for (const { call, prompt, completion } of outline.calls) {
    const count = prompt.count + completion.count
    if (count > 0) slices.push(await sliceOf(asker, { id, call, count }))
  }
  return { outline, slices }
}

interface Tokens {
  readonly id: string
  readonly call: number
  readonly count: number
}

async function sliceOf(asker: Asker, { id, call, count }: Tokens): Promise<TokenSlice> {
  const ask = (from: number): Promise<TokenSlice> => asker.ask(['token-slice'], { id, call, from, to: count })
  let whole = await ask(0)
  while (whole.ids.length < count) {
    const next = await ask(whole.ids.length)
    if (next.ids.length === 0) break
    whole = joined(whole, next)
  }
  return whole
}

/** Every column of the one followed by the same of the other. */
function joined(a: TokenSlice, b: TokenSlice): TokenSlice {
  const columns = Object.entries(a).map(([name, column]) => {
    const more = b[name as keyof TokenSlice]
    return [name, Array.isArray(column) && Array.isArray(more) ? [...column, ...more] : column]
  })
  return Object.fromEntries(columns) as TokenSlice
}

/** A page on disk has no server that says what it may do: it says so itself. Nothing is fetched, from anywhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types ludus-data',
].join('; ')

function writePage(page: string, folder: string): void {
  for (const name of ['page.js', 'page.css']) writeFileSync(join(folder, name), readFileSync(join(page, name)))
  const html = readFileSync(join(page, 'index.html'), 'utf8')
  const policy = `<meta http-equiv="content-security-policy" content="${POLICY}" />`
  const ahead = html.indexOf('<script')
  const complete = `${html.slice(0, ahead)}<script defer src="./data/export.js"></script>\n    ${html.slice(ahead)}`
  writeFileSync(join(folder, 'index.html'), complete.replace('<head>', `<head>\n    ${policy}`))
}
