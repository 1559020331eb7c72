/** Asks the server, or, in an exported folder, the files beside the page. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { fileOf, fromExport } from './exported.ts'
import { exported } from './exported-files.ts'

/** Whether this is an exported folder: nothing can be changed in it, and nothing is live. */
export const isExport = exported !== undefined

/** Rejects with a sentence. `path` begins behind /api/. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  if (exported) return (await fromExport(exported, path)) as T
  return await answer<T>(fetch(`/api/${path}`, signal ? { signal } : {}))
}

/** Where the browser finds a file by itself, such as a picture. */
export const addressOfFile = (path: string): string => (exported ? fileOf(path) : `/api/${path}`)

export async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  return await answer<T>(fetch(`/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

async function answer<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked.catch((error) => {
    if (error.name === 'AbortError') throw error
    throw new Error('the server does not answer: is ludus view still running?')
  })
  if (response.ok) return (await response.json()) as T
  const { error } = await response.json().catch(() => ({ error: `the server answered ${response.status}` }))
  throw new Error(error)
}

export interface Got<T> {
  readonly data: T | undefined
  readonly error: string | undefined
  /** Asks again. */
  reload(): void
}

/** What the server says at this path; asked again when `stamp` changes, and what was there stays until then. */
export function useGet<T>(path: string | null, stamp: unknown = 0): Got<T> {
  const [state, set] = useState<{ path: string | null; data?: T; error?: string }>({ path })
  const [again, reload] = useState(0)
  const wanted = useRef(path)
  wanted.current = path
  // A new stamp, or `reload`, is a reason to ask again.
  useEffect(() => {
    if (path === null) return
    const control = new AbortController()
    get<T>(path, control.signal).then(
      (data) => wanted.current === path && set({ path, data }),
      (error) => {
        if (error.name !== 'AbortError')
          set((old) => ({ ...(old.path === path ? old : {}), path, error: error.message }))
      },
    )
    return () => control.abort()
  }, [path, stamp, again])
  const current = state.path === path
  return {
    data: current ? state.data : undefined,
    error: current ? state.error : undefined,
    reload: () => reload((count) => count + 1),
  }
}

/** A path with its query in the one order that an export knows it by. What is empty is left out. */
export function api(
  path: readonly string[],
  query: Readonly<Record<string, string | number | boolean | null | undefined>> = {},
): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const search = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, `${value}`]).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  return path.map(encodeURIComponent).join('/') + (given.length > 0 ? `?${search}` : '')
}
