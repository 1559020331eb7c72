/** Attempts at one task, side by side. */
import type { Step } from '../../core/index.ts'
import { outlinesOf } from './outline.ts'
import type { RunFolders } from './runs.ts'
import type { Group, GroupAttempt } from './wire.ts'

/** More are not set side by side. */
const MOST = 64
/** Of an action, in characters. */
const PREVIEW = 120

export function groupOf(
  runs: RunFolders,
  run: string,
  { task, batch }: { readonly task: string; readonly batch: string },
): Group {
  const rows = runs.browser(run).group(task, batch)
  const advantages = advantagesOf(rows.map((row) => row.return))
  const paths = new Map<string, number>()
  const attempts = rows.slice(0, MOST).map((row, i): GroupAttempt => {
    const { steps, final } = runs.trajectory(run, row.id)
    const along = pathsOf(steps, paths)
    const outlines = outlinesOf(steps, final).map(({ preview, reward, error }, step) => ({
      ...{ preview: preview.slice(0, PREVIEW), reward, error, path: along[step]! },
    }))
    return { row, advantage: advantages[i] ?? null, steps: outlines }
  })
  return { task, batch, total: rows.length, attempts }
}

/** Numbers for the ways that were gone; `known` holds those of the attempts before. */
export function pathsOf(steps: readonly Pick<Step, 'action'>[], known: Map<string, number>): number[] {
  let path = -1
  return steps.map(({ action }) => {
    const calls = (action.calls ?? []).map((call) => [call.name, call.arguments])
    const key = JSON.stringify([path, action.content, calls])
    path = known.get(key) ?? known.size
    known.set(key, path)
    return path
  })
}

/** (r − mean) / standard deviation, over those that have a return (Shao et al. 2024 §4.1.2); 0 where all are alike. */
export function advantagesOf(returns_G: readonly (number | null)[]): (number | null)[] {
  const known = returns_G.filter((value) => value !== null)
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length)
  return returns_G.map((value) => (value === null ? null : deviation > 0 ? (value - mean) / deviation : 0))
}
