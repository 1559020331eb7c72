import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Datum, Origin } from '../core/index.ts'
import { learnedFrom, openLearned } from './index.ts'

const folders: string[] = []
const folder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'ludus-learned-')))
  return folders.at(-1)!
}
afterAll(() => folders.forEach((path) => rmSync(path, { recursive: true })))

/** Two calls in one sequence of eight tokens, of an attempt of three calls. */
const origin = { trajectory: 'a/1', calls: 3, completions: [0, 2].map((call) => span(call, call + 1)) }
function span(call: number, start: number, captured = true): Origin['completions'][number] {
  return { call, start, end: start + 2, captured }
}
const weights = [0, 0.5, -0.25, 0.75, -1, 0, 0, 0]
const datum = (of: Partial<Origin> = {}): Datum => ({
  ...{ tokens: [10, 11, 12, 13, 14, 15, 16, 17], weights, of: { ...origin, ...of } },
})
const at = { arm: 'grpo', round: 1, update: 1 }

describe('what was learned', () => {
  it('comes back by the trajectory, update by update and call by call', () => {
    const path = folder()
    expect(learnedFrom(path, 'a/1')).toEqual([])
    using log = openLearned(path)
    log.add({ ...at, data: [datum({ advantages: [0, 2, -1, 3, -4, 0, 0, 0] }), { tokens: [1], weights: [0] }] })
    const other = datum({ trajectory: 'b/1', calls: 1, completions: [span(0, 1, false)] })
    log.add({ ...at, update: 2, data: [other, datum()] })
    const both = [
      { weights: [0.5, -0.25], advantages: [2, -1] },
      { weights: [0.75, -1], advantages: [3, -4] },
    ]
    const plain = both.map((call) => ({ ...call, advantages: null }))
    expect(learnedFrom(path, 'a/1')).toEqual([
      { ...at, calls: [both[0], null, both[1]] },
      { ...at, update: 2, calls: [plain[0], null, plain[1]] },
    ])
    expect(learnedFrom(path, 'b/1')).toEqual([
      { ...at, update: 2, calls: [{ weights: [0.5, -0.25], advantages: null, tokens: [11, 12] }] },
    ])
    expect(learnedFrom(path, 'a')).toEqual([])
  })

  it('adds up where an update had something twice, and puts together what came in several sequences', () => {
    const path = folder()
    using log = openLearned(path)
    const first = datum({ completions: [span(0, 1)] })
    log.add({ ...at, data: [first, datum({ completions: [span(2, 3)] }), first] })
    const [{ calls } = { calls: [] }] = learnedFrom(path, 'a/1')
    expect(calls.map((call) => call?.weights)).toEqual([[1, -0.5], undefined, [0.75, -1]])
  })

  it('keeps any number of tokens, in single precision', () => {
    const path = folder()
    using log = openLearned(path)
    const float = fc.float({ noNaN: true, noDefaultInfinity: true })
    let n = 0
    fc.assert(
      fc.property(fc.array(float, { maxLength: 400 }), fc.boolean(), (values, captured) => {
        const trajectory = `t/${n++}`
        const completions = [{ call: 0, start: 0, end: values.length, captured }]
        const tokens = values.map((_, i) => 1_000_000 + i)
        log.add({
          ...at,
          data: [{ tokens, weights: values, of: { trajectory, calls: 1, completions, advantages: values } }],
        })
        const call = { weights: values, advantages: values, ...(!captured && { tokens }) }
        expect(learnedFrom(path, trajectory)).toEqual([{ ...at, calls: [call] }])
      }),
    )
  })

  it('says what is damaged', () => {
    const path = folder()
    using log = openLearned(path)
    log.add({ ...at, data: [datum()] })
    using database = new DatabaseSync(join(path, 'learned.sqlite'))
    database.exec('UPDATE learned SET body = substr(body, 1, 12)')
    expect(() => learnedFrom(path, 'a/1')).toThrow("what was learned of 'a/1' is damaged")
    database.exec('PRAGMA user_version = 9')
    expect(() => learnedFrom(path, 'a/1')).toThrow('holds format version 9; this Ludus reads 1')
  })
})
