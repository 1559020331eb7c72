/** Learning curves, as characters for a terminal and as SVG for a file. What leaves the range is drawn at its edge. */
import { short } from './table.ts'

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface ChartOptions {
  readonly title: string
  readonly x: string
  /** The range of y. */
  readonly from: number
  readonly to: number
  /** Levels to compare with, drawn across. */
  readonly levels?: Readonly<Record<string, number>>
}

const MARKS = ['●', '○', '▲', '△', '■', '□']

/** Lines of text: a frame, one mark for each series, a legend below. */
export function textChart(series: readonly Series[], { title, x, from, to, levels = {} }: ChartOptions): string[] {
  const [columns, rows] = [60, 10]
  const last = Math.max(1, ...series.flatMap(({ points }) => points.map(([px]) => px)))
  const grid = Array.from({ length: rows }, () => Array.from({ length: columns }, () => ' '))
  const row = (y: number): number =>
    Math.round((1 - (Math.min(to, Math.max(from, y)) - from) / (to - from)) * (rows - 1))
  for (const level of Object.values(levels)) grid[row(level)]?.fill('┄')
  series.forEach(({ points }, s) => {
    for (const [px, py] of points) {
      const line = grid[row(py)]
      if (line) line[Math.round((px / last) * (columns - 1))] = MARKS[s % MARKS.length]!
    }
  })
  const label = (r: number): string => (r === 0 ? `${to}` : r === rows - 1 ? `${from}` : '').padStart(6)
  const legend = series.map(({ name }, s) => `${MARKS[s % MARKS.length]} ${name}`)
  return [
    `${' '.repeat(8)}${title}`,
    ...grid.map((cells, r) => `${label(r)} │${cells.join('')}`),
    `${' '.repeat(7)}└${'─'.repeat(columns)}`,
    `${' '.repeat(8)}0${`${short(last)} ${x}`.padStart(columns - 1)}`,
    `${' '.repeat(8)}${[...legend, ...Object.keys(levels).map((name) => `┄ ${name}`)].join('   ')}`,
  ]
}

const COLOURS = ['#1b6ca8', '#c8553d', '#3a7d44', '#8e5ea2', '#b8860b', '#555555']

/** Charts below each other, as one SVG document. */
export function svgCharts(charts: readonly { series: readonly Series[]; options: ChartOptions }[]): string {
  const [width, height] = [720, 300]
  const bodies = charts.map(
    ({ series, options }, i) => `<g transform="translate(0 ${i * height})">${svgChart(series, options)}</g>`,
  )
  const total = height * charts.length
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${bodies.join('\n')}
</svg>
`
}

function svgChart(series: readonly Series[], { title, x, from, to, levels = {} }: ChartOptions): string {
  const [left, right, top, bottom] = [60, 610, 56, 250]
  const last = Math.max(1, ...series.flatMap(({ points }) => points.map(([px]) => px)))
  const px = (value: number): string => (left + (value / last) * (right - left)).toFixed(1)
  const py = (value: number): string =>
    (bottom - ((Math.min(to, Math.max(from, value)) - from) / (to - from)) * (bottom - top)).toFixed(1)
  const text = (at: string, value: string, anchor: string, colour = '#333333'): string =>
    `<text ${at} text-anchor="${anchor}" fill="${colour}">${escaped(value)}</text>`
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = from + share * (to - from)
    return `<line x1="${left}" x2="${right}" y1="${py(value)}" y2="${py(value)}" stroke="#e5e5e5"/>${text(`x="${left - 8}" y="${Number(py(value)) + 4}"`, `${Number(value.toFixed(2))}`, 'end')}`
  })
  const lines = Object.entries(levels).map(
    ([name, value]) =>
      `<line x1="${left}" x2="${right}" y1="${py(value)}" y2="${py(value)}" stroke="#777777" stroke-dasharray="4 4"/>${text(`x="${right + 8}" y="${Number(py(value)) + 4}"`, name, 'start', '#777777')}`,
  )
  // One behind the other, at about 7 pixels a letter.
  const keys = series.map((_, s) => series.slice(0, s).reduce((at, { name }) => at + 34 + 7 * name.length, left))
  const curves = series.map(({ name, points }, s) => {
    const colour = COLOURS[s % COLOURS.length]!
    const path = points.map(([a, b]) => `${px(a)},${py(b)}`).join(' ')
    const dots = points.map(([a, b]) => `<circle cx="${px(a)}" cy="${py(b)}" r="3" fill="${colour}"/>`).join('')
    const key = text(`x="${keys[s]}" y="${top - 14}"`, `● ${name}`, 'start', colour)
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${key}`
  })
  const axis = `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#333333"/>`
  const labels = [
    text(`x="${left}" y="20" font-weight="bold"`, title, 'start'),
    text(`x="${left}" y="${bottom + 18}"`, '0', 'middle'),
    text(`x="${right}" y="${bottom + 18}"`, `${short(last)} ${x}`, 'end'),
  ]
  return [...ticks, ...lines, axis, ...labels, ...curves].join('')
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
