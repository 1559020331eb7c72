/** Cheapest ways through a grid: over poses, a turn for 1 and a cell for what it is said to cost (Dijkstra 1959). */
import { ahead } from './level.ts'

/** What it costs to step into a cell, a whole number from 1; Infinity where that cannot be. */
export type Price = (cell: number) => number

export interface Route {
  /** From where it starts to where it ends. */
  readonly poses: readonly number[]
  readonly cost: number
}

export interface Start {
  readonly cells: string
  readonly stride: number
  readonly pose: number
}

/** The cheapest way to the nearest pose where `there` is true; undefined where there is none. */
export function route(
  { cells, stride, pose }: Start,
  price: Price,
  there: (pose: number) => boolean,
): Route | undefined {
  const from = new Int32Array(cells.length * 4).fill(-1)
  const closed = new Uint8Array(cells.length * 4)
  const best = new Float64Array(cells.length * 4).fill(Number.POSITIVE_INFINITY)
  const buckets: number[][] = [[pose]]
  best[pose] = 0
  const reach = (to: number, by: number, cost: number): void => {
    if (cost >= best[to]!) return
    best[to] = cost
    from[to] = by
    buckets[cost] ??= []
    buckets[cost].push(to)
  }
  for (let cost = 0; cost < buckets.length; cost++) {
    for (const at of buckets[cost] ?? []) {
      if (closed[at] === 1) continue
      closed[at] = 1
      if (there(at)) return { poses: traced(from, pose, at), cost }
      reach((at & ~3) | ((at + 3) & 3), at, cost + 1)
      reach((at & ~3) | ((at + 1) & 3), at, cost + 1)
      const front = (at >> 2) + ahead(stride, at & 3)
      const step = price(front)
      if (step < Number.POSITIVE_INFINITY) reach((front << 2) | (at & 3), at, cost + step)
    }
  }
  return undefined
}

function traced(from: Int32Array, start: number, end: number): number[] {
  const poses = [end]
  for (let at = end; at !== start; ) {
    at = from[at]!
    poses.push(at)
  }
  return poses.reverse()
}
