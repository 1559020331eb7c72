import { expect, it } from 'vitest'
import type { BatchTotals } from '../../src/serve/view/wire.ts'
import { batchGroups } from './batches.ts'

const batch = (name: string, scored: number, success: number | null) =>
  ({ batch: name, trajectories: scored + 1, success, return: null, outcomes: { scored } }) as BatchTotals

it('groups batches by what their names begin with, means weighed by what was scored', () => {
  const groups = batchGroups([
    batch('', 1, 1),
    batch('s/grpo/1', 1, 1),
    batch('s/start', 2, null),
    batch('s/grpo/2', 3, 0),
  ])
  expect(groups.map(({ name, batches }) => [name, batches.map((one) => one.batch)])).toEqual([
    ['', ['']],
    ['s/grpo/', ['s/grpo/1', 's/grpo/2']],
    ['s/', ['s/start']],
  ])
  expect(groups[1]!.totals).toEqual({ trajectories: 6, success: 0.25, return: null })
  expect(groups[2]!.totals.success).toBeNull()
})
