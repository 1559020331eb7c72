/** Shares of a whole and distributions, as bars of plain elements. */
import type { JSX } from 'preact'
import type { Histogram as Counted } from '../../../src/serve/view/wire.ts'
import { short } from '../format.ts'
import './bars.css'
import { type Look, lookName, Outcome } from './parts.tsx'

/** How far something is. `label` says of what, `value` in words how far. */
export function Meter({
  label,
  value,
  share,
  bad,
}: {
  readonly label: string
  readonly value: string
  /** 0 … 1 */
  readonly share: number
  readonly bad?: boolean
}): JSX.Element {
  const full = Math.min(1, Math.max(0, share || 0))
  return (
    <div
      class={`meter ${bad ? 'low' : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * full)}
      aria-valuetext={value}
    >
      <span style={{ width: `${100 * full}%` }} />
    </div>
  )
}

export interface Part {
  readonly look: Look
  readonly name?: string
  readonly count: number
  readonly to: string
}

/** One bar of all parts, and under it what they are, each with its count and a way to it. */
export function Stacked({ parts }: { readonly parts: readonly Part[] }): JSX.Element {
  const shown = parts.filter(({ count }) => count > 0)
  const all = shown.reduce((sum, { count }) => sum + count, 0)
  return (
    <>
      <div class="stacked" aria-hidden="true">
        {shown.map(({ look, name, count, to }) => (
          <a
            key={look}
            class={look}
            href={to}
            tabIndex={-1}
            title={`${name ?? lookName(look)}: ${count}`}
            style={{ flexGrow: count }}
          >
            <span class="unseen">{name ?? lookName(look)}</span>
          </a>
        ))}
      </div>
      <ul class="stacked-legend">
        {shown.map(({ look, name, count, to }) => (
          <li key={look}>
            <a href={to}>
              <Outcome look={look} plain={name !== undefined} />
              {name !== undefined && <span>{name}</span>}
            </a>
            <span class="number">{count.toLocaleString('en')}</span>
            <span class="number quiet">{((100 * count) / all).toFixed(1)} %</span>
          </li>
        ))}
      </ul>
    </>
  )
}

interface HistogramProps {
  readonly title: string
  readonly of: Counted
  readonly say?: (value: number) => string
}

/** How often which values are. */
export function Histogram({ title, of, say = short }: HistogramProps): JSX.Element | null {
  const { low, high, counts } = of
  if (low === null || high === null) return null
  const most = Math.max(...counts)
  const edge = (i: number): string => say(low + ((high - low) * i) / counts.length)
  const range = (i: number): string => (counts.length === 1 ? say(low) : `${edge(i)} to ${edge(i + 1)}`)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const label = `${title}: ${total} values from ${say(low)} to ${say(high)}, most of them ${range(counts.indexOf(most))}`
  return (
    <figure class="histogram">
      <figcaption>{title}</figcaption>
      <div class="histogram-bars" role="img" aria-label={label}>
        {counts.map((count, i) => (
          <span key={i} title={`${range(i)}: ${count}`}>
            <span style={{ height: count > 0 ? `max(2px, ${(100 * count) / most}%)` : '0' }} />
          </span>
        ))}
      </div>
      <div class="histogram-axis number quiet" aria-hidden="true">
        <span>{say(low)}</span>
        {counts.length > 1 && <span>{say(high)}</span>}
      </div>
    </figure>
  )
}
