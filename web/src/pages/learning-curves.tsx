/** The learning curves of a training run: a small chart for each quantity that was measured. */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { Measurement } from '../../../src/serve/view/wire.ts'
import { quantitiesIn } from '../learning.ts'
import { type Place, refine } from '../route.ts'
import { useSlow } from '../slow.ts'
import { Chart } from '../ui/chart.tsx'
import { Select } from '../ui/parts.tsx'

interface CurvesProps extends Pick<Place, 'query'> {
  readonly measurements: Signal<readonly Measurement[]>
}

const DRAWN_EVERY_MS = 1000

export function LearningCurves({ measurements, query }: CurvesProps): JSX.Element | null {
  const entries = useSlow(measurements.value, DRAWN_EVERY_MS)
  const seeds = new Set(entries.map(({ seed }) => seed)).size
  const [each, smooth] = [query['seeds'] === 'each', Number(query['smooth']) || 1]
  const quantities = useMemo(() => quantitiesIn(entries, { each, smooth }), [entries, each, smooth])
  if (entries.length === 0) return null
  return (
    <section class="card learning" aria-label="Learning curves">
      <header>
        <h2>Learning curves</h2>
        <div class="aside bar">
          {seeds > 1 && (
            <Select
              label="seeds"
              value={each ? 'each' : ''}
              options={[
                ['', `mean of ${seeds}, least to most`],
                ['each', 'each'],
              ]}
              onChange={(value) => refine({ seeds: value })}
            />
          )}
          <Select
            label="smoothing"
            value={smooth > 1 ? `${smooth}` : ''}
            options={[
              ['', 'none'],
              ['5', '5 rounds'],
              ['15', '15 rounds'],
              ['51', '51 rounds'],
            ]}
            onChange={(value) => refine({ smooth: value })}
          />
        </div>
      </header>
      <div class="charts">
        {quantities.map(({ name, curves, range }) => (
          <Chart
            key={name}
            title={name}
            x="environment steps"
            curves={curves}
            height={150}
            sync="learning"
            {...(range && { range })}
          />
        ))}
      </div>
    </section>
  )
}
