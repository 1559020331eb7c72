/** Curves over a number, with bands where there are intervals; the same figures as a table for who cannot see them. */
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { fixed, short } from '../format.ts'

export interface Curve {
  readonly name: string
  readonly points: readonly {
    readonly x: number
    readonly y: number
    readonly low?: number | null
    readonly high?: number | null
  }[]
}

interface ChartProps {
  readonly title: string
  /** What x is. */
  readonly x: string
  readonly curves: readonly Curve[]
  /** The range of y, where it is known beforehand. */
  readonly range?: readonly [number, number]
  readonly height?: number
}

export const CURVE_COLOURS = 8

/** A colour of the theme as it is now, light or dark: 'rgb(…)'. */
export function themed(name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

export function Chart({ title, x, curves, range, height = 180 }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const data = useMemo(() => columns(curves), [curves])
  const names = curves.map(({ name }) => name).join('\n')
  // The chart is made anew for other curves; new points are set below.
  useEffect(() => {
    const element = box.current
    if (!element) return
    const make = (): void => {
      chart.current?.destroy()
      chart.current = new uPlot(options(curves, { x, range, height, width: element.clientWidth }), data, element)
    }
    make()
    const resized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', make)
    addEventListener('ludus-theme', make)
    return () => {
      scheme.removeEventListener('change', make)
      removeEventListener('ludus-theme', make)
      resized.disconnect()
      chart.current?.destroy()
      chart.current = null
    }
  }, [names, x, height])
  useEffect(() => chart.current?.setData(data), [data])
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={box} aria-hidden="true" />
      <Legend curves={curves} />
    </figure>
  )
}

/** The last value of each curve: a legend for everybody, and the chart for who cannot see it. */
function Legend({ curves }: { readonly curves: readonly Curve[] }): JSX.Element {
  return (
    <ul class="legend">
      {curves.map(({ name, points }, n) => (
        <li key={name}>
          <span class={`swatch curve-${n % CURVE_COLOURS}`} aria-hidden="true" />
          {name} <span class="number">{fixed(points.at(-1)?.y, 3)}</span>
        </li>
      ))}
    </ul>
  )
}

/** One x axis for all; per curve its y, and its band's edges where it has one. */
function columns(curves: readonly Curve[]): uPlot.AlignedData {
  const xs = [...new Set(curves.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b)
  const place = new Map(xs.map((value, i) => [value, i]))
  const ys = curves.flatMap(({ points }) => {
    const lines = (['y', ...(banded(points) ? (['high', 'low'] as const) : [])] as const).map((edge) => {
      const column: (number | null | undefined)[] = new Array(xs.length).fill(undefined)
      for (const point of points) column[place.get(point.x)!] = point[edge] ?? null
      return column
    })
    return lines
  })
  return [xs, ...ys] as uPlot.AlignedData
}

const banded = (points: Curve['points']): boolean => points.some(({ low }) => low !== undefined && low !== null)

interface Frame {
  readonly x: string
  readonly range: readonly [number, number] | undefined
  readonly height: number
  readonly width: number
}

function options(curves: readonly Curve[], { x, range, height, width }: Frame): uPlot.Options {
  const [ink, rule] = [themed('quiet'), themed('rule')]
  const series: uPlot.Series[] = [{}]
  const bands: uPlot.Band[] = []
  curves.forEach(({ points }, n) => {
    const stroke = themed(`curve-${n % CURVE_COLOURS}`)
    series.push({ stroke, width: 1.5, spanGaps: true, points: { show: points.length < 30, size: 5, fill: stroke } })
    if (!banded(points)) return
    bands.push({
      series: [series.length, series.length + 1],
      fill: stroke.replace('rgb(', 'rgba(').replace(')', ', 0.15)'),
    })
    for (const _ of ['high', 'low']) series.push({ stroke: 'transparent', spanGaps: true, points: { show: false } })
  })
  const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { show: false }, font: '11px system-ui' }
  return {
    ...{ width, height, series, bands, legend: { show: false }, cursor: { points: { size: 6 } } },
    scales: { x: { time: false }, y: range ? { range: [...range] as [number, number] } : {} },
    axes: [
      {
        ...axis,
        label: x,
        labelSize: 16,
        labelFont: '11px system-ui',
        values: (_, ticks) => ticks.map(short),
        size: 28,
      },
      { ...axis, values: (_, ticks) => ticks.map((tick) => short(tick)), size: 52 },
    ],
  }
}
