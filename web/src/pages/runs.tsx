/** All runs: what each did, and how it went. Filtered, sorted, tagged, compared, thrown away and brought back. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import type { Runs as Listing, RunLine } from '../../../src/serve/view/wire.ts'
import { type Action, Button, useActions } from '../actions.tsx'
import { api, isExport, post, useGet } from '../api.ts'
import { ago, dollars, fixed, interval, short } from '../format.ts'
import { href, type Place, refine } from '../route.ts'
import { ask } from '../ui/dialog.tsx'
import { Filters, Find } from '../ui/filters.tsx'
import { Empty, ErrorBox, Loading, Mean, Select, State } from '../ui/parts.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { setTags, Tags, tagsFrom } from '../ui/tags.tsx'
import { endToast, toast } from '../ui/toast.tsx'
import './runs.css'

/** Runs that are marked, for what can be done with several. */
const marked = signal<ReadonlySet<string>>(new Set())
const deleted = signal<readonly string[]>([])
/** Asked again so often: runs come and go. */
const EVERY_MS = 3000
const tick = signal(0)

const toggle = (id: string): void => {
  const next = new Set(marked.value)
  if (!next.delete(id)) next.add(id)
  marked.value = next
}

const columnsFor = (reload: () => void): readonly Column<RunLine>[] => [
  { name: 'run', sort: 'id', width: 'minmax(9rem, 1.5fr)', cell: ({ id }) => <span title={id}>{id}</span> },
  {
    ...{ name: 'state', sort: 'state', width: '6.9rem', narrow: '0.8rem', brief: true },
    cell: ({ state }) => <State state={state} />,
  },
  { name: 'world', sort: 'env', width: 'minmax(5rem, 1fr)', wide: 'wider', cell: ({ env }) => cut(env) },
  { name: 'who', sort: 'model', width: 'minmax(6rem, 1.7fr)', wide: true, cell: (run) => cut(who(run)) },
  {
    ...{ name: 'success', sort: 'success', width: '10rem', narrow: '3.6rem', number: true },
    cell: ({ success }) => <Mean of={success} />,
  },
  {
    ...{ name: 'return', sort: 'return', width: '4.6rem', number: true, wide: true },
    cell: (run) => <span title={interval(run.return)}>{fixed(run.return.mean, 1)}</span>,
  },
  {
    ...{ name: 'episodes', sort: 'trajectories', width: '4.6rem', narrow: '4.2rem', number: true },
    cell: (run) => short(run.trajectories),
  },
  {
    ...{ name: 'broken', sort: 'broken', width: '3.6rem', number: true, wide: true },
    cell: ({ broken }) => (broken > 0 ? <span class="bad">{short(broken)}</span> : '0'),
  },
  {
    ...{ name: 'cost', sort: 'costUsd', width: '4.6rem', number: true, wide: true },
    cell: ({ costUsd }) => dollars(costUsd),
  },
  { name: 'rate', sort: 'rate', width: '4.6rem', number: true, wide: true, cell: rateOf },
  { name: 'begun', sort: 'started', width: '6.5rem', wide: true, cell: ({ started }) => ago(started) },
  {
    ...{ name: 'tags', width: 'minmax(5rem, 1fr)', wide: true },
    cell: ({ id, tags }) => <Tags run={id} tags={tags} changed={reload} />,
  },
]

const cut = (text: string): JSX.Element => <span title={text}>{text}</span>
const who = ({ model, agent, command }: RunLine): string => [model || command, agent].filter(Boolean).join(', ')

/** Episodes a second, over all its time; 0 where that is not known. */
function perSecond({ trajectories, seconds, state, started }: RunLine): number {
  const took = seconds ?? (state === 'running' ? (Date.now() - Date.parse(started)) / 1000 : 0)
  return took > 0 ? trajectories / took : 0
}
function rateOf(run: RunLine): string {
  const rate = perSecond(run)
  return rate > 0 ? `${rate < 10 ? rate.toFixed(1) : short(Math.round(rate))}/s` : '–'
}

