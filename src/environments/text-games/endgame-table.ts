/**
 * King and queen, or king and rook, against a king alone: the moves, and for every position how far it is from mate, by
 * retrograde analysis. White has the piece. Squares are 0 (a1), 1 (b1) … 63 (h8). The piece is never taken by White and
 * no move is ambiguous, so these few rules are all of chess that such positions need.
 */

export type EndgamePiece = 'queen' | 'rook'

/** Where the white king, the white piece and the black king stand. */
export interface Placement {
  readonly king: number
  readonly piece: number
  readonly foe: number
}

export interface EndgameTable {
  /** White's legal moves, as the positions that they lead to. */
  whiteMoves(from: Placement): Placement[]
  /** Black's: where the black king may go; onto the piece is to take it. */
  blackMoves(from: Placement): number[]
  inCheck(at: Placement): boolean
  /** White's moves to mate, both playing their best; undefined where that is no position for White to move. */
  whiteToMove(at: Placement): number | undefined
  /** The same with Black to move: 0 is mate; undefined also where Black draws. */
  blackToMove(at: Placement): number | undefined
}

const UNKNOWN = 255
const STRAIGHT = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const
const OBLIQUE = [
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
] as const
const ALL = Array.from({ length: 64 }, (_, square) => square)

function step(square: number, [right, up]: readonly [number, number]): number | undefined {
  const [file, rank] = [(square & 7) + right, (square >> 3) + up]
  return file < 0 || file > 7 || rank < 0 || rank > 7 ? undefined : 8 * rank + file
}

const NEXT = ALL.map((square) => [...STRAIGHT, ...OBLIQUE].flatMap((way) => step(square, way) ?? []))
const near = (a: number, b: number): boolean => Math.abs((a & 7) - (b & 7)) < 2 && Math.abs((a >> 3) - (b >> 3)) < 2

/** The squares from a square outward, a list for each direction. */
function raysOf(piece: EndgamePiece): number[][][] {
  const ways = piece === 'queen' ? [...STRAIGHT, ...OBLIQUE] : STRAIGHT
  return ALL.map((square) =>
    ways.map((way) => {
      const ray: number[] = []
      for (let at = step(square, way); at !== undefined; at = step(at, way)) ray.push(at)
      return ray
    }),
  )
}

/** By from and to, 64 × 64: the squares on the piece's way there, or undefined where it has none. */
function betweenOf(rays: readonly (readonly (readonly number[])[])[]): (readonly number[] | undefined)[] {
  const between = Array<readonly number[] | undefined>(64 * 64).fill(undefined)
  for (const [from, outward] of rays.entries())
    for (const ray of outward) for (const [far, to] of ray.entries()) between[(from << 6) | to] = ray.slice(0, far)
  return between
}

const tables = new Map<EndgamePiece, EndgameTable>()

/** Made when it is first asked for. */
export function endgameTable(piece: EndgamePiece): EndgameTable {
  const table = tables.get(piece) ?? tableOf(raysOf(piece))
  tables.set(piece, table)
  return table
}

function tableOf(rays: readonly (readonly (readonly number[])[])[]): EndgameTable {
  /** What the piece sees: to the first king and no further. */
  function slides(from: number, king: number, foe: number): number[] {
    const seen: number[] = []
    for (const ray of rays[from]!) {
      for (const to of ray) {
        if (to === king || to === foe) break
        seen.push(to)
      }
    }
    return seen
  }
  const between = betweenOf(rays)
  /** The white king alone stands in the way: the black one does not shield the square behind it. */
  const attacks = (from: number, target: number, king: number): boolean =>
    between[(from << 6) | target]?.includes(king) === false
  const inCheck = ({ king, piece, foe }: Placement): boolean => attacks(piece, foe, king)
  const apart = ({ king, piece, foe }: Placement): boolean =>
    king !== piece && king !== foe && piece !== foe && !near(king, foe)
  const blackMoves = ({ king, piece, foe }: Placement): number[] =>
    NEXT[foe]!.filter((to) => !near(to, king) && (to === piece || !attacks(piece, to, king)))
  const whiteMoves = ({ king, piece, foe }: Placement): Placement[] => [
    ...NEXT[king]!.filter((to) => to !== piece && !near(to, foe)).map((to) => ({ king: to, piece, foe })),
    ...slides(piece, king, foe).map((to) => ({ king, piece: to, foe })),
  ]
  const toMate = distances({ apart, inCheck, blackMoves, slides })
  const from = (distance: Uint8Array, at: Placement): number | undefined => {
    const known = distance[numberOf(at)]!
    return known === UNKNOWN ? undefined : known
  }
  return {
    whiteMoves,
    blackMoves,
    inCheck,
    whiteToMove: (at) => from(toMate.white, at),
    blackToMove: (at) => from(toMate.black, at),
  }
}

const numberOf = ({ king, piece, foe }: Placement): number => (king << 12) | (piece << 6) | foe
const placed = (number: number): Placement => ({ king: number >> 12, piece: (number >> 6) & 63, foe: number & 63 })

interface Rules extends Pick<EndgameTable, 'inCheck' | 'blackMoves'> {
  /** No two on one square, and the kings not side by side. */
  apart(at: Placement): boolean
  slides(from: number, king: number, foe: number): number[]
}

/**
 * From the mates backward, move by move: White reaches a position lost for Black from wherever one of its moves leads
 * there; Black has lost where its last way out has turned out to be lost.
 */
function distances(rules: Rules): { readonly white: Uint8Array; readonly black: Uint8Array } {
  const [white, black] = [new Uint8Array(1 << 18).fill(UNKNOWN), new Uint8Array(1 << 18).fill(UNKNOWN)]
  const waysOut = new Uint8Array(1 << 18)
  let lost: number[] = []
  for (let number = 0; number < 1 << 18; number++) {
    const at = placed(number)
    if (!rules.apart(at)) continue
    const ways = rules.blackMoves(at)
    // Taking the piece is a way out that is never lost.
    waysOut[number] = ways.length
    if (ways.length > 0 || !rules.inCheck(at)) continue
    black[number] = 0
    lost.push(number)
  }
  for (let moves = 1; lost.length > 0; moves++) {
    const won: number[] = []
    for (const number of lost) {
      for (const before of beforeWhite(placed(number), rules)) {
        if (white[before] !== UNKNOWN) continue
        white[before] = moves
        won.push(before)
      }
    }
    lost = []
    for (const number of won) {
      for (const foe of NEXT[number & 63]!) {
        const before = (number & ~63) | foe
        if (!rules.apart(placed(before)) || --waysOut[before]! > 0) continue
        black[before] = moves
        lost.push(before)
      }
    }
  }
  return { white, black }
}

/** The positions with White to move from which this one is reached: pieces go back as they come. */
function beforeWhite({ king, piece, foe }: Placement, { apart, inCheck, slides }: Rules): number[] {
  const candidates = [
    ...NEXT[king]!.map((from) => ({ king: from, piece, foe })),
    ...slides(piece, king, foe).map((from) => ({ king, piece: from, foe })),
  ]
  return candidates.filter((at) => apart(at) && !inCheck(at)).map(numberOf)
}
