import { describe, expect, it } from 'vitest'
import { attempt, groupOf, taught } from '../../test/learners.ts'
import type { Datum, Trajectory } from '../core/index.ts'
import { type RftOptions, rft } from './rft.ts'
import { type SftMask, sft } from './sft.ts'

const did = (token: number, success: number, says = `${token}`): Trajectory =>
  attempt([{ prompt: [0], completion: [token], says }], { paid: success, success })
const taken = (batches: readonly (readonly Datum[])[]): number[] => batches.flat().map(({ tokens }) => tokens[1]!)

describe('rejection sampling', () => {
  const groups = [
    groupOf([did(1, 0), did(2, 1), did(3, 1, '2'), did(4, 1), did(5, 1)], 'a'),
    groupOf([did(6, 0.5), did(7, 1, '2'), attempt([], { paid: null, success: 1 })], 'b'),
  ]
  const chosen = async (options: Partial<RftOptions>) => {
    const { batches, skipped } = await taught(rft({ minibatch: 100, epochs: 1, ...options }), groups)
    return { taken: taken(batches).toSorted(), skipped }
  }

  it('imitates what succeeded, nothing that was done before in the task', async () => {
    expect(await chosen({})).toEqual({
      taken: [2, 4, 5, 7],
      skipped: { unscored: 1, 'not good enough': 2, 'done before': 1, 'enough of the task': 0 },
    })
  })

  it('takes so many of a task, the first, and what it is told is good', async () => {
    expect((await chosen({ perTask: 2 })).taken).toEqual([2, 4, 7])
    expect((await chosen({ perTask: 2 })).skipped['enough of the task']).toBe(1)
    expect((await chosen({ accept: ({ outcome }) => outcome.kind === 'scored' && outcome.return < 1 })).taken).toEqual([
      1, 6,
    ])
    expect(() => rft({ minibatch: 1, epochs: 1, perTask: 0 })).toThrow("'perTask' is 0")
  })

  it('is sft on what it chose', async () => {
    const kept = [groupOf([groups[0]!.trajectories[1]!, groups[0]!.trajectories[3]!]), groupOf([did(7, 1, '2')])]
    const options = { minibatch: 2, epochs: 3 }
    const { batches } = await taught(rft({ ...options, perTask: 2 }), groups)
    expect(batches).toEqual((await taught(sft(options), kept)).batches)
  })
})

describe('a mask', () => {
  it('takes what led to no step unless only steps are wanted', async () => {
    const { steps, ...whole } = attempt([{ prompt: [0], completion: [1] }], { paid: 0 })
    const idle = [groupOf([{ ...whole, steps: [], trailing: steps[0]!.calls }])]
    const batchesOf = async (mask: SftMask) => (await taught(sft({ minibatch: 1, epochs: 1, mask }), idle)).batches
    expect(await batchesOf({ tokens: () => true })).toHaveLength(1)
    expect(await batchesOf({ steps: () => true })).toEqual([])
  })

  const one = attempt(
    [
      { prompt: [0], completion: [1, 2], reward: 1 },
      { prompt: [0, 1, 2, 3], completion: [4, 5], reward: -1 },
      { prompt: [9], completion: [6], role: 'planner' },
    ],
    { paid: 0 },
  )
  const weights = async (mask: SftMask) =>
    (await taught(sft({ minibatch: 9, epochs: 1, mask }), [groupOf([one])])).batches
      .flat()
      .map(({ tokens, weights }) => ({ tokens, weights }))

  it('imitates one seat', async () => {
    expect(await weights({ role: 'planner' })).toEqual([{ tokens: [9, 6], weights: [0, 1] }])
    expect(await weights({})).toEqual([{ tokens: [0, 1, 2, 3, 4, 5], weights: [0, 0.25, 0.25, 0, 0.25, 0.25] }])
  })

  it('imitates the steps that are kept, with the others as context', async () => {
    const tokens = [0, 1, 2, 3, 4, 5]
    expect(await weights({ steps: ({ reward }) => reward > 0 })).toEqual([{ tokens, weights: [0, 0.5, 0.5, 0, 0, 0] }])
    expect(await weights({ steps: (_, index) => index === 1 })).toEqual([{ tokens, weights: [0, 0, 0, 0, 0.5, 0.5] }])
    expect(await weights({ steps: () => false })).toEqual([])
  })

  it('imitates the tokens that are kept, and never makes one of context', async () => {
    const tokens = [0, 1, 2, 3, 4, 5]
    expect(await weights({ tokens: (all, i) => all[i]! >= 2 })).toEqual([
      { tokens, weights: [0, 0, 1 / 3, 0, 1 / 3, 1 / 3] },
    ])
    expect(await weights({ steps: (_, index) => index === 0, tokens: (all, i) => all[i - 1] === 1 })).toEqual([
      { tokens, weights: [0, 0, 1, 0, 0, 0] },
    ])
  })
})
