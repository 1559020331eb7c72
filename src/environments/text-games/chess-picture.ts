/** A chess position as a picture, from its FEN. */
import { type Square, svg } from '../kit/svg.ts'

const GLYPHS: ReadonlyMap<string, string> = new Map([
  ['k', '♚'],
  ['q', '♛'],
  ['r', '♜'],
  ['b', '♝'],
  ['n', '♞'],
  ['p', '♟'],
])

export function chessPicture(fen: string): string {
  const rows = fen.split(' ')[0]!.split('/')
  const board = rows.flatMap((_, y) =>
    rows.map((_, x): Square => ({ x, y, fill: (x + y) % 2 === 0 ? '#f0d9b5' : '#b58863' })),
  )
  const pieces = rows.flatMap((row, y) =>
    [...row.replace(/\d/g, (count) => ' '.repeat(Number(count)))].flatMap((piece, x): Square[] => {
      const text = GLYPHS.get(piece.toLowerCase())
      return text === undefined ? [] : [{ x, y, text, ink: piece === piece.toLowerCase() ? '#000' : '#fff' }]
    }),
  )
  return svg([8, 8], [...board, ...pieces])
}
