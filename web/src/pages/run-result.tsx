/** What a run printed at its end, and what it was asked for. */
import type { JSX } from 'preact'
import type { RunNow } from '../../../src/serve/view/wire.ts'
import { short, signed } from '../format.ts'
import { comparisonsIn, measuredIn } from '../result.ts'
import { Card, Mean, Text } from '../ui/parts.tsx'
import { Figured } from './overview-parts.tsx'

export function RunResult({ result }: { readonly result: unknown }): JSX.Element | null {
  if (result === null || result === undefined) return null
  const [measured, comparisons] = [measuredIn(result), comparisonsIn(result)]
  return (
    <>
      {comparisons.length > 0 && <Comparisons of={comparisons} />}
      {measured.length > 0 && <Measured of={measured} />}
    </>
  )
}

export function Printed({ result }: { readonly result: unknown }): JSX.Element | null {
  if (result === null || result === undefined) return null
  return (
    <details class="card">
      <summary>The result as it was printed</summary>
      <Text text={JSON.stringify(result, null, 2)} />
    </details>
  )
}

type Found = ReturnType<typeof comparisonsIn>

/** As they act when nobody asks them to act otherwise comes first; 'success, greedy' and the like can be opened. */
function Comparisons({ of }: { readonly of: Found }): JSX.Element {
  const plain = of.filter(({ metric }) => !metric.includes(','))
  const others = of.filter(({ metric }) => metric.includes(','))
  return (
    <Card title="Differences, seed by seed">
      <Differences of={plain.length > 0 ? plain : of} />
      {plain.length > 0 && others.length > 0 && (
        <details class="more">
          <summary>{others.length} more, in other ways of acting</summary>
          <Differences of={others} />
        </details>
      )}
    </Card>
  )
}

function Differences({ of }: { readonly of: Found }): JSX.Element {
  return (
    <Figured label="Differences, seed by seed" heads={['arm', 'against', 'in', '#difference', '#seeds', 'verdict']}>
      {of.map(({ arm, baseline, kind, metric, delta, seeds, verdict }) => (
        <tr key={`${arm} ${baseline} ${metric}`}>
          <td>
            {arm} {kind === 'control' && <span class="tag">control</span>}
          </td>
          <td>{baseline}</td>
          <td>{metric}</td>
          <td class="number">
            {signed(delta.mean)}{' '}
            <span class="quiet">
              [{signed(delta.low)}, {signed(delta.high)}]
            </span>
          </td>
          <td class="number">{seeds ?? '–'}</td>
          <td>{verdict}</td>
        </tr>
      ))}
    </Figured>
  )
}

function Measured({ of }: { readonly of: ReturnType<typeof measuredIn> }): JSX.Element {
  return (
    <Card title="Measured at the end">
      <Figured label="Measured at the end" heads={['who', 'how', '#success', '#return', '#steps', '#tokens']}>
        {of.map(({ name, way, success, return: paid, steps, tokens }) => (
          <tr key={`${name} ${way}`}>
            <td>{way === '' || way === 'sampled' ? name : ''}</td>
            <td class="quiet">{way}</td>
            <td class="number">
              <Mean of={success} digits={3} />
            </td>
            <td class="number">
              <Mean of={paid} digits={3} />
            </td>
            <td class="number">{steps === null ? '' : short(steps)}</td>
            <td class="number">{tokens === null ? '' : short(tokens)}</td>
          </tr>
        ))}
      </Figured>
    </Card>
  )
}

function said(value: unknown): string {
  if (typeof value === 'string') return value
  const isPlain = Array.isArray(value) && value.every((one) => typeof one === 'string' || typeof one === 'number')
  return isPlain ? value.join('; ') : `${JSON.stringify(value)}`
}

export function Settings({ now }: { readonly now: RunNow }): JSX.Element {
  const { command, env, started, path, settings } = now
  const first = { command: `ludus ${command}`, world: env, begun: new Date(started).toLocaleString(), folder: path }
  const rows = [...Object.entries(first), ...Object.entries(settings)]
  return (
    <Card title="Settings">
      <dl class="settings">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{said(value)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
