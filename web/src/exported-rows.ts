/** The listings of an exported run, filtered and sorted as the server would. */
import type { Facets, Row, Solved, TaskRow } from '../../src/serve/view/wire.ts'

type Query = Readonly<Record<string, string>>

const names = new Intl.Collator('en', { numeric: true })

/** Exact, or all that begin so where it ends in '/'. */
const isWithin = (given: string, batch: string | undefined): boolean =>
  !batch || (batch.endsWith('/') ? given.startsWith(batch) : given === batch)

function isAsked(row: Row, { batch, task, outcome, stop, success, text }: Query): boolean {
  const isDone = success === 'yes' ? row.success !== null && row.success >= 1 : row.success !== null && row.success < 1
  return (
    isWithin(row.batch, batch) &&
    (!task || row.task === task) &&
    (!outcome || row.outcome === outcome) &&
    (!stop || row.stop === stop) &&
    (!success || isDone) &&
    (!text || row.id.toLowerCase().includes(text.toLowerCase()))
  )
}

/** What has no value comes last; equals stay as they lie. */
export function chosenRows(rows: readonly Row[], query: Query): Row[] {
  const { sort, descending } = query
  const found = rows.filter((row) => isAsked(row, query))
  if (!sort) return descending === 'true' ? found.reverse() : found
  const sign = descending === 'true' ? -1 : 1
  const by = sort as keyof Row
  return found.sort((a, b) => {
    const missing = Number(a[by] === null) - Number(b[by] === null)
    return missing || sign * (sort === 'id' ? compareIds(a, b) : compared(a[by], b[by]))
  })
}

function compared(a: Row[keyof Row], b: Row[keyof Row]): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return names.compare(`${a}`, `${b}`)
}

const compareIds = (a: Row, b: Row): number =>
  names.compare(a.batch, b.batch) || names.compare(a.task, b.task) || a.attempt - b.attempt

/** Every filter counts within the others. */
export function facetsOf(rows: readonly Row[], { outcome = '', success = '', ...rest }: Query): Facets {
  const outcomes = rows.filter((row) => isAsked(row, { ...rest, success }))
  const scored = rows.filter((row) => row.success !== null && isAsked(row, { ...rest, outcome }))
  const of = (kind: Row['outcome']): number => outcomes.filter((row) => row.outcome === kind).length
  const [judged, unscored, broken, cancelled] = [of('scored'), of('unscored'), of('broken'), of('cancelled')]
  const yes = scored.filter((row) => row.success! >= 1).length
  return {
    outcomes: { scored: judged, unscored, broken, cancelled, overBudget: of('over-budget') },
    success: { yes, no: scored.length - yes },
  }
}

/** Tasks without a score come last; of equals those first that were tried most often. */
export function chosenTasks(tasks: readonly TaskRow[], { batch, text, sort = 'order' }: Query): TaskRow[] {
  const found = tasks.filter(
    (row) => isWithin(row.batch, batch) && row.task.toLowerCase().includes((text ?? '').toLowerCase()),
  )
  if (sort === 'order') return found
  const worth = ({ success }: TaskRow): number => {
    if (success === null) return Number.MAX_VALUE
    return sort === 'hardest' ? success : sort === 'easiest' ? -success : -success * (1 - success)
  }
  return found.sort((a, b) => worth(a) - worth(b) || b.attempts - a.attempts)
}

export function solvedOf(tasks: readonly TaskRow[]): Solved {
  const found = { always: 0, sometimes: 0, never: 0, unscored: 0 }
  for (const { cells } of tasks) {
    const scores = cells.flatMap(({ success }) => success ?? [])
    const won = scores.filter((score) => score >= 1).length
    found[scores.length === 0 ? 'unscored' : won === 0 ? 'never' : won === scores.length ? 'always' : 'sometimes']++
  }
  return found
}
