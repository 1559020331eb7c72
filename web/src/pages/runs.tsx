/** All runs: what each did, and how it went. Filtered, sorted, tagged, compared, thrown away and brought back. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import type { Runs as Listing, RunLine } from '../../../src/serve/view/wire.ts'
import { type Action, Button, useActions } from '../actions.tsx'
import { isExport, post, useGet } from '../api.ts'
import { ago, dollars, short } from '../format.ts'
import { href, type Place, refine } from '../route.ts'
import { Empty, ErrorBox, Loading, Mean, Select, State } from '../ui/parts.tsx'
import { type Column, Table } from '../ui/table.tsx'

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

const columns: readonly Column<RunLine>[] = [
  { name: 'run', sort: 'id', width: 'minmax(8rem, 1.6fr)', cell: ({ id }) => id },
  { name: 'state', sort: 'state', width: '6.5rem', cell: ({ state }) => <State state={state} /> },
  { name: 'world', sort: 'env', width: 'minmax(6rem, 1fr)', wide: 'wider', cell: ({ env }) => env },
  {
    name: 'who',
    sort: 'model',
    width: 'minmax(6rem, 1.2fr)',
    wide: true,
    cell: ({ model, agent, command }) => [model || command, agent].filter(Boolean).join(', '),
  },
  { name: 'success', sort: 'success', width: '10.5rem', number: true, cell: ({ success }) => <Mean of={success} /> },
  {
    name: 'return',
    sort: 'return',
    width: '11rem',
    number: true,
    wide: true,
    cell: (run) => <Mean of={run.return} digits={1} />,
  },
  {
    name: 'episodes',
    sort: 'trajectories',
    width: '5.5rem',
    number: true,
    wide: true,
    cell: (run) => short(run.trajectories),
  },
  {
    name: 'broken',
    sort: 'broken',
    width: '4.5rem',
    number: true,
    wide: true,
    cell: ({ broken }) => (broken > 0 ? <span class="bad">{short(broken)}</span> : '0'),
  },
  { name: 'cost', sort: 'costUsd', width: '5.5rem', number: true, wide: true, cell: ({ costUsd }) => dollars(costUsd) },
  { name: 'rate', sort: 'rate', width: '5rem', number: true, wide: true, cell: (run) => rateOf(run) },
  { name: 'begun', sort: 'started', width: '7rem', wide: true, cell: ({ started }) => ago(started) },
  {
    name: 'tags',
    width: '7rem',
    wide: true,
    cell: ({ tags }) =>
      tags.map((tag) => (
        <span class="tag" key={tag}>
          {tag}
        </span>
      )),
  },
]

const perSecond = ({ trajectories, seconds }: RunLine): number => (seconds ? trajectories / seconds : 0)
const rateOf = (run: RunLine): string => (run.seconds ? `${short(perSecond(run))}/s` : '–')

export function Runs({ query }: Pick<Place, 'query'>): JSX.Element {
  const { data, error, reload } = useGet<Listing>('runs', tick.value)
  useEffect(() => {
    if (isExport) return
    const timer = setInterval(() => document.hidden || tick.value++, EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  const runs = useMemo(() => chosen(data?.runs ?? [], query), [data, query])
  useActions(isExport ? [] : deeds(runs, reload))
  if (error !== undefined && !data) return <ErrorBox error={error} retry={reload} />
  if (!data) return <Loading />
  const { sort = 'started', order = 'descending' } = query
  return (
    <>
      <h1>Runs</h1>
      {data.runs.length === 0 ? (
        <Empty title={`No run lies in ${data.folder} yet.`}>
          Make one: <code>ludus run maze --model random</code>, or <code>ludus start</code>, which trains a small model
          in three minutes.
        </Empty>
      ) : (
        <>
          <Filters query={query} runs={data.runs} />
          <Bar runs={runs} reload={reload} />
          <Table
            label="Runs"
            columns={[mark, ...columns].filter(({ name }) => name !== '' || !isExport)}
            count={runs.length}
            row={(i) => runs[i]}
            to={pageOf}
            order={{ by: sort, descending: order === 'descending' }}
            onOrder={({ by, descending }) => refine({ sort: by, order: descending ? 'descending' : 'ascending' })}
          />
          {runs.length === 0 && <Empty title="No run is like that.">Loosen the filters above.</Empty>}
        </>
      )}
    </>
  )
}

const pageOf = ({ id, command }: RunLine): string =>
  href(command === 'check' ? ['run', id, 'certificate'] : ['run', id])

const mark: Column<RunLine> = {
  name: '',
  width: '1.8rem',
  cell: ({ id }) => (
    <input
      type="checkbox"
      class="above"
      aria-label={`mark ${id}`}
      checked={marked.value.has(id)}
      onChange={() => toggle(id)}
    />
  ),
}

function Filters({ query, runs }: Pick<Place, 'query'> & { readonly runs: readonly RunLine[] }): JSX.Element {
  const states = [...new Set(runs.map(({ state }) => state))].sort()
  const tags = [...new Set(runs.flatMap((run) => run.tags))].sort()
  const any = (name: string): readonly [string, string] => ['', name]
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <label class="field">
        <span>find</span>
        <input
          type="search"
          value={query['find'] ?? ''}
          placeholder="run, world, model …"
          onInput={(event) => refine({ find: event.currentTarget.value })}
        />
      </label>
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
    </form>
  )
}

/** What can be done with those that are marked. */
function Bar({ runs, reload }: { readonly runs: readonly RunLine[]; readonly reload: () => void }): JSX.Element | null {
  const count = runs.filter(({ id }) => marked.value.has(id)).length
  if (isExport || (count === 0 && deleted.value.length === 0)) return null
  return (
    <div class="bar" role="toolbar" aria-label="Marked runs">
      {count > 0 && <span>{count} marked</span>}
      {deeds(runs, reload).map((action) => (action.not ? null : <Button key={action.id} action={action} />))}
    </div>
  )
}

function deeds(runs: readonly RunLine[], reload: () => void): Action[] {
  const ids = runs.filter(({ id }) => marked.value.has(id)).map(({ id }) => id)
  const none = ids.length === 0 && 'mark some runs first'
  const last = deleted.value
  return [
    {
      id: 'compare',
      title: 'Compare',
      key: 'c',
      to: href(['compare'], { runs: ids.join(',') }),
      not: ids.length < 2 && 'mark two runs or more',
    },
    {
      id: 'tag',
      title: 'Tag',
      not: none,
      async run() {
        const given = prompt('Tags of these runs, by commas', runs.find(({ id }) => id === ids[0])?.tags.join(', '))
        if (given === null) return
        const tags = given
          .split(',')
          .map((tag) => tag.trim())
          .filter(Boolean)
        for (const id of ids) await post(`runs/${encodeURIComponent(id)}/tags`, { tags })
        reload()
      },
    },
    {
      id: 'delete',
      title: 'Delete',
      danger: true,
      not: none,
      async run() {
        const gone: string[] = []
        try {
          for (const id of ids) {
            await post(`runs/${encodeURIComponent(id)}/delete`, {})
            gone.push(id)
          }
        } finally {
          deleted.value = gone
          marked.value = new Set()
          reload()
        }
      },
    },
    {
      id: 'undo',
      title: last.length === 1 ? `Bring ${last[0]} back` : `Bring ${last.length} runs back`,
      key: 'u',
      not: last.length === 0 && 'nothing was deleted',
      async run() {
        for (const id of last) await post(`runs/${encodeURIComponent(id)}/restore`, {})
        deleted.value = []
        reload()
      },
    },
  ]
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
