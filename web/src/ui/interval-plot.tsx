/** A mean and its interval about zero, as a line and a dot: rows drawn to one scale can be compared at a glance. */
import './interval-plot.css'
import type { JSX } from 'preact'
import type { Interval } from '../../../src/serve/view/wire.ts'
import { signed } from '../format.ts'

/** What an interval says of a difference. */
export type Side = 'above' | 'below' | 'around' | 'unknown'

export function sideOf({ low, high }: Interval): Side {
  if (low === null || high === null) return 'unknown'
  return low > 0 ? 'above' : high < 0 ? 'below' : 'around'
}

export type Scale = readonly [low: number, high: number]

/** From the least to the greatest of them and zero, with some room beside. */
export function scaleOf(intervals: readonly Interval[]): Scale {
  const ends = intervals.flatMap(({ mean, low, high }) => [mean ?? 0, low ?? 0, high ?? 0])
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)]
  const room = 0.06 * (high - low || 1)
  return [low - room, high + room]
}

/** Beside it stand the figures: who cannot see it misses nothing. */
export function IntervalPlot({ of, scale }: { readonly of: Interval; readonly scale: Scale }): JSX.Element {
  const [from, to] = scale
  const at = (value: number): string => `${(100 * (value - from)) / (to - from)}%`
  const { mean, low, high } = of
  return (
    <span class={`interval-plot ${sideOf(of)}`} aria-hidden="true">
      <span class="zero" style={{ left: at(0) }} />
      {low !== null && high !== null && (
        <span class="span" style={{ left: at(low), right: `${100 - Number.parseFloat(at(high))}%` }} />
      )}
      {mean !== null && <span class="dot" style={{ left: at(mean) }} />}
    </span>
  )
}

/** '+0.086 [+0.033, +0.146]'. */
export function Difference({ of, digits = 3 }: { readonly of: Interval; readonly digits?: number }): JSX.Element {
  const { mean, low, high } = of
  if (mean === null) return <span class="quiet">–</span>
  return (
    <span class="number">
      {signed(mean, digits)}{' '}
      <span class="quiet">
        [{signed(low, digits)}, {signed(high, digits)}]
      </span>
    </span>
  )
}
