/**
 * Chess endgames after LMRL-Gym (Abdulhai et al. 2023, MIT): a king and a queen or rook against a king, from positions
 * drawn from a seed that are won. The agent is White, reads FEN and moves in SAN; mate pays 1, what is no legal move
 * costs 1 and changes nothing. The key plays by an exact table, as does the opponent called 'perfect'.
 */
import { type EnvSpec, type Random, random, type Split, seedOf, type Task } from '../../core/index.ts'
import { chosenWords, idWith } from '../kit/argument.ts'
import { type GameEnv, gameEnv, type Played, quoted, type Wrong } from '../kit/game-env.ts'
import { splitByName } from '../kit/split.ts'
import { chessPicture } from './chess-picture.ts'
import { type EndgamePiece, type EndgameTable, endgameTable, type Placement } from './endgame-table.ts'

export const endgameWords = { piece: ['queen', 'rook'], opponent: ['random', 'greedy', 'perfect'] } as const

export interface EndgameState extends Placement {
  /** Half-moves made. */
  readonly plies: number
  readonly over?: 'mate' | 'stalemate' | 'taken'
}

type Opponent = (typeof endgameWords.opponent)[number]

const SAYS = {
  mate: 'Checkmate.',
  stalemate: 'Stalemate: a draw.',
  taken: 'Your piece was taken: a draw.',
} as const

/** Mate is at most 16 moves away. */
const MOVES = 40

export function chessEndgames(argument?: string): EnvSpec<Placement, GameEnv<EndgameState>> {
  const chosen = chosenWords('chess-endgames', endgameWords, argument)
  const table = endgameTable(chosen.piece)
  const sign = chosen.piece === 'queen' ? 'Q' : 'R'
  const fen = (state: EndgameState): string => fenOf(state, sign)
  return gameEnv<EndgameState, Placement>({
    id: idWith('chess-endgames', endgameWords, chosen),
    tasks: (split) => positions(table, chosen.piece, split),
    limits: { steps: MOVES },
    markov: true,
    rules: `Mate the black king within ${MOVES} moves. You are White. Say one move in SAN, such as K${square(27)}, and nothing else.`,
    start: (data) => ({ ...data, plies: 0 }),
    show: (state) => (state.over ? `${fen(state)}\n${SAYS[state.over]}` : fen(state)),
    play: (state, said, { random }) => {
      const after = table.whiteMoves(state).find((to) => sanOf(state, to, sign) === said.replace(/[+#]$/, ''))
      if (!after) return { wrong: `'${quoted(said)}' is no legal move here.`, reward: -1 } satisfies Wrong<EndgameState>
      return answered(table, { ...after, plies: state.plies + 1 }, (at) =>
        reply(table, at, { how: chosen.opponent, random }),
      )
    },
    success: ({ over }) => (over === 'mate' ? 1 : 0),
    best: (state) => {
      const moves = table.whiteMoves(state)
      const far = (at: Placement): number => table.blackToMove(at) ?? MOVES
      return sanOf(
        state,
        moves.reduce((best, move) => (far(move) < far(best) ? move : best)),
        sign,
      )
    },
    guess: (_, chance) => `${chance.pick(['K', sign])}${square(chance.int(64))}`,
    view: (state) => ({ fen: fen(state), over: state.over ?? null }),
    picture: (state) => chessPicture(fen(state)),
  })
}

/** Black's turn: there is none where it is mated or has no move. */
function answered(table: EndgameTable, at: EndgameState, choose: (at: EndgameState) => number): Played<EndgameState> {
  if (table.blackMoves(at).length === 0) {
    const mate = table.inCheck(at)
    return { state: { ...at, over: mate ? 'mate' : 'stalemate' }, end: 'terminated', reward: mate ? 1 : 0 }
  }
  const foe = choose(at)
  const state = { ...at, foe, plies: at.plies + 1 }
  return foe === at.piece ? { state: { ...state, over: 'taken' }, end: 'terminated' } : { state }
}

interface Manner {
  readonly how: Opponent
  readonly random: Random
}

/** Greedy takes what it can, and goes to the middle; perfect stays unmated for as long as it can. */
function reply(table: EndgameTable, at: EndgameState, { how, random }: Manner): number {
  const ways = table.blackMoves(at)
  if (how === 'random') return random.pick(ways)
  if (ways.includes(at.piece)) return at.piece
  const worth = (foe: number): number =>
    how === 'greedy' ? -fromMiddle(foe) : (table.whiteToMove({ ...at, foe }) ?? MOVES)
  const most = Math.max(...ways.map(worth))
  return random.pick(ways.filter((foe) => worth(foe) === most))
}

const fromMiddle = (at: number): number => Math.max(Math.abs((at & 7) - 3.5), Math.abs((at >> 3) - 3.5))
const square = (at: number): string => `${'abcdefgh'[at & 7]}${(at >> 3) + 1}`

const sanOf = (from: Placement, to: Placement, sign: string): string =>
  from.king === to.king ? `${sign}${square(to.piece)}` : `K${square(to.king)}`

/** A piece that was taken is not there any more; White is to move when the number of half-moves is even. */
function fenOf({ king, piece, foe, plies, over }: EndgameState, sign: string): string {
  const pieces = new Map([
    [piece, sign],
    [king, 'K'],
    [foe, 'k'],
  ]) // what takes stands where it took
  const rows = [7, 6, 5, 4, 3, 2, 1, 0].map((rank) =>
    [0, 1, 2, 3, 4, 5, 6, 7]
      .map((file) => pieces.get(8 * rank + file) ?? ' ')
      .join('')
      .replace(/ +/g, (gap) => `${gap.length}`),
  )
  const quiet = over === 'taken' ? 0 : plies
  return `${rows.join('/')} ${plies % 2 === 0 ? 'w' : 'b'} - - ${quiet} ${1 + (plies >> 1)}`
}

const COUNT = { train: 400, test: 100 }

/** Positions that are won, and not by the next move; one in five is for testing. */
function* positions(table: EndgameTable, piece: EndgamePiece, split: Split): Generator<Task<Placement>> {
  const rng = random(seedOf('chess-endgames', piece))
  const seen = new Set<string>()
  while (seen.size < COUNT[split]) {
    const data = { king: rng.int(64), piece: rng.int(64), foe: rng.int(64) }
    if ((table.whiteToMove(data) ?? 0) < 2) continue
    const id = [data.king, data.piece, data.foe].map(square).join('-')
    if (splitByName('chess-endgames', id) !== split || seen.has(id)) continue
    seen.add(id)
    yield { id, data }
  }
}
