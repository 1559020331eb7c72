/**
 * Answers from the files of an exported run as the server would: listings are filtered, sorted and searched here.
 */
import {
  EXPORT_PAGE,
  type ExportedAnswers,
  type ExportedBody,
  type ExportedTokens,
  type ExportHead,
  exportName,
  pictureName,
} from '../../src/serve/view/export-names.ts'
import type {
  Call,
  Facets,
  Group,
  Pictures,
  Row,
  Rows,
  SearchResult,
  Steps,
  TaskRow,
  Tasks,
  TokenOutline,
  TokenSlice,
  TrajectoryHead,
} from '../../src/serve/view/wire.ts'
import { load } from './exported-files.ts'
import { chosenRows, chosenTasks, facetsOf, solvedOf } from './exported-rows.ts'
import { searchExport } from './exported-search.ts'

/** What the server would answer to this path. */
export async function fromExport(head: ExportHead, path: string): Promise<unknown> {
  const [where = '', search = ''] = path.split('?')
  const [room, run, view = ''] = where.split('/').map(decodeURIComponent)
  const query: Query = Object.fromEntries(new URLSearchParams(search))
  if (room === 'runs' && run === head.run && Object.hasOwn(VIEWS, view)) return await VIEWS[view]!(query, head)
  const answers = await load<ExportedAnswers>(exportName.answers)
  if (!Object.hasOwn(answers, path)) throw new Error('this was not exported: open the run with ludus view')
  return answers[path]
}

/** Where the browser finds a picture that the server would have given at this path. */
export function fileOf(path: string): string {
  const query = new URLSearchParams(path.split('?')[1])
  return `data/${pictureName(query.get('id') ?? '', Number(query.get('step')))}`
}

export type Query = Readonly<Record<string, string>>

const body = (id = ''): Promise<ExportedBody> => load(exportName.body(id))
const number = (text: string | undefined, fallback = 0): number => (text === undefined ? fallback : Number(text))

/** A trajectory as it is stored, as far as its calls are asked for one by one. */
interface Raw {
  readonly steps: readonly { readonly calls: readonly Call[] }[]
  readonly trailing: readonly Call[]
}

const VIEWS: Readonly<Record<string, (query: Query, head: ExportHead) => Promise<unknown>>> = {
  rows,
  tasks,
  facets: async (query, head): Promise<Facets> => facetsOf(await every<Row>(exportName.rows, head.trajectories), query),
  search: ({ q = '', offset, limit }, head): Promise<SearchResult> =>
    searchExport(q, { offset: number(offset), limit: number(limit, 50) }, head),
  group: ({ task = '', batch = '' }): Promise<Group> => load(exportName.group(task, batch)),
  trajectory: async ({ id }): Promise<TrajectoryHead> => (await body(id)).head,
  steps: async ({ id, from, to }): Promise<Steps> => ({
    steps: (await body(id)).steps.slice(number(from), number(to)),
  }),
  pictures: async ({ id }): Promise<Pictures> => (await body(id)).pictures,
  raw: ({ id = '' }) => load<Raw>(exportName.raw(id)),
  async call({ id = '', call }): Promise<Call | undefined> {
    const { steps, trailing } = await load<Raw>(exportName.raw(id))
    return [...steps.flatMap(({ calls }) => calls), ...trailing][number(call)]
  },
  tokens: async ({ id = '' }): Promise<TokenOutline> => (await load<ExportedTokens>(exportName.tokens(id))).outline,
  async 'token-slice'({ id = '', call, from, to }): Promise<TokenSlice | undefined> {
    const { slices } = await load<ExportedTokens>(exportName.tokens(id))
    const whole = slices.find((slice) => slice.call === number(call))
    return whole && cut(whole, number(from), number(to))
  },
}

/** Every column of it, from … to. */
function cut(whole: TokenSlice, from: number, to: number): TokenSlice {
  const columns = Object.entries(whole).map(([name, column]) => [
    name,
    Array.isArray(column) ? column.slice(from, to) : column,
  ])
  return { ...(Object.fromEntries(columns) as TokenSlice), from }
}

async function every<T>(name: (page: number) => string, count: number): Promise<T[]> {
  const pages = Array.from({ length: Math.ceil(count / EXPORT_PAGE) }, (_, page) => load<readonly T[]>(name(page)))
  return (await Promise.all(pages)).flat()
}

interface Range {
  readonly offset: number
  readonly limit: number
}

/** Of a listing as it lies, only what is asked for. */
async function part<T>(name: (page: number) => string, { offset, limit }: Range, count: number): Promise<T[]> {
  const [end, items]: [number, T[]] = [Math.min(offset + limit, count), []]
  for (let page = Math.floor(offset / EXPORT_PAGE); page * EXPORT_PAGE < end; page++) {
    const start = page * EXPORT_PAGE
    items.push(...(await load<readonly T[]>(name(page))).slice(Math.max(0, offset - start), end - start))
  }
  return items
}

async function rows({ offset, limit, ...query }: Query, { trajectories }: ExportHead): Promise<Rows> {
  const range = { offset: number(offset), limit: number(limit, 200) }
  if (Object.keys(query).length === 0)
    return { total: trajectories, offset: range.offset, rows: await part<Row>(exportName.rows, range, trajectories) }
  const found = chosenRows(await every<Row>(exportName.rows, trajectories), query)
  return { total: found.length, offset: range.offset, rows: found.slice(range.offset, range.offset + range.limit) }
}

async function tasks({ offset, limit, ...query }: Query, { tasks: count }: ExportHead): Promise<Tasks> {
  const range = { offset: number(offset), limit: number(limit, 200) }
  const found = chosenTasks(await every<TaskRow>(exportName.tasks, count), query)
  return {
    total: found.length,
    offset: range.offset,
    solved: solvedOf(found),
    attempts: found.reduce((most, { attempts }) => Math.max(most, attempts), 0),
    tasks: found.slice(range.offset, range.offset + range.limit),
  }
}
