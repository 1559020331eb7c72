/** The cards of a run's overview. */
import type { ComponentChildren, JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { BatchTotals, Facets, Histograms, RunNow } from '../../../src/serve/view/wire.ts'
import { api, useGet } from '../api.ts'
import { batchGroups } from '../batches.ts'
import { duration, fixed, percent, short } from '../format.ts'
import { href } from '../route.ts'
import { useSlow } from '../slow.ts'
import { Histogram, Meter, type Part, Stacked } from '../ui/bars.tsx'
import { useBatches } from '../ui/batch-select.tsx'
import { Card, lookOf, Outcome, Scrolls } from '../ui/parts.tsx'

interface Of {
  readonly now: RunNow
}

const ASKED_EVERY_MS = 1500
const rowsOf = (now: RunNow, query: Record<string, string>): string => href(['run', now.id, 'trajectories'], query)
const trajectory = (now: RunNow, id: string): string => href(['run', now.id, 'trajectory'], { id })

export function Outcomes({ now }: Of): JSX.Element {
  const stamp = useSlow(now.stamp, ASKED_EVERY_MS)
  const { data } = useGet<Facets>(api(['runs', now.id, 'facets']), stamp)
  return <Card title="Outcomes">{data && <Stacked parts={partsOf(now, data)} />}</Card>
}

function partsOf(now: RunNow, { outcomes, success }: Facets): Part[] {
  const judged = success.yes + success.no
  return [
    { look: 'won', count: success.yes, to: rowsOf(now, { success: 'yes' }) },
    { look: 'lost', count: success.no, to: rowsOf(now, { success: 'no' }) },
    {
      ...{ look: 'part', name: 'scored, success not measured' },
      ...{ count: outcomes.scored - judged, to: rowsOf(now, { outcome: 'scored' }) },
    },
    { look: 'unscored', count: outcomes.unscored, to: rowsOf(now, { outcome: 'unscored' }) },
    { look: 'broken', count: outcomes.broken, to: rowsOf(now, { outcome: 'broken' }) },
    { look: 'cancelled', count: outcomes.cancelled, to: rowsOf(now, { outcome: 'cancelled' }) },
    { look: 'over-budget', count: outcomes.overBudget, to: rowsOf(now, { outcome: 'over-budget' }) },
  ]
}

const STOPS: Readonly<Record<string, string>> = {
  ...{ terminated: 'the world was over', truncated: 'the world cut it short' },
  ...{ 'gave-up': 'the agent stopped first', steps: 'limit of steps', calls: 'limit of calls' },
  ...{ tokens: 'limit of tokens', time: 'limit of time', budget: 'the budget', failed: 'something broke' },
  cancelled: 'it was cancelled',
}

export function Stops({ now }: Of): JSX.Element {
  const { stops, trajectories } = now.totals
  const sorted = Object.entries(stops).sort(([, a], [, b]) => b - a)
  return (
    <Card title="Why episodes ended">
      <table>
        <tbody>
          {sorted.map(([stop, count]) => (
            <tr key={stop}>
              <td>
                <a href={rowsOf(now, { stop })}>{stop}</a>
              </td>
              <td class="quiet">{Object.hasOwn(STOPS, stop) ? STOPS[stop] : ''}</td>
              <td class="number">{count.toLocaleString('en')}</td>
              <td class="share">
                <Meter label={stop} value={percent(count / trajectories)} share={count / trajectories} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

/** A table that scrolls by itself where it is wider than its place. */
export function Figured({
  label,
  heads,
  children,
}: {
  readonly label: string
  /** A name that begins with '#' is of a column of numbers. */
  readonly heads: readonly string[]
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <Scrolls label={label}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" class={head.startsWith('#') ? 'number' : ''}>
                {head.replace('#', '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scrolls>
  )
}

const brief = (value: number | null): string => fixed(value, Math.abs(value ?? 0) < 100 ? 2 : 0)

export function Rewards({ now }: Of): JSX.Element | null {
  if (now.rewards.length === 0) return null
  const unjudged = now.rewards.some(({ judged, count }) => judged < count)
  const heads = ['name', '#weight', '#mean', '#least … most', ...(unjudged ? ['#judged'] : [])]
  return (
    <Card title="Rewards by component">
      <Figured label="Rewards by component" heads={heads}>
        {now.rewards.map(({ name, weight, mean, min, max, judged, count }) => (
          <tr key={name}>
            <td>
              <span class="component-name" title={name}>
                {name}
              </span>
            </td>
            <td class="number">{weight === 0 ? <span class="quiet">metric</span> : short(weight)}</td>
            <td class="number">{fixed(mean, 3)}</td>
            <td class="number">{min === max ? brief(min) : `${brief(min)} … ${brief(max)}`}</td>
            {unjudged && (
              <td class="number judged">
                {short(judged)}
                {judged < count && <span class="bad"> of {short(count)}</span>}
              </td>
            )}
          </tr>
        ))}
      </Figured>
    </Card>
  )
}

export function Distributions({ now }: Of): JSX.Element {
  const stamp = useSlow(now.stamp, ASKED_EVERY_MS)
  const { data } = useGet<Histograms>(api(['runs', now.id, 'histograms']), stamp)
  return (
    <Card title="Distributions" class="distributions">
      {data && (
        <div class="histograms">
          <Histogram title="return" of={data.return} say={(value) => fixed(value)} />
          <Histogram title="steps" of={data.steps} />
          {data.completionTokens.high !== 0 && <Histogram title="completion tokens" of={data.completionTokens} />}
          <Histogram title="time" of={data.timeMs} say={(ms) => duration(ms / 1000)} />
        </div>
      )}
    </Card>
  )
}

export function Failures({ now }: Of): JSX.Element | null {
  if (now.failures.length === 0) return null
  return (
    <Card title="What failed">
      <ul class="plain">
        {now.failures.map(({ boundary, message, count, id }) => (
          <li key={`${boundary} ${message}`}>
            <a href={trajectory(now, id)}>
              <Outcome look="broken" plain /> {count.toLocaleString('en')} × {boundary}
            </a>
            <div class="failure">{message}</div>
          </li>
        ))}
      </ul>
    </Card>
  )
}

export function Slowest({ now }: Of): JSX.Element {
  return (
    <Card title="The slowest" aside={<a href={rowsOf(now, { sort: 'timeMs', order: 'descending' })}>all by time</a>}>
      <ul class="plain slowest">
        {now.slowest.map((row) => (
          <li key={row.id}>
            <span class="number">{duration(row.timeMs / 1000)}</span>
            <Outcome look={lookOf(row)} plain />
            <a href={trajectory(now, row.id)} title={row.id}>
              {row.id}
            </a>
            <span class="number quiet">
              {row.steps} {row.steps === 1 ? 'step' : 'steps'}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

export function Batches({ now }: Of): JSX.Element | null {
  const batches = useBatches(now.id, now.stamp).data ?? []
  const groups = useMemo(() => batchGroups(batches), [batches])
  if (batches.length < 2) return null
  return (
    <Card title="Batches">
      {groups.map(({ name, batches, totals }) => (
        <details key={name} class="batches">
          <summary>
            <span>
              {name === '' ? 'one by one' : name}{' '}
              <span class="quiet">{batches.length === 1 ? '1 batch' : `${batches.length} batches`}</span>
            </span>
            <span class="number">{short(totals.trajectories)} episodes</span>
            <span class="number">success {fixed(totals.success)}</span>
            <span class="number">return {fixed(totals.return)}</span>
          </summary>
          <BatchTable now={now} within={name} batches={batches} />
        </details>
      ))}
    </Card>
  )
}

interface BatchTableProps extends Of {
  /** What all their names begin with. */
  readonly within: string
  readonly batches: readonly BatchTotals[]
}

function BatchTable({ now, within, batches }: BatchTableProps): JSX.Element {
  const heads = ['batch', '#episodes', '#success', '#return', '#steps', '#broken', '']
  return (
    <Figured label="Batches" heads={heads}>
      {batches.map(({ batch, trajectories, success, return: paid, steps, outcomes }) => (
        <tr key={batch}>
          <td>
            <a href={rowsOf(now, { batch })}>{batch.slice(within.length) || '(none)'}</a>
          </td>
          <td class="number">{trajectories}</td>
          <td class="number">{fixed(success)}</td>
          <td class="number">{fixed(paid)}</td>
          <td class="number">{short(steps)}</td>
          <td class="number">{outcomes.broken}</td>
          <td>
            <a href={href(['run', now.id, 'tasks'], { batch })}>tasks</a>
          </td>
        </tr>
      ))}
    </Figured>
  )
}
