/** A world of ten turns, each of which says a number back: for tests of what survives. */
import { gameEnv } from '../src/environments/index.ts'

// biome-ignore lint/style/noDefaultExport: a world's file is one
export default gameEnv<{ readonly turn: number; readonly sum: number }, number>({
  id: 'ten-turns@1',
  tasks: () => Array.from({ length: 100_000 }, (_, i) => ({ id: `t${i}`, data: i })),
  limits: { steps: 10 },
  rules: 'Say a number, ten times.',
  start: () => ({ turn: 0, sum: 0 }),
  show: ({ turn, sum }) => `Turn ${turn}; the sum is ${sum}.`,
  play: ({ turn, sum }, said) => {
    const state = { turn: turn + 1, sum: sum + (Number(said) || 0) }
    return state.turn === 10 ? { state, end: 'terminated' } : { state }
  },
  success: ({ turn, sum }) => (turn === 10 && sum % 2 === 0 ? 1 : 0),
  best: () => '2',
})
