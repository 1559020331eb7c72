/** How far a run is, at what speed, for how much; and what it came to so far. */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import type { LiveStatus, Measurement, RunNow } from '../../../src/serve/view/wire.ts'
import { dollars, duration, fixed, short } from '../format.ts'
import { Meter } from '../ui/bars.tsx'
import { Mean, Stat } from '../ui/parts.tsx'

export function Progress({ now, live }: { readonly now: RunNow; readonly live: LiveStatus }): JSX.Element {
  const { done, total, unit, seconds, inFlight, concurrency, budgets } = live
  const share = total > 0 ? Math.min(1, done / total) : 0
  const far = `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}`
  return (
    <section class="card progress" aria-label="Progress">
      <div class="progress-head">
        <strong class="number">{(100 * share).toFixed(share < 0.1 ? 1 : 0)} %</strong>
        <span class="number">{far}</span>
        <span class="aside number quiet">{left(live)}</span>
      </div>
      <Meter label="Progress" value={far} share={share} />
      <dl class="stats">
        <Stat name="elapsed" value={duration(seconds)} />
        <Stat name={unit} value={seconds > 1 ? `${short(done / seconds)}/s` : '–'} />
        <Stat name="episodes now" value={now.rate === null ? '–' : `${short(now.rate)}/s`} />
        <Stat name="tokens now" value={now.tokenRate === null ? '–' : `${short(now.tokenRate)}/s`} />
        <Stat name="in flight" value={inFlight} note={`of ${concurrency} at a time`} />
      </dl>
      {budgets.map((budget) => (
        <Budget key={budget.scope} budget={budget} />
      ))}
    </section>
  )
}

/** From the mean speed so far. */
function left({ done, total, seconds, state }: LiveStatus): string {
  if (state === 'paused') return 'paused'
  if (state === 'cancelling') return 'is being cancelled'
  if (done === 0 || seconds < 2) return ''
  return done >= total ? 'nearly done' : `about ${duration((seconds / done) * (total - done))} left`
}

function Budget({ budget }: { readonly budget: LiveStatus['budgets'][number] }): JSX.Element {
  const { scope, capUsd, spentUsd, capTokens, spentTokens } = budget
  const bars = [
    ...(capUsd === undefined ? [] : [{ spent: spentUsd, cap: capUsd, say: dollars }]),
    ...(capTokens === undefined ? [] : [{ spent: spentTokens, cap: capTokens, say: tokens }]),
  ]
  return (
    <>
      {bars.map(({ spent, cap, say }) => (
        <div class="budget" key={say.name}>
          <span>budget, {scope}</span>
          <Meter
            label={`budget, ${scope}`}
            value={`${say(spent)} of ${say(cap)}`}
            share={spent / cap}
            bad={spent > 0.9 * cap}
          />
          <span class="number">
            {say(spent)} <span class="quiet">of {say(cap)}</span>
          </span>
        </div>
      ))}
    </>
  )
}

const tokens = (count: number): string => `${short(count)} tokens`

interface FiguresProps {
  readonly now: RunNow
  readonly measurements: Signal<readonly Measurement[]>
}

export function Figures({ now, measurements }: FiguresProps): JSX.Element {
  const { totals, costUsd, seconds } = now
  const { trajectories, steps, calls, promptTokens, completionTokens } = totals
  const speed = measurements.value.findLast(({ values }) => values['tokens/s'] !== undefined)?.values['tokens/s']
  const each = (sum: number): string => (trajectories > 0 ? `${fixed(sum / trajectories, 1)} each` : '')
  return (
    <dl class="stats figures">
      {now.success.mean !== null && <Stat name="success" value={<Mean of={now.success} digits={3} />} />}
      {now.return.mean !== null && <Stat name="return" value={<Mean of={now.return} digits={2} />} />}
      <Stat name="episodes" value={trajectories.toLocaleString('en')} />
      <Stat name="steps" value={short(steps)} note={each(steps)} />
      <Stat name="calls" value={short(calls)} note={each(calls)} />
      <Stat name="tokens read" value={short(promptTokens)} />
      <Stat name="tokens written" value={short(completionTokens)} />
      {speed !== undefined && <Stat name="tokens/s, last round" value={short(speed)} />}
      <Stat name="cost" value={dollars(costUsd)} />
      {seconds !== null && <Stat name="took" value={duration(seconds)} />}
    </dl>
  )
}
