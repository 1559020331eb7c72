/** Against public data that is not ours to ship: in the folder LUDUS_DATA, or in ../shared/data beside the clone. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readBoard } from '../src/environments/index.ts'
import { layouts } from '../src/environments/maze-layouts.ts'
import { type Board, improvements, positionScore } from '../src/rewards/index.ts'

const data = process.env['LUDUS_DATA'] ?? join(import.meta.dirname, '../../shared/data')
const there = existsSync(data)
if (!there) process.stderr.write(`conformance checks not run: there is no data in ${data}, and LUDUS_DATA names none\n`)

describe.skipIf(!there)('against LMRL-Gym', () => {
  it('the mazes have its walls', () => {
    const mazes = JSON.parse(readFileSync(join(data, 'lmrl/mazes.json'), 'utf8'))
    const drawn = (rows: number[][]): string[] =>
      rows.map((row) => row.map((cell) => (cell === 1 ? '#' : ' ')).join(''))
    const ours = {
      double_t_maze: 'double-t',
      maze2d_umaze: 'u',
      maze2d_medium: 'medium',
      maze2d_large: 'large',
    } as const
    expect(Object.keys(mazes).sort()).toEqual(Object.keys(ours).sort())
    for (const [theirs, name] of Object.entries(ours)) expect(drawn(mazes[theirs])).toEqual(layouts[name])
  })
})

describe.skipIf(!there)('against MLE-Dojo', () => {
  it('places on the boards of random-acts-of-pizza are those of its recorded trajectory', () => {
    const board = (which: string): Board => ({
      scores: readBoard(join(data, `mle-dojo/random-acts-of-pizza.${which}.csv`)),
    })
    const boards = [board('public'), board('private')]
    expect(boards.map(({ scores }) => scores.length)).toEqual([462, 462])
    const position = (score: number): number =>
      boards.reduce((sum, board) => sum + positionScore(score, board), 0) / boards.length
    const recorded = [0.5564, 0.5988, 0.62258].map(position)
    expect(recorded.map((one) => Number(one.toFixed(5)))).toEqual([0.35065, 0.49567, 0.57359])
    // Theirs adds them up; ours pays what is gained.
    expect(recorded.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1.41991, 5)
    expect(improvements([...recorded, ...recorded]).reduce((sum, one) => sum + one, 0)).toBeCloseTo(0.57359, 5)
  })

  it('all leaderboards can be read', () => {
    for (const file of readdirSync(join(data, 'mle-dojo')).filter((name) => name.endsWith('.csv')))
      expect(readBoard(join(data, 'mle-dojo', file)).length).toBeGreaterThan(400)
  })
})
