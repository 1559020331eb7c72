/** All trajectories of a run, of which there may be a hundred thousand: filtered, sorted, and live. */
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { Facets, Row, Rows, RunNow } from '../../../src/serve/view/wire.ts'
import { api, useGet } from '../api.ts'
import { dollars, duration, fixed, short } from '../format.ts'
import { href, type Place, refine } from '../route.ts'
import { useSlow } from '../slow.ts'
import { BatchSelect } from '../ui/batch-select.tsx'
import { Filters, Find } from '../ui/filters.tsx'
import { Empty, ErrorBox, lookOf, Outcome, Select } from '../ui/parts.tsx'
import { type Column, ROW_PX, Table, usePaged } from '../ui/table.tsx'
import { MARGIN } from '../ui/virtual.tsx'
import { RunFrame } from './run-frame.tsx'
import './trajectories.css'

interface TrajectoriesProps extends Pick<Place, 'query'> {
  readonly run: string
}

export function Trajectories({ run, query }: TrajectoriesProps): JSX.Element {
  return (
    <RunFrame run={run} view="trajectories">
      {(now) => <Listing now={now} query={query} />}
    </RunFrame>
  )
}

const columns: readonly Column<Row>[] = [
  { name: 'trajectory', sort: 'id', width: 'minmax(9rem, 2fr)', cell: ({ id }) => <span title={id}>{id}</span> },
  {
    ...{ name: 'outcome', sort: 'outcome', width: '8.5rem', narrow: '1.2rem', brief: true },
    cell: (row) => <Outcome look={lookOf(row)} />,
  },
  { name: 'return', sort: 'return', width: '5rem', narrow: '4rem', number: true, cell: (row) => fixed(row.return) },
  { name: 'success', sort: 'success', width: '4.5rem', number: true, wide: true, cell: (row) => fixed(row.success) },
  { name: 'ended by', sort: 'stop', width: '6rem', wide: true, cell: ({ stop }) => stop },
  { name: 'task', sort: 'task', width: 'minmax(5rem, 1fr)', wide: 'wider', cell: ({ task }) => task },
  { name: 'batch', sort: 'batch', width: 'minmax(5rem, 1fr)', wide: 'wider', cell: ({ batch }) => batch },
  { name: 'attempt', sort: 'attempt', width: '4.5rem', number: true, wide: 'wider', cell: (row) => row.attempt },
  { name: 'steps', sort: 'steps', width: '4rem', narrow: '3rem', number: true, cell: ({ steps }) => short(steps) },
  { name: 'calls', sort: 'calls', width: '4rem', number: true, wide: true, cell: ({ calls }) => short(calls) },
  {
    ...{ name: 'read', sort: 'promptTokens', width: '4.5rem', number: true, wide: true },
    cell: ({ promptTokens }) => short(promptTokens),
  },
  {
    ...{ name: 'written', sort: 'completionTokens', width: '4.5rem', number: true, wide: true },
    cell: ({ completionTokens }) => short(completionTokens),
  },
  {
    ...{ name: 'cost', sort: 'costUsd', width: '5rem', number: true, wide: true },
    cell: ({ costUsd }) => (costUsd === null ? '?' : dollars(costUsd)),
  },
  {
    ...{ name: 'time', sort: 'timeMs', width: '5rem', number: true, wide: true },
    cell: ({ timeMs }) => duration(timeMs / 1000),
  },
]

interface ListingProps extends Pick<Place, 'query'> {
  readonly now: RunNow
}

const ASKED_EVERY_MS = 1000

function Listing({ now, query }: ListingProps): JSX.Element {
  const { sort = '', order = '', ...filters } = asked(query)
  const stamp = useSlow(now.stamp, ASKED_EVERY_MS)
  const rows = usePaged(
    JSON.stringify([now.id, sort, order, filters]),
    (offset, limit) =>
      api(['runs', now.id, 'rows'], { ...filters, sort, descending: order === 'descending' || null, offset, limit }),
    (page: Rows) => page.rows,
    stamp,
  )
  const onView = useAnchor(rows.item)
  return (
    <>
      <Narrowing now={now} query={query} stamp={stamp} />
      {rows.error !== undefined && <ErrorBox error={rows.error} />}
      <p class="quiet counted" role="status">
        {rows.total === undefined ? 'Loading …' : `${rows.total.toLocaleString('en')} trajectories`}
      </p>
      {rows.total === 0 ? (
        <Nothing now={now} />
      ) : (
        <Table
          label="Trajectories"
          columns={columns}
          count={rows.total ?? 1}
          row={rows.item}
          to={({ id }) => href(['run', now.id, 'trajectory'], { id })}
          order={{ by: sort, descending: order === 'descending' }}
          onOrder={({ by, descending }) => refine({ sort: by, order: descending ? 'descending' : null })}
          onView={(from, to) => {
            onView(from)
            rows.onView(from, to)
          }}
        />
      )}
    </>
  )
}

