/** A grid as an SVG picture. */
import { type Colour, cellOf } from './cells.ts'

const SIDE = 32
const PAINT: Readonly<Record<Colour, string>> = {
  red: '#d33',
  green: '#3a3',
  blue: '#36d',
  purple: '#83c',
  yellow: '#dc3',
  grey: '#888',
}

export interface Drawn {
  /** Lines joined by line breaks. */
  readonly cells: string
  /** Robots: poses as in Level, and what each carries ('' is nothing). */
  readonly robots: readonly { readonly pose: number; readonly carrying: string; readonly paint?: string }[]
}

export function gridPicture({ cells, robots }: Drawn): string {
  const lines = cells.split('\n')
  const stride = (lines[0]?.length ?? 0) + 1
  const things = lines.flatMap((line, y) => [...line].map((char, x) => translated(thing(char), x, y)))
  const drawn = robots.map(({ pose, carrying, paint = '#e22' }) => {
    const [x, y] = [(pose >> 2) % stride, Math.floor((pose >> 2) / stride)]
    const body = `<path transform="rotate(${90 * (pose & 3)} 16 16)" d="M5 6L28 16L5 26Z" fill="${paint}"/>`
    return translated(body + (carrying && `<g transform="translate(8 8) scale(.5)">${thing(carrying)}</g>`), x, y)
  })
  const [width, height] = [(stride - 1) * SIDE, lines.length * SIDE]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="#111"/>${[...things, ...drawn].join('')}</svg>`
}

const translated = (shape: string, x: number, y: number): string =>
  shape && `<g transform="translate(${x * SIDE} ${y * SIDE})">${shape}</g>`

function thing(char: string): string {
  const { kind, colour = 'grey', state } = cellOf(char)
  const paint = PAINT[colour]
  if (kind === 'wall' || kind === 'goal') return `<rect width="32" height="32" fill="${paint}"/>`
  if (kind === 'ball') return `<circle cx="16" cy="16" r="10" fill="${paint}"/>`
  if (kind === 'box') return `<path d="M6 6H26V26H6ZM6 16H26" fill="none" stroke="${paint}" stroke-width="3"/>`
  if (kind === 'key')
    return `<path d="M16 14V28H11M16 23H11" fill="none" stroke="${paint}" stroke-width="4"/><circle cx="16" cy="9" r="5" fill="${paint}"/>`
  if (kind !== 'door') return ''
  if (state === 'open') return `<rect x="27" width="5" height="32" fill="${paint}"/>`
  const knob =
    state === 'locked'
      ? `<rect x="16" y="15" width="9" height="3" fill="#111"/>`
      : `<circle cx="23" cy="16" r="3" fill="#111"/>`
  return `<rect width="32" height="32" fill="${paint}"/><rect x="3" y="3" width="26" height="26" fill="none" stroke="#111" stroke-width="2"/>${knob}`
}
