/** The batches of a run, by what their names begin with: 'seed-0/grpo/12' is of 'seed-0/grpo/'. */
import type { BatchTotals } from '../../src/serve/view/wire.ts'

export interface BatchGroup {
  /** Ends in '/', as a filter for all of them; '' for those whose name has no such part. */
  readonly name: string
  readonly batches: readonly BatchTotals[]
  readonly totals: { readonly trajectories: number; readonly success: number | null; readonly return: number | null }
}

/** Groups in the order in which their first batch was begun. */
export function batchGroups(batches: readonly BatchTotals[]): BatchGroup[] {
  const groups = new Map<string, BatchTotals[]>()
  for (const batch of batches) {
    const name = batch.batch.slice(0, batch.batch.lastIndexOf('/') + 1)
    groups.set(name, [...(groups.get(name) ?? []), batch])
  }
  return [...groups].map(([name, within]) => ({ name, batches: within, totals: totalsOf(within) }))
}

function totalsOf(batches: readonly BatchTotals[]): BatchGroup['totals'] {
  return {
    trajectories: batches.reduce((sum, { trajectories }) => sum + trajectories, 0),
    success: weighted(batches, 'success'),
    return: weighted(batches, 'return'),
  }
}

/** The mean over all scored episodes. */
function weighted(batches: readonly BatchTotals[], name: 'success' | 'return'): number | null {
  let [sum, count] = [0, 0]
  for (const batch of batches) {
    const value = batch[name]
    if (value === null) continue
    sum += value * batch.outcomes.scored
    count += batch.outcomes.scored
  }
  return count > 0 ? sum / count : null
}
