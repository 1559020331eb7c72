/** Curves over a number, with bands where there are intervals; the same figures as a table for who cannot see them. */
import { type Signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { fixed, short } from '../format.ts'

export interface Curve {
  readonly name: string
  /** Which of the colours of curves; its place among the curves unless given. */
  readonly colour?: number
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
  /** Charts of one name share the place of the cursor. */
  readonly sync?: string
}

const CURVE_COLOURS = 8

/** A colour of the theme as it is now, light or dark: 'rgb(…)'. */
function themed(name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

export function Chart({ title, x, curves, range, height = 180, sync }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const cursor = useSignal<number | null>(null)
  const data = useMemo(() => columns(curves), [curves])
  const latest = useRef({ curves, data })
  latest.current = { curves, data }
  const kind = JSON.stringify([x, height, range, curves.map(({ name, points }) => [name, banded(points), few(points)])])
  // The chart is made anew for other curves; new points are set below.
  useEffect(() => {
    const element = box.current
    if (!element) return
    const make = (): void => {
      const { curves, data } = latest.current
      const frame = { x, range, height, width: element.clientWidth, sync, at: cursor }
      chart.current?.destroy()
      chart.current = new uPlot(options(curves, frame), data, element)
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
  }, [kind])
  useEffect(() => chart.current?.setData(data), [data])
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <At x={x} at={cursor} />
      </figcaption>
      <div ref={box} aria-hidden="true" />
      <Legend curves={curves} at={cursor} />
    </figure>
  )
}

interface LegendProps {
  readonly curves: readonly Curve[]
  readonly at: Signal<number | null>
}

/** Each curve's value at the cursor, or its last: a legend for everybody, and the chart for who cannot see it. */
function Legend({ curves, at }: LegendProps): JSX.Element {
  const { value } = at
  return (
    <ul class="legend">
      {curves.map(({ name, points, colour }, n) => (
        <li key={name}>
          <span class={`swatch curve-${(colour ?? n) % CURVE_COLOURS}`} aria-hidden="true" />
          {name} <span class="number">{figure(valueAt(points, value))}</span>
        </li>
      ))}
    </ul>
  )
}

function At({ x, at }: { readonly x: string; readonly at: Signal<number | null> }): JSX.Element | null {
  if (at.value === null) return null
  return (
    <span class="number">
      at {short(at.value)} {x}
    </span>
  )
}

const figure = (value: number | undefined): string =>
  value !== undefined && Math.abs(value) >= 1000 ? short(value) : fixed(value, 3)

/** Of the last point that is not behind x. */
const valueAt = (points: Curve['points'], x: number | null): number | undefined =>
  (x === null ? points.at(-1) : points.findLast((point) => point.x <= x))?.y

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

/** So few that each is marked. */
const few = (points: Curve['points']): boolean => points.length < 30
const banded = (points: Curve['points']): boolean => points.some(({ low }) => low !== undefined && low !== null)

interface Frame {
  readonly x: string
  readonly range: readonly [number, number] | undefined
  readonly height: number
  readonly width: number
  readonly sync: string | undefined
  /** Told the x that the cursor is at. */
  readonly at: Signal<number | null>
}

function options(curves: readonly Curve[], { x, range, height, width, sync, at }: Frame): uPlot.Options {
  const [ink, rule] = [themed('quiet'), themed('rule')]
  const series: uPlot.Series[] = [{}]
  const bands: uPlot.Band[] = []
  curves.forEach(({ points, colour }, n) => {
    const stroke = themed(`curve-${(colour ?? n) % CURVE_COLOURS}`)
    series.push({ stroke, width: 1.5, spanGaps: true, points: { show: few(points), size: 5, fill: stroke } })
    if (!banded(points)) return
    bands.push({
      series: [series.length, series.length + 1],
      fill: stroke.replace('rgb(', 'rgba(').replace(')', ', 0.15)'),
    })
    for (const _ of ['high', 'low']) series.push({ stroke: 'transparent', spanGaps: true, points: { show: false } })
  })
  const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { show: false }, font: '11px system-ui' }
  return {
    ...{
      width,
      height,
      series,
      bands,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, ...(sync && { sync: { key: sync } }) },
    },
    hooks: {
      setCursor: [
        ({ cursor, data }) => {
          at.value = data[0][cursor.idx ?? -1] ?? null
        },
      ],
    },
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
