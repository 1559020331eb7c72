/** What a search finds, page by page as it is read; an answer to what nobody asks any more is dropped. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { SearchHit, SearchResult } from '../../src/serve/view/wire.ts'
import { api, get } from './api.ts'

export interface Found extends Omit<SearchResult, 'hits'> {
  /** What they are of. */
  readonly q: string
  readonly hits: readonly SearchHit[]
}

/** After the last key so long; the next look at an index that is being built. */
const [TYPING_MS, BUILDING_MS] = [120, 1000]
const PAGE = 50

export interface Searching {
  readonly found: Found | undefined
  readonly error: string | undefined
  /** The next page, where there is one. */
  more(): void
}

export function useSearch(run: string, q: string, stamp: string): Searching {
  const [state, set] = useState<{ readonly found?: Found; readonly error?: string }>({})
  const [look, again] = useState(0)
  const loading = useRef(false)
  const wanted = useRef(q)
  wanted.current = q
  const page = (offset: number, signal?: AbortSignal): Promise<SearchResult> =>
    get(api(['runs', run, 'search'], { q, offset, limit: PAGE }), signal)
  // Another stamp, or another look, asks the same again.
  useEffect(() => {
    if (q.trim() === '') {
      set({})
      return
    }
    const control = new AbortController()
    const timer = setTimeout(() => {
      page(0, control.signal).then(
        (result) => wanted.current === q && set({ found: { ...result, q } }),
        (error) => error.name !== 'AbortError' && set({ error: error.message }),
      )
    }, TYPING_MS)
    return () => {
      clearTimeout(timer)
      control.abort()
    }
  }, [run, q, stamp, look])
  const { found } = state
  const building = found !== undefined && found.indexed < found.of && found.hits.length <= PAGE
  useEffect(() => {
    if (!building) return
    const timer = setTimeout(() => again((n) => n + 1), BUILDING_MS)
    return () => clearTimeout(timer)
  }, [building, found])
  return {
    found,
    error: state.error,
    more() {
      if (!found || loading.current || found.q !== q || !hasMore(found)) return
      loading.current = true
      page(found.hits.length)
        .then(
          ({ hits, ...rest }) => wanted.current === q && set({ found: { ...rest, q, hits: [...found.hits, ...hits] } }),
          (error) => set({ found, error: error.message }),
        )
        .finally(() => {
          loading.current = false
        })
    },
  }
}

const hasMore = ({ hits, total, more }: Found): boolean => hits.length < total || (more && hits.length === total)
