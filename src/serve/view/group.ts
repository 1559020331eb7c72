/** Attempts at one task, side by side. */
import { outlinesOf } from './outline.ts'
import type { RunFolders } from './runs.ts'
import type { Group } from './wire.ts'

/** More are not set side by side. */
const MOST = 64

export function groupOf(
  runs: RunFolders,
  run: string,
  { task, batch }: { readonly task: string; readonly batch: string },
): Group {
  const rows = runs.browser(run).group(task, batch)
  const advantages = advantagesOf(rows.map((row) => row.return))
  return {
    ...{ task, batch },
    attempts: rows.slice(0, MOST).map((row, i) => {
      const { steps, final } = runs.trajectory(run, row.id)
      return { row, advantage: advantages[i] ?? null, steps: outlinesOf(steps, final) }
    }),
  }
}

/** (r − mean) / standard deviation, over those that have a return (Shao et al. 2024 §4.1.2); 0 where all are alike. */
export function advantagesOf(returns_G: readonly (number | null)[]): (number | null)[] {
  const known = returns_G.filter((value) => value !== null)
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length)
  return returns_G.map((value) => (value === null ? null : deviation > 0 ? (value - mean) / deviation : 0))
}
