/** Where the reader is: the hash of the address, so that every place has a URL that works from a file too. */
import { signal } from '@preact/signals'

export interface Place {
  /** The parts between slashes: ['run', 'maze-1', 'tasks']. */
  readonly path: readonly string[]
  readonly query: Readonly<Record<string, string>>
}

export type Query = Readonly<Record<string, string | number | null | undefined>>

const read = (): Place => {
  const [path = '', query = ''] = location.hash.replace(/^#/, '').split('?')
  return {
    path: path.split('/').filter(Boolean).map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  }
}

/** A hash that somebody broke by hand is no reason to show nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const place = signal(read())
addEventListener('hashchange', () => {
  place.value = read()
})

/** The address of a place. What is empty in the query is left out. */
export function href(path: readonly string[], query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const search = new URLSearchParams(given.map(([name, value]) => [name, `${value}`])).toString()
  return `#/${path.filter(Boolean).map(encodeURIComponent).join('/')}${search && `?${search}`}`
}

export const go = (to: string): void => {
  location.hash = to.replace(/^#/, '')
}

/** Changes the query in place: no new entry in the history. */
export function refine(change: Query): void {
  const { path, query } = place.peek()
  const to = href(path, { ...query, ...change })
  history.replaceState(null, '', to)
  place.value = read()
}
