import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { numbersOf } from './cells.ts'
import type { Level } from './level.ts'
import recorded from './minigrid-fixture.json' with { type: 'json' }
import { ACTIONS, after, endOf, payOf, type State, startOf, viewOf } from './robot.ts'

/** As MiniGrid's observation lies in memory: column by column, three numbers a cell. */
function digest(state: State): string {
  const rows = viewOf(state).split('\n')
  const image = rows.flatMap((_, column) => rows.flatMap((row) => numbersOf(row[column]!)))
  expect(image).toHaveLength(7 * 7 * 3)
  return createHash('sha256').update(Uint8Array.from(image)).digest('hex').slice(0, 12)
}

describe("what Python's MiniGrid did", () => {
  it('is what happens here: the same 7x7x3 views, the same reward, the same end', () => {
    let steps = 0
    for (const { name, level: written, actions, seen, reward, end } of recorded) {
      const level = written as Level
      let state = startOf(level)
      const [first, ...others] = seen.split(' ')
      expect([name, 0, digest(state)]).toEqual([name, 0, first])
      for (const [i, number] of [...actions].entries()) {
        state = after(state, ACTIONS[Number(number)], level)
        expect([name, i + 1, digest(state)]).toEqual([name, i + 1, others[i]])
        const last = i === actions.length - 1
        expect([name, i + 1, payOf(state, level), endOf(state, level)]).toEqual([
          ...[name, i + 1, last ? reward : 0, last ? end : undefined],
        ])
        steps++
      }
    }
    expect(steps).toBeGreaterThan(4000)
    expect(new Set(recorded.map(({ name }) => name)).size).toBe(11)
    expect(recorded.filter(({ end }) => end === 'terminated').length).toBeGreaterThan(19)
  })
})
