/** A run as it is now, and every measurement of its training so far: pushed by the server while somebody looks. */
import { type Signal, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Measurement, Measurements, RunEvent, RunNow } from '../../src/serve/view/wire.ts'
import { api, get, isExport } from './api.ts'

export interface Live {
  readonly now: Signal<RunNow | undefined>
  readonly measurements: Signal<readonly Measurement[]>
  readonly error: Signal<string | undefined>
}

interface Followed extends Live {
  readers: number
  close(): void
}

const LINGER_MS = 1000
const followed = new Map<string, Followed>()

/** Shared by everybody on the page who looks at the same run. */
export function useLive(run: string): Live {
  const live = followed.get(run) ?? follow(run)
  useEffect(() => {
    live.readers++
    return () => {
      live.readers--
      // Whoever goes to another page of the same run reads on.
      setTimeout(() => {
        if (live.readers > 0 || followed.get(run) !== live) return
        live.close()
        followed.delete(run)
      }, LINGER_MS)
    }
  }, [live, run])
  return live
}

function follow(run: string): Followed {
  const live: Followed = {
    now: signal<RunNow | undefined>(undefined),
    measurements: signal<readonly Measurement[]>([]),
    error: signal<string | undefined>(undefined),
    readers: 0,
    close: () => {},
  }
  followed.set(run, live)
  const fail = (error: Error): void => {
    live.error.value = error.message
  }
  if (isExport) {
    get<RunNow>(api(['runs', run])).then((now) => (live.now.value = now), fail)
    get<Measurements>(api(['runs', run, 'measurements'])).then(
      ({ entries }) => (live.measurements.value = entries),
      fail,
    )
    return live
  }
  let end = 0
  const source = new EventSource(`/api/${api(['runs', run, 'events'])}`)
  source.onmessage = ({ data }) => {
    const { now, measurements } = JSON.parse(data) as RunEvent
    live.error.value = undefined
    live.now.value = now
    if (measurements.entries.length > 0 && measurements.end > end)
      live.measurements.value = [...live.measurements.value, ...measurements.entries]
    end = Math.max(end, measurements.end)
  }
  source.onerror = () => {
    // The browser tries again by itself, unless it was refused: then the reason is asked for.
    if (source.readyState === EventSource.CLOSED) get<RunNow>(api(['runs', run])).then(() => {}, fail)
    else if (live.now.value) live.error.value = 'the server does not answer: what you see is from before'
  }
  live.close = () => source.close()
  return live
}
