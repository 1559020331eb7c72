/** Against public data that is not ours to ship: in the folder LUDUS_DATA, or in ../shared/data beside the clone. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layouts } from '../src/environments/maze-layouts.ts'

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
