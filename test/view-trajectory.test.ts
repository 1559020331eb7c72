/** What `ludus view` says of a trajectory: its head, its steps piece by piece, its calls and its tokens. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Call } from '../src/core/index.ts'
import { createRun, openLearned } from '../src/data/index.ts'
import type { Steps, TokenOutline, TokenSlice, TrajectoryHead } from '../src/serve/view/wire.ts'
import { addBranches, addLong, addManyTokens, madeUp } from './view-run.ts'
import { startView, type ViewServer } from './view-server.ts'

const runs = mkdtempSync(join(tmpdir(), 'ludus-view-'))
let server: ViewServer
const ids = { long: '', many: '', branches: '' }
let run = ''

beforeAll(async () => {
  await using made = createRun(runs, { command: 'run', env: 'made-up', settings: {} })
  run = made.path.split('/').at(-1)!
  ids.long = await addLong(made.store)
  ids.many = await addManyTokens(made.store, 1000)
  ids.branches = await addBranches(made.store)
  await made.store.add(madeUp({ task: 'branches', attempt: 1, steps: [] }))
  learn(made.path)
  made.update({ state: 'done' })
  server = await startView(runs)
}, 60_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(runs, { recursive: true })
})

/** Two updates on call 0, and one on other words in the place of call 1. */
function learn(path: string): void {
  using log = openLearned(path)
  const tokens = Array.from({ length: 200 }, (_, i) => i)
  const weights = tokens.map((i) => (i === 0 ? -0.5 : 0.25))
  const datum = (call: number, captured: boolean) => ({
    ...{ tokens, weights },
    of: { trajectory: ids.many, calls: 7, completions: [{ call, start: 0, end: 200, captured }] },
  })
  log.add({ arm: 'grpo', round: 1, update: 1, data: [datum(0, true), datum(1, false)] })
  log.add({ arm: 'grpo', round: 1, update: 2, data: [datum(0, true)] })
}

async function ask<T>(path: string, query: Record<string, string | number>): Promise<T> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]))
  return (await (await fetch(`${server.url}api/runs/${run}/${path}?${search}`)).json()) as T
}

it('gives the bodies of steps in small pieces, and what repeats itself once', async () => {
  const head = await ask<TrajectoryHead>('trajectory', { id: ids.long })
  expect(head.steps).toHaveLength(500)
  expect(head.pieces[0]).toBe(0)
  expect(head.pieces.every((from, i) => (head.pieces[i + 1] ?? 500) - from <= 10)).toBe(true)
  const { steps } = await ask<Steps>('steps', { id: ids.long, from: 0, to: 3 })
  expect(steps.map(({ observation }) => observation.messages.map(({ role }) => role))).toEqual([
    ['system', 'user'],
    ['user'],
    ['user'],
  ])
  expect(steps.map(({ repeated }) => repeated)).toEqual([
    null,
    { messages: 1, tools: false, since: 0 },
    { messages: 1, tools: false, since: 0 },
  ])
  const call = await ask<Call>('call', { id: ids.long, call: 2 })
  expect(call.request.messages).toHaveLength(6)
})

it('says who stands beside it, and what its branches cost with those forked off them', async () => {
  const head = await ask<TrajectoryHead>('trajectory', { id: ids.branches })
  expect(head.group).toEqual({ task: 'branches', batch: '', attempts: 2, previous: null, next: 'branches/1' })
  expect(head.branches).toMatchObject([
    { from: 0, steps: 2, calls: 5, preview: '285' },
    { from: 1, steps: 0, calls: 1, preview: '' },
  ])
  expect((await ask<TrajectoryHead>('trajectory', { id: 'branches/1' })).group.previous).toBe('branches/0')
})

it('tells captured tokens from an empty answer and from none, and marks where a prompt breaks the prefix', async () => {
  const { calls, largest } = await ask<TokenOutline>('tokens', { id: ids.many })
  expect(calls.map(({ brokenAt }) => brokenAt)).toEqual([null, null, null, 150, null, null, null])
  expect(calls.map(({ shared }) => shared)).toEqual([0, 400, 800, 150, 550, 950, 0])
  expect(calls[5]).toMatchObject({ source: 'captured', completion: { count: 0 }, step: null, leastLikely: null })
  expect(calls[6]).toMatchObject({ source: { none: "'made-up' gave no token ids" }, role: 'judge' })
  expect(largest).toMatchObject({ weight: 1, advantage: null })
  expect(largest.entropy).toBeGreaterThan(0)
})

it('adds up what updates made of a token, and leaves out those that learned other words in its place', async () => {
  const slice = await ask<TokenSlice>('token-slice', { id: ids.many, call: 0, from: 199, to: 202 })
  expect(slice).toMatchObject({ mask: [0, 1, 1], weights: [null, -1, 0.5], advantages: [null, null, null] })
  expect(slice.logprobs[0]).toBeNull()
  const other = await ask<TokenSlice>('token-slice', { id: ids.many, call: 1, from: 600, to: 601 })
  expect(other.weights).toEqual([null])
})
