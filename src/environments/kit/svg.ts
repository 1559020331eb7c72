/** Pictures of worlds that stand on a board: squares, round or not, with a text inside or none, as an SVG document. */

export interface Square {
  /** Column and row, from 0 at the left and at the top. */
  readonly x: number
  readonly y: number
  readonly fill?: string
  readonly round?: true
  /** Drawn in the middle. */
  readonly text?: string
  readonly ink?: string
}

/** Of one square, in pixels. */
const SIDE = 32

const special: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])
const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => special.get(sign)!)

/** A board of so many columns and rows, and what stands on it, the later over the earlier. */
export function svg([columns, rows]: readonly [columns: number, rows: number], squares: readonly Square[]): string {
  const size = `width="${columns * SIDE}" height="${rows * SIDE}"`
  const ground = `<rect ${size} fill="#fff"/>`
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${columns * SIDE} ${rows * SIDE}">`
  return `${head}${ground}${squares.map(drawn).join('')}</svg>`
}

function drawn({ x, y, fill, round, text, ink = '#000' }: Square): string {
  const [left, top, half] = [x * SIDE, y * SIDE, SIDE / 2]
  const [middle, centre] = [left + half, top + half]
  const shape = round
    ? `<circle cx="${middle}" cy="${centre}" r="${0.7 * half}" fill="${fill}"/>`
    : `<rect x="${left}" y="${top}" width="${SIDE}" height="${SIDE}" fill="${fill}"/>`
  const at = `x="${middle}" y="${centre}" fill="${ink}" font-size="${0.75 * SIDE}" font-family="sans-serif"`
  const label = `<text ${at} text-anchor="middle" dy="0.35em">${escaped(text ?? '')}</text>`
  return `${fill === undefined ? '' : shape}${text === undefined ? '' : label}`
}