export function Runs({ query }: Pick<Place, 'query'>): JSX.Element {
  const { data, error, reload } = useGet<Listing>('runs', tick.value)
  useEffect(() => {
    if (isExport) return
    const timer = setInterval(() => document.hidden || tick.value++, EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  const readable = useMemo(() => (data?.runs ?? []).filter((run) => run.error === undefined), [data])
  const runs = useMemo(() => chosen(readable, query), [readable, query])
  useActions(isExport ? [] : deeds(runs, reload))
  if (error !== undefined && !data) return <ErrorBox error={error} retry={reload} />
  if (!data) return <Loading />
  return (
    <>
      <h1>Runs</h1>
      {error !== undefined && <ErrorBox error={error} retry={reload} />}
      {readable.length > 0 && <Listed query={query} all={readable} runs={runs} reload={reload} />}
      {data.runs.length === 0 && (
        <Empty title={`No run lies in ${data.folder} yet.`}>
          Make one: <code>ludus run maze --model random</code>, or <code>ludus start</code>, which trains a small model
          in three minutes.
        </Empty>
      )}
      <Unreadable runs={data.runs.filter((run) => run.error !== undefined)} />
    </>
  )
}

interface ListedProps extends Pick<Place, 'query'> {
  readonly all: readonly RunLine[]
  readonly runs: readonly RunLine[]
  readonly reload: () => void
}

function Listed({ query, all, runs, reload }: ListedProps): JSX.Element {
  const { sort = 'started', order = 'descending' } = query
  const columns = useMemo(() => [...(isExport ? [] : [markOf(runs)]), ...columnsFor(reload)], [runs])
  return (
    <>
      <Narrowing query={query} runs={all} />
      <Bar runs={runs} reload={reload} />
      <Table
        label="Runs"
        columns={columns}
        count={runs.length}
        row={(i) => runs[i]}
        to={pageOf}
        order={{ by: sort, descending: order === 'descending' }}
        onOrder={({ by, descending }) => refine({ sort: by, order: descending ? 'descending' : 'ascending' })}
      />
      {runs.length === 0 && (
        <Empty title="No run is like that.">
          <a href={href([])}>Show all {all.length}</a>
        </Empty>
      )}
    </>
  )
}

/** Folders that look like runs and cannot be read, each with the reason. */
function Unreadable({ runs }: { readonly runs: readonly RunLine[] }): JSX.Element | null {
  if (runs.length === 0) return null
  return (
    <section class="unreadable" aria-label="Runs that cannot be read">
      <h2>Cannot be read</h2>
      <ul>
        {runs.map(({ id, error }) => (
          <li key={id}>
            <strong>{id}</strong> <span class="bad">{error}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

const pageOf = ({ id, command }: RunLine): string =>
  href(command === 'check' ? ['run', id, 'certificate'] : ['run', id])

const markOf = (runs: readonly RunLine[]): Column<RunLine> => ({
  name: 'marked',
  width: '1.2rem',
  head: () => <MarkAll runs={runs} />,
  cell: ({ id }) => <Mark id={id} />,
})

function Mark({ id }: { readonly id: string }): JSX.Element {
  return (
    <input
      type="checkbox"
      class="above"
      aria-label={`mark ${id}`}
      checked={marked.value.has(id)}
      onChange={() => toggle(id)}
    />
  )
}

function MarkAll({ runs }: { readonly runs: readonly RunLine[] }): JSX.Element {
  const count = runs.filter(({ id }) => marked.value.has(id)).length
  const all = count > 0 && count === runs.length
  return (
    <input
      type="checkbox"
      aria-label="mark all"
      checked={all}
      indeterminate={count > 0 && !all}
      onChange={() => {
        marked.value = all ? new Set() : new Set(runs.map(({ id }) => id))
      }}
    />
  )
}

function Narrowing({ query, runs }: Pick<Place, 'query'> & { readonly runs: readonly RunLine[] }): JSX.Element {
  const states = [...new Set(runs.map(({ state }) => state))].sort()
  const tags = [...new Set(runs.flatMap((run) => run.tags))].sort()
  const any = (name: string): readonly [string, string] => ['', name]
  return (
    <Filters>
      <Find name="find" placeholder="run, world, model …" />
      <Select
        label="state"
        value={query['state'] ?? ''}
        options={[any('any'), ...states.map((state): [string, string] => [state, state])]}
        onChange={(state) => refine({ state })}
      />
      {tags.length > 0 && (
        <Select
          label="tag"
          value={query['tag'] ?? ''}
          options={[any('any'), ...tags.map((tag): [string, string] => [tag, tag])]}
          onChange={(tag) => refine({ tag })}
        />
      )}
    </Filters>
  )
}

/** What can be done with those that are marked. */
function Bar({ runs, reload }: Pick<ListedProps, 'runs' | 'reload'>): JSX.Element | null {
  const count = runs.filter(({ id }) => marked.value.has(id)).length
  if (isExport) return null
  return (
    <div class="bar marked" role="toolbar" aria-label="Marked runs">
      {count > 0 ? <span>{count} marked</span> : <span class="quiet">Mark runs to compare, tag or delete them.</span>}
      {deeds(runs, reload).map((action) =>
        action.not || !ON_BAR.has(action.id) ? null : <Button key={action.id} action={action} class="small" />,
      )}
    </div>
  )
}

const ON_BAR = new Set(['compare', 'tag', 'delete', 'unmark'])

function deeds(runs: readonly RunLine[], reload: () => void): Action[] {
  const held = runs.filter(({ id }) => marked.value.has(id))
  const ids = held.map(({ id }) => id)
  const none = ids.length === 0 && 'mark some runs first'
  return [
    {
      ...{ id: 'compare', title: 'Compare', key: 'c', to: href(['compare'], { runs: ids.join(',') }) },
      not: ids.length < 2 && 'mark two runs or more',
    },
    { id: 'tag', title: 'Add tags', not: none, run: () => addTags(held).then(reload) },
    { id: 'delete', title: 'Delete', danger: true, not: none, run: () => remove(ids, reload) },
    {
      ...{ id: 'unmark', title: 'Unmark', not: none },
      run() {
        marked.value = new Set()
      },
    },
    { id: 'mark', title: 'Mark the run that has the focus', key: 'x', run: markFocused },
    undo(reload),
  ]
}

function markFocused(): void {
  const row = document.activeElement?.closest('.table-row')
  row?.querySelector<HTMLInputElement>('input[type="checkbox"]')?.click()
}

async function addTags(runs: readonly RunLine[]): Promise<void> {
  const about = `They are added to those of ${runs.length === 1 ? runs[0]!.id : `${runs.length} runs`}.`
  const given = await ask({ title: 'Add tags', about, yes: 'Add', field: { label: 'Tags, by commas', value: '' } })
  if (given === undefined) return
  for (const { id, tags } of runs) await setTags(id, tagsFrom([...tags, given].join(',')))
}

const runsOf = (ids: readonly string[]): string => (ids.length === 1 ? `${ids[0]}` : `${ids.length} runs`)

const undo = (reload: () => void): Action => ({
  ...{ id: 'undo', title: `Bring ${runsOf(deleted.value)} back`, key: 'u' },
  not: deleted.value.length === 0 && 'nothing was deleted',
  async run() {
    endToast()
    for (const id of deleted.value) await post(api(['runs', id, 'restore']), {})
    deleted.value = []
    reload()
  },
})

/** Those that could be; the rest, with the reason, is said. */
async function remove(ids: readonly string[], reload: () => void): Promise<void> {
  const gone: string[] = []
  try {
    for (const id of ids) {
      await post(api(['runs', id, 'delete']), {})
      gone.push(id)
    }
  } finally {
    marked.value = new Set(ids.filter((id) => !gone.includes(id)))
    if (gone.length > 0) {
      deleted.value = gone
      toast(`${runsOf(gone)} deleted.`, undo(reload))
    }
    reload()
  }
}

/** Those that the query asks for, in its order. */
function chosen(runs: readonly RunLine[], query: Place['query']): RunLine[] {
  const words = (query['find'] ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const { state, tag, sort = 'started', order = 'descending' } = query
  const found = runs.filter((run) => {
    const text = [run.id, run.env, run.model, run.agent, run.command, ...run.tags].join(' ').toLowerCase()
    return (
      (!state || run.state === state) && (!tag || run.tags.includes(tag)) && words.every((word) => text.includes(word))
    )
  })
  const sign = order === 'descending' ? -1 : 1
  return found.sort((a, b) => sign * compared(sortValue(a, sort), sortValue(b, sort)))
}

function sortValue(run: RunLine, name: string): string | number {
  if (name === 'success' || name === 'return') return run[name].mean ?? Number.NEGATIVE_INFINITY
  if (name === 'rate') return perSecond(run)
  const value = name in run ? run[name as keyof RunLine] : ''
  return typeof value === 'number' || typeof value === 'string' ? value : Number.NEGATIVE_INFINITY
}

function compared(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return `${a}`.localeCompare(`${b}`, undefined, { numeric: true })
}
