import { describe, expect, it } from 'vitest'
import { attempt, groupOf } from '../../test/learners.ts'
import { type Group, random, type Task } from '../core/index.ts'
import { adaptive, passing, type TaskSampler } from './adaptive-sampling.ts'

const tasks = [...'abcdef'].map((id) => ({ id, data: null }))
const ids = (drawn: readonly Task[]): string => drawn.map(({ id }) => id).join('')

/** What came of a drawn task: as many attempts as marks, '+' for those that succeeded. */
const came = (id: string, marks: string): Group<null> => ({
  ...groupOf([...marks].map((mark) => attempt([], { paid: mark === '+' ? 1 : 0, success: mark === '+' ? 1 : 0 }))),
  task: tasks.find((task) => task.id === id)!,
})
const round = (sampler: TaskSampler<null>, iteration: number, count: number, marks: Record<string, string>): string => {
  const drawn = ids(sampler.draw(count))
  sampler.settle(
    [...drawn].map((id) => came(id, marks[id]!)),
    iteration,
  )
  return drawn
}

describe('adaptive sampling', () => {
  it('takes first what was sampled longest ago, of that what is solved least: a trace by hand', () => {
    const sampler = adaptive(tasks)
    // All right: α² = 1, so all four count. Next come those never sampled.
    expect(round(sampler, 1, 4, { a: '++', b: '++', c: '++', d: '++' })).toBe('abcd')
    // Half right: round(4 · 0.25) = 1 counts, which is e; f, a and b keep their places.
    expect(round(sampler, 2, 4, { e: '+-', f: '--', a: '++', b: '+-' })).toBe('efab')
    // f has not counted yet; of those of iteration 1 all were solved, so their order stays.
    expect(round(sampler, 3, 2, { f: '++', a: '++' })).toBe('fa')
    // What b was tried before adds up, now that it counts: 3 of 4. It stands behind c and d, which are older.
    expect(round(sampler, 4, 3, { b: '++', c: '++', d: '++' })).toBe('bcd')
    // e is the oldest; then of iteration 3 f, solved in 2 of 4, before a, solved in 4 of 4.
    expect(round(sampler, 5, 4, { e: '++', f: '++', a: '++', b: '++' })).toBe('efab')
  })

  it('gives what is left where there is no more', () => {
    const sampler = adaptive(tasks)
    expect(ids(sampler.draw(9))).toBe('abcdef')
    expect(sampler.draw(1)).toEqual([])
    sampler.settle([], 1)
    expect(ids(sampler.draw(2))).toBe('ab')
  })
})

it('in turn means each task once in a pass, in an order that is new', () => {
  const sampler = passing(tasks, random(3))
  const passes = [1, 2, 3].map(() => [ids(sampler.draw(4)), ids(sampler.draw(2))].join(''))
  for (const pass of passes) expect([...pass].toSorted().join('')).toBe('abcdef')
  expect(new Set(passes).size).toBeGreaterThan(1)
  expect(sampler.draw(13)).toHaveLength(13)
})
