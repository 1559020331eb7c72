import { Chess } from 'chess.js'
import { describe, expect, it } from 'vitest'
import { type Agent, assistant, checkEnv, type Host, random, rollout, type Task, textOf } from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { chessEndgames, endgameWords } from './chess-endgames.ts'
import { endgameTable, type Placement } from './endgame-table.ts'

const open = async (argument: string, data: Placement, seed = 1) =>
  chessEndgames(argument).make({ id: 't', data }, { seed } as Host)
const say = async (env: Awaited<ReturnType<typeof open>>, text: string) => {
  const { observation, ...rest } = await env.step(assistant(text))
  return { ...rest, seen: observation.messages.map(textOf).join('|') }
}
const at = (square: string) => square.charCodeAt(0) - 97 + 8 * (Number(square[1]) - 1)
const name = (square: number) => `${'abcdefgh'[square & 7]}${(square >> 3) + 1}`

describe('chess-endgames', () => {
  it.each(['queen,greedy', 'rook,perfect'])("is certified as '%s'", async (argument) => {
    const { promises } = await checkEnv(chessEndgames(argument), { tasks: 2 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it.each(endgameWords.piece)('knows the moves, checks, mates and stalemates of chess (%s)', (piece) => {
    const { whiteMoves, blackMoves, inCheck, whiteToMove } = endgameTable(piece)
    const sign = piece === 'queen' ? 'Q' : 'R'
    const rng = random(1)
    let tried = 0
    while (tried < 60) {
      const place = { king: rng.int(64), piece: rng.int(64), foe: rng.int(64) }
      if (whiteToMove(place) === undefined) continue
      tried++
      const board = new Chess('k7/8/8/8/8/8/8/K7 w - - 0 1')
      board.clear()
      board.put({ type: 'k', color: 'w' }, name(place.king) as 'a1')
      board.put({ type: piece === 'queen' ? 'q' : 'r', color: 'w' }, name(place.piece) as 'a1')
      board.put({ type: 'k', color: 'b' }, name(place.foe) as 'a1')
      const ours = whiteMoves(place).map((to) =>
        to.king === place.king ? `${sign}${name(to.piece)}` : `K${name(to.king)}`,
      )
      expect(ours.sort(), board.fen()).toEqual(
        board
          .moves()
          .map((san) => san.replace(/[+#]/, ''))
          .sort(),
      )
      const after = rng.pick(whiteMoves(place))
      board.move(after.king === place.king ? `${sign}${name(after.piece)}` : `K${name(after.king)}`)
      const replies = board.moves().map((san) => san.slice(-2))
      expect(blackMoves(after).map(name).sort(), board.fen()).toEqual(replies.sort())
      expect([inCheck(after), blackMoves(after).length === 0]).toEqual([board.inCheck(), board.moves().length === 0])
    }
  })

  it('is at most 10 moves from mate with a queen, 16 with a rook, and the key needs no more of a perfect player', async () => {
    for (const [piece, most] of [
      ['queen', 10],
      ['rook', 16],
    ] as const) {
      const { whiteToMove } = endgameTable(piece)
      const all = Array.from({ length: 1 << 18 }, (_, n) =>
        whiteToMove({ king: n >> 12, piece: (n >> 6) & 63, foe: n & 63 }),
      )
      expect(all.reduce<number>((far, one) => Math.max(far, one ?? 0), 0)).toBe(most)
      const spec = chessEndgames(`${piece},perfect`)
      const tasks = [...(spec.tasks('test') as Iterable<Task<Placement>>)].slice(0, 10)
      for (const task of tasks) {
        const agent = spec.solve!(task) as Agent
        const [group] = await Array.fromAsync(rollout(spec, agent, [task], { model: scriptedModel([]) }))
        expect(group!.trajectories[0]!.steps).toHaveLength(whiteToMove(task.data)!)
      }
    }
  })

  it('reads SAN, answers in FEN, and says what is no move', async () => {
    const env = await open('greedy', { king: at('e2'), piece: at('d1'), foe: at('d5') })
    expect(textOf((await env.reset()).messages[1]!)).toBe('8/8/8/3k4/8/8/4K3/3Q4 w - - 0 1')
    expect(await say(env, 'Qd5')).toMatchObject({
      reward: -1,
      seen: expect.stringMatching(/^'Qd5' is no legal move here/),
    })
    for (const text of ['', 'constructor', '{}', 'x'.repeat(1e5)]) {
      const { reward, seen } = await say(env, text)
      expect([reward, seen.length < 150]).toEqual([-1, true])
    }
    expect(env.state.plies).toBe(0)
    const { seen, reward } = await say(env, 'Qd4+')
    expect([seen, reward]).toEqual(['8/8/8/8/3k4/8/4K3/8 w - - 0 2\nYour piece was taken: a draw.', undefined])
    expect(env.picture?.().match(/<text/g)).toHaveLength(2)
  })

  it('pays mate, and not stalemate', async () => {
    const mate = await open('', { king: at('b6'), piece: at('d1'), foe: at('a8') })
    expect(await say(mate, 'Qd8#')).toMatchObject({
      reward: 1,
      end: 'terminated',
      seen: expect.stringContaining('Checkmate'),
    })
    const stale = await open('', { king: at('b6'), piece: at('d1'), foe: at('a8') })
    expect(await say(stale, 'Qd6')).toEqual({ end: 'terminated', seen: expect.stringContaining('Stalemate') })
    expect([mate.data?.(), stale.data?.()]).toMatchObject([{ over: 'mate' }, { over: 'stalemate' }])
  })
})
