/**
 * Chess after LMRL-Gym (Abdulhai et al. 2023, MIT): the agent is White, reads FEN and moves in SAN. A win pays 1, a loss
 * costs 1, and so does what is no legal move, which changes nothing. Each task begins with a first move of both sides.
 * A game is not drawn by repetition, so that the FEN is all of the state.
 */
import { type EnvSpec, type Random, random, type Split, type Task } from '../../core/index.ts'
import { chosenWords, idWith } from '../kit/argument.ts'
import { type GameEnv, gameEnv, type Played, quoted } from '../kit/game-env.ts'
import { chessPicture } from './chess-picture.ts'
import { after, engineMove, gain, moveSaid, type Position, positionOf } from './chess-positions.ts'

export const chessWords = { opponent: ['random', 'greedy', 'engine'] } as const

type Opponent = (typeof chessWords.opponent)[number]

export interface ChessTask {
  /** What White and Black have played. */
  readonly opening: readonly string[]
}

export interface ChessState {
  readonly fen: string
  /** The opponent's last move. */
  readonly reply?: string
}

const START = 'rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1'
const MOVES = 80

export function chess(argument?: string): EnvSpec<ChessTask, GameEnv<ChessState>> {
  const chosen = chosenWords('chess', chessWords, argument)
  return gameEnv<ChessState, ChessTask>({
    id: idWith('chess', chessWords, chosen),
    tasks: (split) => openings(chosen.opponent, split),
    limits: { steps: MOVES },
    markov: true,
    rules: `Play chess. You are White, and have ${MOVES} moves to win. Say one move in SAN, such as Nf3, and nothing else.`,
    start: ({ opening }) => ({ fen: opening.reduce((at, san) => after(at, san), positionOf(START)).fen }),
    show: ({ fen }) => fen,
    play({ fen }, said, { random }) {
      const position = positionOf(fen)
      const move = moveSaid(position, said)
      if (move === undefined) return { wrong: `'${quoted(said)}' is no legal move here.`, reward: -1 }
      return answered(after(position, move), (at) => reply(at, chosen.opponent, random))
    },
    success: ({ fen }) => (won(positionOf(fen)) ? 1 : 0),
    best: ({ fen }) => bestMove(positionOf(fen), chosen.opponent),
    guess: (_, chance) =>
      `${chance.pick(['', 'N', 'B', 'R', 'Q', 'K'])}${chance.pick([...'abcdefgh'])}${1 + chance.int(8)}`,
    view: ({ fen, reply = null }) => ({ fen, reply, over: positionOf(fen).over ?? null }),
    picture: ({ fen }) => chessPicture(fen),
  })
}

/** Mate with Black to move. */
const won = ({ fen, over }: Position): boolean => over === 'mate' && fen.split(' ')[1] === 'b'

function answered(at: Position, choose: (at: Position) => string): Played<ChessState> {
  if (at.over) return { state: { fen: at.fen }, end: 'terminated', reward: at.over === 'mate' ? 1 : 0 }
  const move = choose(at)
  const next = after(at, move)
  const state = { fen: next.fen, reply: move }
  return next.over ? { state, end: 'terminated', reward: next.over === 'mate' ? -1 : 0 } : { state }
}

/** Greedy mates where it can, else takes what is worth the most. */
function reply(at: Position, how: Opponent, random: Random): string {
  if (how === 'random') return random.pick(at.moves)
  if (how === 'engine') return engineMove(at, { base: 1, captures: 2 })
  const worth = at.moves.map((san) => (san.endsWith('#') ? 100 : gain(at, san)))
  const most = Math.max(...worth)
  return random.pick(at.moves.filter((_, i) => worth[i] === most))
}

/** So many half-moves without a capture or a pawn's, and the key pushes a pawn: the engine walks in circles. */
const PATIENCE = 8

/** Mate where it is to be had; else the engine's choice, which sees the further the fewer men Black has. */
function bestMove(at: Position, opponent: Opponent): string {
  const [men = '', , , , quiet] = at.fen.split(' ')
  const few = men.replace(/[^a-z]/g, '').length
  const mate = at.moves.find((san) => san.endsWith('#'))
  if (mate !== undefined) return mate
  const pawn = few < 4 && Number(quiet) >= PATIENCE ? foremostPawn(at) : undefined
  if (pawn !== undefined) return pawn
  if (opponent === 'engine') return engineMove(at, { base: 2, captures: 4 })
  const far = opponent === 'random' && few > 6 ? 1 : 2
  return engineMove(at, { base: few > 3 ? far : 3, captures: 2 })
}

/** The move of a pawn that gets the farthest and does not end the game; it becomes a queen. */
function foremostPawn(at: Position): string | undefined {
  const rank = (san: string): number => Number(san.replace(/=.*/, '').replace(/\D+$/, '').at(-1))
  const pawns = at.moves.filter((san) => /^[a-h]/.test(san) && !/=[RBN]/.test(san))
  return pawns.toSorted((a, b) => rank(b) - rank(a)).find((san) => after(at, san).over === undefined)
}

const COUNT = { train: 12, test: 4 }

/** Both play the same whenever they meet; these games the key does not win within the moves there are. */
const UNWON_BY_KEY: ReadonlySet<string> = new Set(['h3-g6', 'Na3-b6', 'a4-c6'])

/** Some of the 400 ways to begin. */
function* openings(opponent: Opponent, split: Split): Generator<Task<ChessTask>> {
  const pawns = (one: number, two: number): string[] =>
    [...'abcdefgh'].flatMap((file) => [`${file}${one}`, `${file}${two}`])
  const white = [...pawns(3, 4), 'Na3', 'Nc3', 'Nf3', 'Nh3']
  const black = [...pawns(6, 5), 'Na6', 'Nc6', 'Nf6', 'Nh6']
  const all = random(1).shuffle(white.flatMap((first) => black.map((second) => [first, second])))
  const from = split === 'train' ? 0 : COUNT.train
  const named = all.map((opening) => ({ id: opening.join('-'), data: { opening } }))
  yield* named.filter(({ id }) => opponent !== 'engine' || !UNWON_BY_KEY.has(id)).slice(from, from + COUNT[split])
}
