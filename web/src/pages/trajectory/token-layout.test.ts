import { expect, it } from 'vitest'
import type { CallTokens } from '../../../../src/serve/view/wire.ts'
import { BLOCK, beside, blockOf, blocksOf, leastLikely, nextBreak, nextCall, slicesOf } from './token-layout.ts'

const made = (call: number, change: Partial<CallTokens> & { in?: number; out?: number }): CallTokens => ({
  ...{ call, step: call, role: 'policy', model: 'm', policyVersion: null, source: 'captured', shared: 0 },
  ...{ brokenAt: null, leastLikely: null, prompt: { count: change.in ?? 0 }, completion: { count: change.out ?? 0 } },
  ...change,
})

const calls = [
  made(0, { in: 300, out: 20, leastLikely: { place: 305, logprob: -2 } }),
  made(1, { in: 330, out: 0, shared: 320 }),
  made(2, { source: { none: 'no ids' } }),
  made(3, { in: 40, out: 5, shared: 8, brokenAt: 8, leastLikely: { place: 41, logprob: -7 } }),
]

it('shows every token once, in blocks, with what stood there before folded', () => {
  const blocks = blocksOf(calls, new Set())
  expect(blocks.filter(({ call }) => call === 0)).toEqual([
    { kind: 'head', call: 0 },
    { kind: 'tokens', call: 0, from: 0, to: BLOCK },
    { kind: 'tokens', call: 0, from: BLOCK, to: 300 },
    { kind: 'tokens', call: 0, from: 300, to: 320 },
  ])
  expect(blocks.filter(({ call }) => call === 1)).toEqual([
    { kind: 'head', call: 1 },
    { kind: 'fold', call: 1, count: 320 },
    { kind: 'tokens', call: 1, from: 320, to: 330 },
    { kind: 'empty', call: 1 },
  ])
  expect(blocks.filter(({ call }) => call === 2)).toEqual([{ kind: 'head', call: 2 }])
  expect(blocks.filter(({ call }) => call === 3)).toEqual([
    { kind: 'head', call: 3 },
    { kind: 'tokens', call: 3, from: 0, to: 8 },
    { kind: 'break', call: 3, place: 8 },
    { kind: 'tokens', call: 3, from: 8, to: 40 },
    { kind: 'tokens', call: 3, from: 40, to: 45 },
  ])
  const open = blocksOf(calls, new Set([1]))
  expect(open.flatMap((block) => (block.kind === 'tokens' && block.call === 1 ? block.to - block.from : []))).toEqual([
    BLOCK,
    320 - BLOCK,
    10,
  ])
  expect(blockOf(blocks, { call: 1, place: 3 })).toBe(-1)
  expect(open[blockOf(open, { call: 1, place: 3 })]).toMatchObject({ call: 1, from: 0 })
})

it('goes from token to token and over calls without any', () => {
  expect(beside(calls, undefined, 1)).toEqual({ call: 0, place: 0 })
  expect(beside(calls, { call: 0, place: 319 }, 1)).toEqual({ call: 1, place: 320 })
  expect(beside(calls, { call: 1, place: 320 }, -1)).toEqual({ call: 0, place: 319 })
  expect(beside(calls, { call: 1, place: 329 }, 1)).toEqual({ call: 3, place: 8 })
  expect(beside(calls, { call: 3, place: 44 }, 1)).toEqual({ call: 3, place: 44 })
  expect(beside(calls, { call: 0, place: 0 }, -1)).toEqual({ call: 0, place: 0 })
  expect(beside(calls, { call: 1, place: 5 }, -1)).toEqual({ call: 1, place: 4 })
  expect(beside([], undefined, 1)).toBeUndefined()
})

it('jumps to calls, breaks and the least likely token', () => {
  expect(nextCall(calls, undefined)).toEqual({ call: 0, place: 300 })
  expect(nextCall(calls, { call: 0, place: 7 })).toEqual({ call: 3, place: 40 })
  expect(nextCall(calls, { call: 3, place: 41 })).toEqual({ call: 0, place: 300 })
  expect(nextBreak(calls, undefined)).toEqual({ call: 3, place: 8 })
  expect(nextBreak(calls.slice(0, 2), undefined)).toBeUndefined()
  expect(leastLikely({ calls })).toEqual({ call: 3, place: 41 })
})

it('asks for the slices that hold what is in view', () => {
  expect(slicesOf(0, 240, 2000)).toEqual([0])
  expect(slicesOf(1900, 2100, 2000)).toEqual([0, 2000])
  expect(slicesOf(4000, 4000, 2000)).toEqual([])
})
