/**
 * Chess positions, by the rules of chess.js: the moves that each has, and where they lead. What was asked for lately is
 * remembered, for games begin alike and are played again from forks.
 */
import { createRequire } from 'node:module'
import type { Chess } from 'chess.js'

// Loaded when a first game is played: whoever opens another world need not wait for them.
const load = createRequire(import.meta.url)
const boardOf = (fen: string): Chess => new (load('chess.js') as typeof import('chess.js')).Chess(fen)
const chessEngine = (): typeof import('js-chess-engine') => load('js-chess-engine')

export interface Position {
  readonly fen: string
  /** In SAN; none where the game is over. */
  readonly moves: readonly string[]
  /** A draw by stalemate, by want of material, or after fifty moves without a capture or a pawn's. */
  readonly over?: 'mate' | 'draw'
}

/** About 10 MB. */
const REMEMBERED = 5000

/** A function of a text, with its latest results at hand. */
function remembering<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = make(text)
    known.set(text, made)
    if (known.size > REMEMBERED) known.delete(known.keys().next().value!)
    return made
  }
}

export const positionOf = remembering((fen): Position => {
  const board = boardOf(fen)
  const drawn = board.isInsufficientMaterial() || board.isDrawByFiftyMoves()
  const moves = drawn ? [] : board.moves()
  if (moves.length > 0) return { fen, moves }
  return { fen, moves, over: !drawn && board.isCheck() ? 'mate' : 'draw' }
})

const moved = remembering((text) => {
  const [fen = '', san = ''] = text.split('|')
  const board = boardOf(fen)
  board.move(san)
  return positionOf(board.fen())
})

/** `san` is one of the position's moves. */
export const after = ({ fen }: Position, san: string): Position => moved(`${fen}|${san}`)

/** The position's move that was said, with its signs of check or without them; undefined where it has none such. */
export function moveSaid({ moves }: Position, said: string): string | undefined {
  const bare = said.replace(/[+#]$/, '')
  return moves.find((san) => san === said || san.replace(/[+#]$/, '') === bare)
}

/** How far the engine looks: half-moves, and half-moves of captures beyond them. */
export interface Sight {
  readonly base: number
  readonly captures: number
}

/** What js-chess-engine would play, in SAN: a function of the position alone, for no other search is remembered. */
export const engineMove = ({ fen }: Position, { base, captures }: Sight): string =>
  engineChoice(`${fen}|${base}|${captures}`)

const engineChoice = remembering((text) => {
  const [fen = '', base, captures] = text.split('|')
  const depth = { base: Number(base), extended: 0, check: false, quiescence: Number(captures) }
  const [[from, to] = ['', '']] = Object.entries(chessEngine().ai(fen, { play: false, ttSizeMB: 0, depth }).move)
  return boardOf(fen).move({ from: from.toLowerCase(), to: `${to}`.toLowerCase(), promotion: 'q' }).san
})

const WORTH: ReadonlyMap<string, number> = new Map(Object.entries({ P: 1, N: 3, B: 3, R: 5, Q: 9 }))

/** What a move wins at once, in pawns: what it takes, and what a pawn becomes. */
export function gain({ fen }: Position, san: string): number {
  const promoted = WORTH.get(/=([QRBN])/.exec(san)?.[1] ?? '') ?? 0
  const taken = /x([a-h])([1-8])/.exec(san)
  if (!taken) return promoted
  const [, file = 'a', rank = '1'] = taken
  const row = fen
    .split(' ')[0]!
    .split('/')
    [8 - Number(rank)]!.replace(/\d/g, (gap) => ' '.repeat(Number(gap)))
  // Nothing stands where a pawn is taken in passing.
  return promoted + (WORTH.get(row['abcdefgh'.indexOf(file)]!.toUpperCase()) ?? 1)
}
