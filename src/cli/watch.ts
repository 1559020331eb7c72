/** Draws an experiment while it runs: where it is, how fast, and its learning curves on held-out tasks. */
import type { Summary } from '../data/index.ts'
import type { ArmResult, Progress } from '../recipes/index.ts'
import { type ChartOptions, type Series, svgCharts, textChart } from './chart.ts'
import type { Counted } from './control.ts'
import type { Live } from './live.ts'
import { duration, short } from './table.ts'

export interface Watch {
  /** Runs it to its end, drawing; several may be followed at once. `title` says which of several it is. */
  follow(title: string, experiment: AsyncGenerator<Progress, ArmResult[]>): Promise<ArmResult[]>
  /** The curves as text and as an SVG document. Arms begin where imitation ended. */
  text(): string
  svg(): string
}

/** `players`: those that do not learn, to compare with. `counted`: the environment steps, for the estimate. */
export function watch(display: Live, players: Readonly<Record<string, Summary>>, counted: Counted): Watch {
  /** Per arm and evaluation, what each experiment measured there. */
  const curves = new Map<string, Point[][]>()
  /** Where the arms' curves begin. */
  let imitated = 0
  const series = (metric: Metric): Series[] =>
    [...curves].map(([name, points]) => ({
      name,
      points: points.map(
        (seen) => [average(seen.map(({ at }) => at)), average(seen.map((point) => point[metric]))] as const,
      ),
    }))
  const options = (metric: Metric): ChartOptions => frame(metric, players)
  const text = (): string => textChart(series('success'), options('success')).join('\n')

  const note = ({ arm, round }: Progress, measured: Map<string, number>): void => {
    const { success, return: paid } = round.evaluation ?? {}
    if (success?.mean == null || paid?.mean == null) return
    const points = curves.get(arm) ?? []
    curves.set(arm, points)
    const number = measured.get(arm) ?? 0
    measured.set(arm, number + 1)
    points[number] ??= []
    points[number].push({
      at: (arm === 'imitation' ? 0 : imitated) + round.envSteps,
      success: success.mean,
      return: paid.mean,
    })
  }

  return {
    async follow(title, experiment) {
      const measured = new Map<string, number>()
      let last: Progress | undefined
      while (true) {
        const next = await experiment.next()
        if (next.done) return next.value
        const { arm, round } = next.value
        if (last?.arm === 'imitation' && last.arm !== arm) imitated = last.round.envSteps
        last = next.value
        note(next.value, measured)
        const line = lineOf(title, next.value, counted)
        if (round.evaluation) display.note(line)
        display.update([...textChart(series('success'), options('success')), '', line], line)
      }
    },
    text,
    svg: () =>
      svgCharts([
        { series: series('success'), options: options('success') },
        { series: series('return'), options: options('return') },
      ]),
  }
}

type Metric = 'success' | 'return'

/** A chart's title and range, with a level for each player. */
function frame(metric: Metric, players: Readonly<Record<string, Summary>>): ChartOptions {
  const levels = Object.fromEntries(Object.entries(players).map(([name, summary]) => [name, summary[metric].mean ?? 0]))
  // Returns below chance are a beginner's, and would press everything else flat.
  const [low, high] = [Math.min(...Object.values(levels)), Math.max(...Object.values(levels))]
  const [from, to] = metric === 'success' ? [0, 1] : [Math.floor(low - (high - low) / 4), Math.ceil(high)]
  return { title: `${metric} on held-out tasks, as sampled`, x: 'environment steps', from, to, levels }
}

interface Point {
  readonly at: number
  readonly success: number
  readonly return: number
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function lineOf(title: string, { arm, budget, round }: Progress, { done, total, seconds }: Counted): string {
  const { envSteps, batch, evaluation, loss } = round
  const means = (summary: { success: { mean: number | null }; return: { mean: number | null } }): string =>
    `success ${summary.success.mean?.toFixed(2) ?? '-'}, return ${summary.return.mean?.toFixed(1) ?? '-'}`
  const played = batch.tasks > 0 ? `; played: ${means(batch)}` : ''
  const measured = evaluation ? `; held out: ${means(evaluation)}` : ''
  const learned = loss === null ? '' : `; loss ${loss.toFixed(3)}`
  const rate = done / seconds()
  const left = done > 0 ? `, ${duration(Math.max(0, total - done) / rate)} left` : ''
  return `${title}${arm} ${short(envSteps)}/${short(budget)} steps${played}${learned}${measured}; ${short(rate)} steps/s${left}`
}