const FILTERS = ['batch', 'task', 'outcome', 'stop', 'success', 'text', 'sort', 'order'] as const

/** Of the query, what the listing knows. */
const asked = (query: Place['query']): Partial<Record<(typeof FILTERS)[number], string>> =>
  Object.fromEntries(FILTERS.flatMap((name) => (query[name] ? [[name, query[name]]] : [])))

/**
 * Keeps the rows in view where they are while others come in before them, unless the reader is at the top: then the
 * newest show.
 */
function useAnchor(item: (index: number) => Row | undefined): (from: number) => void {
  const anchor = useRef<{ index: number; id: string | undefined }>({ index: 0, id: undefined })
  const { index, id } = anchor.current
  const here = item(index)?.id
  if (id !== undefined && here !== undefined && here !== id) {
    const moved = offsetOf(id, index, item)
    anchor.current = { index: index + moved, id: item(index + moved)?.id }
    if (moved !== 0) requestAnimationFrame(() => scrollBy({ top: moved * ROW_PX }))
  }
  if (id === undefined && index > 0) anchor.current = { index, id: here }
  return (from) => {
    const first = from + Math.ceil(MARGIN / ROW_PX)
    anchor.current = { index: first, id: from > 0 ? item(first)?.id : undefined }
  }
}

/** How many rows further the row is now; 0 where it is not near any more. */
function offsetOf(id: string, index: number, item: (index: number) => Row | undefined): number {
  for (let moved = 1; moved < 1000; moved++) {
    if (item(index + moved)?.id === id) return moved
    if (item(index - moved)?.id === id) return -moved
  }
  return 0
}

function Nothing({ now }: { readonly now: RunNow }): JSX.Element {
  if (now.totals.trajectories > 0)
    return (
      <Empty title="No trajectory is like that.">
        <a href={href(['run', now.id, 'trajectories'])}>Show all {now.totals.trajectories}</a>
      </Empty>
    )
  return (
    <Empty title={now.state === 'running' ? 'Nothing has been played yet.' : 'This run kept no trajectory.'}>
      {now.state === 'running'
        ? 'The first episodes appear here as they end.'
        : 'It ended before an episode did, or keeps none.'}
    </Empty>
  )
}

interface FiltersProps extends ListingProps {
  readonly stamp: string
}

function Narrowing({ now, query, stamp }: FiltersProps): JSX.Element {
  const { sort: _, order: __, ...filters } = asked(query)
  const { data } = useGet<Facets>(api(['runs', now.id, 'facets'], filters), stamp)
  const [facets, keep] = useState<Facets>()
  if (data && data !== facets) keep(data)
  const stops = Object.entries(now.totals.stops).sort(([, a], [, b]) => b - a)
  const set = (name: string) => (value: string) => refine({ [name]: value })
  const any = ['', 'any'] as const
  const chosen = (name: 'outcome' | 'success' | 'stop'): string => query[name] ?? ''
  return (
    <Filters>
      <Find name="text" placeholder="part of an id" />
      <Select
        label="outcome"
        value={chosen('outcome')}
        options={[any, ...outcomes(facets)]}
        onChange={set('outcome')}
      />
      <Select
        label="success"
        value={chosen('success')}
        options={[any, ...successes(facets)]}
        onChange={set('success')}
      />
      <Select
        label="ended by"
        value={chosen('stop')}
        options={[any, ...stops.map(([stop, count]) => [stop, `${stop} (${short(count)})`] as const)]}
        onChange={set('stop')}
      />
      <BatchSelect run={now.id} value={query['batch'] ?? ''} stamp={stamp} onChange={set('batch')} />
      {query['task'] && (
        <button type="button" class="button small" onClick={() => refine({ task: null })}>
          task {query['task']} ✕<span class="unseen"> show all tasks</span>
        </button>
      )}
    </Filters>
  )
}

const OUTCOMES = [
  ['scored', 'scored'],
  ['unscored', 'unscored'],
  ['broken', 'broken'],
  ['cancelled', 'cancelled'],
  ['over-budget', 'overBudget'],
] as const

const counted = (name: string, count: number | undefined): string =>
  count === undefined ? name : `${name} (${short(count)})`

const outcomes = (facets: Facets | undefined): (readonly [string, string])[] =>
  OUTCOMES.map(([kind, key]) => [kind, counted(kind, facets?.outcomes[key])])

const successes = (facets: Facets | undefined): (readonly [string, string])[] => [
  ['yes', counted('yes', facets?.success.yes)],
  ['no', counted('no', facets?.success.no)],
]
