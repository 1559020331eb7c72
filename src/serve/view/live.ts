/** A run as it is now, and what is new since: looked at while somebody looks on, and no more often than it costs. */
import { setTimeout as pause } from 'node:timers/promises'
import { measurementsIn } from '../../data/index.ts'
import type { RunFolders } from './runs.ts'
import type { LiveStatus, RunEvent, RunNow, Totals } from './wire.ts'

export interface LookerOptions {
  readonly runs: RunFolders
  /** What a live run says; rejects where nobody is working on it. */
  status(path: string): Promise<LiveStatus>
}

/** The least time between two looks, in ms; after one, so many times as long as it took passes. */
const OFTEN_MS = 200
const SHARE = 5
/** Rates are over so long. */
const RATE_MS = 10_000
const HEARTBEAT_MS = 15_000

/** What there was at some time, in ms. */
interface Count {
  readonly at: number
  readonly episodes: number
  readonly tokens: number
}

export class Looker {
  readonly #options: LookerOptions
  readonly #seen = new Map<string, { readonly key: string; readonly now: RunNow }>()
  readonly #counts = new Map<string, Count[]>()

  constructor(options: LookerOptions) {
    this.#options = options
  }

  async now(id: string): Promise<RunNow> {
    const { runs, status } = this.#options
    const { manifest, state, path } = runs.record(id)
    const browser = runs.browser(id)
    const live = state === 'running' ? await status(path).catch(() => null) : null
    const stamp = browser.stamp()
    const held = this.#seen.get(id)
    const line = runs.line(id)
    const key = `${stamp} ${state} ${JSON.stringify(line.tags)}`
    const totals = held?.key === key ? held.now.totals : browser.totals()
    const rates = this.#rates(id, totals)
    if (held?.key === key) return { ...held.now, live, ...rates }
    const now: RunNow = {
      ...line,
      ...{ stamp, path, settings: manifest.settings, result: manifest.result ?? null, live, totals },
      ...rates,
      rewards: browser.rewards(),
      failures: browser.failures(8),
      slowest: browser.slowest(5),
      resume: state === 'interrupted' && manifest.command === 'run' ? `ludus resume ${path}` : null,
    }
    this.#seen.set(id, { key, now })
    return now
  }

  #rates(id: string, totals: Totals): Pick<RunNow, 'rate' | 'tokenRate'> {
    const now = {
      at: performance.now(),
      episodes: totals.trajectories,
      tokens: totals.promptTokens + totals.completionTokens,
    }
    const counts = (this.#counts.get(id) ?? []).filter(({ at }) => now.at - at < RATE_MS)
    counts.push(now)
    this.#counts.set(id, counts)
    const [first = now] = counts
    const seconds = (now.at - first.at) / 1000
    if (seconds < 0.5) return { rate: null, tokenRate: null }
    return { rate: (now.episodes - first.episodes) / seconds, tokenRate: (now.tokens - first.tokens) / seconds }
  }

  /** What there is, and then whatever changes, until the signal aborts; null now and then, as a sign of life. */
  async *follow(id: string, from: number, signal: AbortSignal): AsyncGenerator<RunEvent | null, void> {
    let end = from
    let said = ''
    let saidAt = 0
    while (!signal.aborted) {
      const started = performance.now()
      const now = await this.now(id)
      const measurements = measured(now.path, end)
      end = measurements.end
      const { stamp, state, tags, live } = now
      const key = JSON.stringify([stamp, state, tags, live && { ...live, seconds: 0 }])
      if (key !== said || measurements.entries.length > 0) {
        said = key
        saidAt = performance.now()
        yield { now, measurements }
      } else if (performance.now() - saidAt > HEARTBEAT_MS) {
        saidAt = performance.now()
        yield null
      }
      const took = performance.now() - started
      await pause(Math.max(now.state === 'running' ? OFTEN_MS : 5 * OFTEN_MS, SHARE * took), undefined, {
        signal,
      }).catch(() => {})
    }
  }
}

/** A file that was made anew is read from its beginning. */
function measured(path: string, from: number): RunEvent['measurements'] {
  const found = measurementsIn(path, from)
  return found.end < from ? measurementsIn(path) : found
}
