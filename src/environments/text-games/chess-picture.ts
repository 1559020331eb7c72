/** A chess position as a picture, from its FEN. */
import { type Square, svg } from '../kit/svg.ts'

const GLYPHS: ReadonlyMap<string, string> = new Map([...'KQRBNPkqrbnp'].map((piece, i) => [piece, '♔♕♖♗♘♙♚♛♜♝♞♟'[i]!]))

/** Asks for the sign as text, where a font has a coloured picture of it. */
const AS_TEXT = '\ufe0e'

export function chessPicture(fen: string): string {
  const rows = fen.split(' ')[0]!.split('/')
  const board = rows.flatMap((_, y) =>
    rows.map((_, x): Square => ({ x, y, fill: (x + y) % 2 === 0 ? '#f0d9b5' : '#b58863' })),
  )
  const pieces = rows.flatMap((row, y) =>
    [...row.replace(/\d/g, (count) => ' '.repeat(Number(count)))].flatMap((piece, x): Square[] => {
      const glyph = GLYPHS.get(piece)
      return glyph === undefined ? [] : [{ x, y, text: `${glyph}${AS_TEXT}` }]
    }),
  )
  return svg([8, 8], [...board, ...pieces])
}
