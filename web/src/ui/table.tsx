/** A table of any length whose rows come from the server page by page, as they come into view. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useMemo, useReducer, useRef } from 'preact/hooks'
import { get } from '../api.ts'
import { Virtual } from './virtual.tsx'

export interface Column<R> {
  readonly name: string
  /** Asks for the rows in this order when its head is clicked. */
  readonly sort?: string
  /** What stands above it, where that is not its name. */
  readonly head?: () => ComponentChildren
  /** A track of the grid: '1fr', '6rem'; and another on a phone. */
  readonly width: string
  readonly narrow?: string
  readonly number?: boolean
  /** On a phone its mark alone, and no head. */
  readonly brief?: boolean
  /** Not on a phone; 'wider': only on a wide screen. */
  readonly wide?: boolean | 'wider'
  readonly cell: (row: R) => ComponentChildren
}

export interface Order {
  readonly by: string
  readonly descending: boolean
}

interface TableProps<R> {
  readonly label: string
  readonly columns: readonly Column<R>[]
  readonly count: number
  /** undefined while it is on its way. */
  readonly row: (index: number) => R | undefined
  readonly to?: (row: R) => string
  /** Whether it is the one that is looked at. */
  readonly current?: (row: R) => boolean
  readonly order?: Order
  readonly onOrder?: (order: Order) => void
  readonly onView?: (from: number, to: number) => void
}

export const ROW_PX = 34

export function Table<R>({
  label,
  columns,
  count,
  row,
  to,
  current,
  order,
  onOrder,
  onView,
}: TableProps<R>): JSX.Element {
  const tracks = (kept: (column: Column<R>) => boolean, isNarrow = false): string =>
    columns
      .filter(kept)
      .map(({ width, narrow = width }) => (isNarrow ? narrow : width))
      .join(' ')
  const style = {
    '--tracks': tracks(() => true),
    '--middle': tracks(({ wide }) => wide !== 'wider'),
    '--narrow': tracks(({ wide }) => !wide, true),
  }
  const linked = columns.findIndex(({ head }) => !head)
  /** The first cell's link covers its row; of cells with a head of their own, none does. */
  const cells = (record: R): JSX.Element[] =>
    columns.map((column, i) => (
      <span key={column.name} role="cell" class={classOf(column)}>
        {i === linked && to ? (
          <a class="cover" href={to(record)}>
            {column.cell(record)}
          </a>
        ) : (
          column.cell(record)
        )}
      </span>
    ))
  return (
    <div class="table" role="table" aria-label={label} aria-rowcount={count + 1} style={style} onKeyDown={onArrow}>
      <div class="table-head table-row" role="row">
        {columns.map((column) => (
          <Head key={column.name} column={column} order={order} onOrder={onOrder} />
        ))}
      </div>
      <Virtual count={count} height={ROW_PX} exact role="rowgroup" itemRole="row" {...(onView && { onView })}>
        {(index) => {
          const record = row(index)
          if (record === undefined) return <span role="cell" class="table-row waiting" />
          return (
            <div class={`table-row ${current?.(record) ? 'current' : ''}`} role="presentation">
              {cells(record)}
            </div>
          )
        }}
      </Virtual>
    </div>
  )
}

/** Up and down go from row to row. */
function onArrow(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const { target, currentTarget } = event
  if (step === 0 || !(target instanceof HTMLElement) || !target.classList.contains('cover')) return
  const index = Number(target.closest<HTMLElement>('[data-index]')?.dataset['index'])
  const next = (currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-index="${index + step}"] .cover`)
  if (!next) return
  event.preventDefault()
  next.focus()
}

const classOf = ({ number, wide, brief }: Pick<Column<unknown>, 'number' | 'wide' | 'brief'>): string =>
  `${brief ? 'brief' : ''} ${number ? 'number' : ''} ${wide ? 'wide' : ''} ${wide === 'wider' ? 'wider' : ''}`

interface HeadProps<R> {
  readonly column: Column<R>
  readonly order: Order | undefined
  readonly onOrder: ((order: Order) => void) | undefined
}

function Head<R>({ column, order, onOrder }: HeadProps<R>): JSX.Element {
  const { name, sort, number, head } = column
  const here = sort !== undefined && order?.by === sort
  const direction = here ? (order.descending ? 'descending' : 'ascending') : 'none'
  if (sort === undefined || !onOrder)
    return (
      <span role="columnheader" class={classOf(column)}>
        {head ? head() : name}
      </span>
    )
  return (
    <span role="columnheader" aria-sort={direction} class={classOf(column)}>
      <button
        type="button"
        onClick={() => onOrder({ by: sort, descending: here ? !order.descending : Boolean(number) })}
      >
        {name}
        <span aria-hidden="true">{here ? (order.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </span>
  )
}

const PAGE = 200
/** Pages that are kept; those that were loaded first go first. */
const KEPT = 30

export interface Paged<T> {
  item(index: number): T | undefined
  /** To be told what is in view. */
  readonly onView: (from: number, to: number) => void
  readonly total: number | undefined
  readonly error: string | undefined
}

interface PageOf {
  readonly total: number
}

/**
 * The items of a listing, 200 at a time, as they come into view. `path` makes the request of a page; pages are asked for
 * anew when `stamp` changes, and what was there stays until they come.
 */
export function usePaged<P extends PageOf, T>(
  key: string,
  path: (offset: number, limit: number) => string,
  items: (page: P) => readonly T[],
  stamp: unknown = 0,
): Paged<T> {
  const [, redraw] = useReducer((n: number) => n + 1, 0)
  // Another key is another listing.
  const pages = useMemo(() => new Map<number, { readonly items?: readonly T[]; readonly stamp: unknown }>(), [key])
  const state = useRef<{ total?: number; error?: string; key: string }>({ key })
  if (state.current.key !== key) state.current = { key }
  const view = useRef({ from: 0, to: 1 })
  const load = (number: number): void => {
    const held = pages.get(number)
    if (held && held.stamp === stamp) return
    pages.set(number, { ...held, stamp })
    const oldest = pages.size > KEPT ? pages.keys().next().value : undefined
    if (oldest !== undefined) pages.delete(oldest)
    get<P>(path(number * PAGE, PAGE)).then(
      (page) => {
        if (state.current.key !== key) return
        pages.set(number, { items: items(page), stamp })
        state.current = { key, total: page.total }
        redraw(undefined)
      },
      (error) => {
        if (state.current.key !== key) return
        pages.delete(number)
        state.current = { ...state.current, error: error.message }
        redraw(undefined)
      },
    )
  }
  const loadView = (): void => {
    for (let n = Math.floor(view.current.from / PAGE); n <= Math.floor(Math.max(0, view.current.to - 1) / PAGE); n++)
      load(n)
  }
  // Asks again when the listing is another or has changed.
  useEffect(loadView, [key, stamp])
  return {
    item: (index) => pages.get(Math.floor(index / PAGE))?.items?.[index % PAGE],
    onView: (from, to) => {
      view.current = { from, to }
      loadView()
    },
    total: state.current.total,
    error: state.current.error,
  }
}
