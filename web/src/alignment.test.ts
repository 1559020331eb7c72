import { describe, expect, it } from 'vitest'
import { aligned } from './alignment.ts'

const walked = (name: string, ...paths: number[]) => ({
  ...{ name, steps: paths.map((path) => ({ path, preview: '', reward: 0, error: false })) },
})

describe('aligned', () => {
  it('puts next to each other what went the same way, and says where attempts part', () => {
    const { attempts, rows } = aligned([walked('a', 0, 1, 2), walked('b', 3, 4), walked('c', 0, 1, 5), walked('d', 0)])
    expect(attempts.map(({ name }) => name)).toEqual(['d', 'a', 'c', 'b'])
    expect(rows).toEqual([
      {
        spans: [
          { from: 0, count: 3 },
          { from: 3, count: 1 },
        ],
        ways: 2,
      },
      {
        spans: [
          { from: 1, count: 2 },
          { from: 3, count: 1 },
        ],
        ways: 1,
      },
      {
        spans: [
          { from: 1, count: 1 },
          { from: 2, count: 1 },
        ],
        ways: 2,
      },
    ])
  })

  it('has no rows where nothing was done', () => {
    expect(aligned([walked('a')]).rows).toEqual([])
  })
})
