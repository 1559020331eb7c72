/**
 * Attempts at one task, set side by side: those that went the same way stand next to each other, and as long as they
 * do the same, they share a cell.
 */
import type { GroupAttempt } from '../../src/serve/view/wire.ts'

type Walked = Pick<GroupAttempt, 'steps'>

/** Columns `from` … `from + count` of a row, which did the same. */
export interface Span {
  readonly from: number
  readonly count: number
}

export interface AlignedRow {
  /** From the left to the right; where an attempt has ended, there is none. */
  readonly spans: readonly Span[]
  /** In how many ways attempts went on that had done the same so far; 1 where none part. */
  readonly ways: number
}

export interface Alignment<A> {
  readonly attempts: readonly A[]
  readonly rows: readonly AlignedRow[]
}

export function aligned<A extends Walked>(given: readonly A[]): Alignment<A> {
  const attempts = sideBySide(given)
  const length = attempts.reduce((most, { steps }) => Math.max(most, steps.length), 0)
  const rows: AlignedRow[] = []
  for (let step = 0; step < length; step++) {
    const spans = spansAt(attempts, step)
    rows.push({ spans, ways: waysInto(attempts, step, spans) })
  }
  return { attempts, rows }
}

/** Ways in the order of the first attempt that went them. */
function sideBySide<A extends Walked>(attempts: readonly A[]): A[] {
  return attempts.toSorted((a, b) => {
    const shorter = Math.min(a.steps.length, b.steps.length)
    for (let i = 0; i < shorter; i++) {
      const difference = a.steps[i]!.path - b.steps[i]!.path
      if (difference !== 0) return difference
    }
    return a.steps.length - b.steps.length
  })
}

function spansAt(attempts: readonly Walked[], step: number): Span[] {
  const spans: { from: number; count: number; path: number }[] = []
  for (const [column, { steps }] of attempts.entries()) {
    const path = steps[step]?.path
    if (path === undefined) continue
    const last = spans.at(-1)
    if (last?.path === path && last.from + last.count === column) last.count++
    else spans.push({ from: column, count: 1, path })
  }
  return spans.map(({ from, count }) => ({ from, count }))
}

/** The most ways that anything common before this step goes on in. */
function waysInto(attempts: readonly Walked[], step: number, spans: readonly Span[]): number {
  const ways = new Map<number, number>()
  for (const { from } of spans) {
    const before = step === 0 ? -1 : attempts[from]!.steps[step - 1]!.path
    ways.set(before, (ways.get(before) ?? 0) + 1)
  }
  return Math.max(1, ...ways.values())
}
