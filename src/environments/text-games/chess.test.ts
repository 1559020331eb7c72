import { describe, expect, it } from 'vitest'
import { assistant, checkEnv, type Host, textOf } from '../../core/index.ts'
import { chess } from './chess.ts'
import { engineMove, gain, positionOf } from './chess-positions.ts'

const open = async (opponent: string, opening: readonly string[], seed = 1) =>
  chess(opponent).make({ id: 't', data: { opening } }, { seed } as Host)
const say = async (env: Awaited<ReturnType<typeof open>>, text: string) => {
  const { observation, ...rest } = await env.step(assistant(text))
  return { ...rest, seen: observation.messages.map(textOf).join('|') }
}

describe('chess', () => {
  it.each(['random', 'greedy'])("is certified against '%s'", async (opponent) => {
    const { promises } = await checkEnv(chess(opponent), { tasks: 1 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('shows the position, takes SAN with its signs and without, and pays a win', async () => {
    const env = await open('greedy', ['e4', 'f6'])
    expect(textOf((await env.reset()).messages[1]!)).toBe(
      'rnbqkbnr/ppppp1pp/5p2/8/4P3/8/PPPP1PPP/RNBQKBNR w KQkq - 0 2',
    )
    const check = await say(env, 'Qh5')
    expect(check.seen).toMatch(/^rnbqkbnr\/ppppp2p\/5pp1\/7Q\/4P3\/8\/PPPP1PPP\/RNB1KBNR w /)
    expect(env.data?.()).toMatchObject({ reply: 'g6', over: null })
    expect(env.picture?.().match(/<text/g)).toHaveLength(32)
    const fool = await open('greedy', ['e4', 'f6', 'd4', 'g5'])
    expect(await say(fool, 'Qh5')).toEqual({
      reward: 1,
      end: 'terminated',
      seen: 'rnbqkbnr/ppppp2p/5p2/6pQ/3PP3/8/PPP2PPP/RNB1KBNR b KQkq - 1 3',
    })
  })

  it('pays a loss, and says what is no move', async () => {
    const env = await open('greedy', ['f3', 'e5'])
    const before = env.state
    for (const text of ['', 'e5', 'Ke2', '{}', 'constructor', 'x'.repeat(1e5)]) {
      const { seen, reward } = await say(env, text)
      expect([seen.includes('is no legal move here'), seen.length < 200, reward]).toEqual([true, true, -1])
    }
    expect(env.state).toBe(before)
    expect(await say(env, 'g4')).toMatchObject({ reward: -1, end: 'terminated', seen: expect.stringMatching(/Qh4|q/) })
  })

  it('knows a draw, and what a move wins', () => {
    expect(positionOf('7k/5Q2/6K1/8/8/8/8/8 b - - 0 1').over).toBe('draw')
    expect(positionOf('7k/8/6K1/8/8/8/8/8 b - - 0 1')).toMatchObject({ over: 'draw', moves: [] })
    expect(positionOf('7k/5Q2/6K1/8/8/8/8/8 w - - 100 80').over).toBe('draw')
    const at = positionOf('3r3k/4P3/8/3pP3/8/8/8/K7 w - d6 0 1')
    expect(['exd8=Q+', 'e8=N', 'exd6', 'Kb1'].map((san) => gain(at, san))).toEqual([14, 3, 1, 0])
  })

  it('has an engine that remembers nothing of other positions', () => {
    const fens = [
      'r1bqkb1r/pppp1ppp/2n2n2/4p3/2B1P3/5N2/PPPP1PPP/RNBQK2R w KQkq - 4 4',
      'rnb1kbnr/pppp1ppp/8/4p1q1/3PP3/8/PPP2PPP/RNBQKBNR w KQkq - 1 3',
      '3r3k/4P3/8/3pP3/8/8/8/K7 w - d6 0 1',
    ]
    const sight = { base: 2, captures: 2 }
    const forward = fens.map((fen) => engineMove(positionOf(fen), sight))
    // The same positions under other move numbers, so that they are looked at anew.
    const again = fens.toReversed().map((fen) => engineMove(positionOf(fen.replace(/\d+$/, '9')), sight))
    expect(again.toReversed()).toEqual(forward)
    expect(forward.slice(1)).toEqual(['Bxg5', 'exd8=Q+'])
  })
})
