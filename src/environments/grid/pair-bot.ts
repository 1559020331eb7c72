/**
 * The key to two robots in one grid: the door is opened by whoever has the key at hand, and then both find the shortest
 * way to their goals together, which is searched over where both are, for they cannot pass through each other.
 */
import { nextAction } from './bot.ts'
import { charOf, standable, WALL } from './cells.ts'
import { ahead, type Mission, strideOf } from './level.ts'
import type { PairLevel, PairState } from './pair-state.ts'
import { type Action, groundOf } from './robot.ts'

const [LOCKED, CLOSED, KEY] = [charOf('locked', 'yellow'), charOf('closed', 'yellow'), charOf('key', 'yellow')]

export function bestOfPair(state: PairState, level: PairLevel): Action {
  const { cells } = state
  if (cells.includes(LOCKED)) return alone(state, { do: 'open', what: LOCKED })
  if (cells.includes(CLOSED)) return alone(state, { do: 'open', what: CLOSED })
  return together(state, level) ?? alone(state, { do: 'take', what: KEY })
}

/** What the robot whose turn it is does for a mission of its own, to which the other is a wall. */
function alone({ cells, poses, carrying, turn }: PairState, mission: Mission): Action {
  const other = poses[turn === 0 ? 1 : 0] >> 2
  const walled =
    standable[cells.charCodeAt(other)] === 1 ? cells.slice(0, other) + WALL + cells.slice(other + 1) : cells
  const ground = groundOf(walled, strideOf(cells), carrying[turn])
  const level = { cells, mission, pose: poses[turn], steps: Number.POSITIVE_INFINITY }
  return nextAction({ ground, pose: poses[turn], step: 0, won: false }, level)
}

const STEPS = ['left', 'right', 'forward', 'done'] as const

/** The first action of the fewest that bring both to their goals; undefined where walking alone does not. */
function together({ cells, poses, turn, ways }: PairState, { goals }: PairLevel): Action | undefined {
  const stride = strideOf(cells)
  const all = cells.length * 4
  const nameOf = (a: number, b: number, whose: number): number => (a * all + b) * 2 + whose
  const start = nameOf(...poses, turn)
  const known = ways.get(start)
  if (known) return known
  const from = new Int32Array(2 * all * all).fill(-1)
  const by = new Int8Array(2 * all * all)
  const queue = [start]
  for (const name of queue) {
    const whose = name & 1
    const [a, b] = [Math.floor((name >> 1) / all), (name >> 1) % all]
    if (a >> 2 === goals[0] && b >> 2 === goals[1]) {
      for (let at = name; at !== start; at = from[at]!) ways.set(from[at]!, STEPS[by[at]!]!)
      return ways.get(start)
    }
    for (const [i, step] of STEPS.entries()) {
      const next =
        whose === 0
          ? nameOf(walked(a, step, { cells, stride, its: b }), b, 1)
          : nameOf(a, walked(b, step, { cells, stride, its: a }), 0)
      if (from[next] !== -1 || next === start) continue
      from[next] = name
      by[next] = i
      queue.push(next)
    }
  }
  return undefined
}

interface Place {
  readonly cells: string
  readonly stride: number
  /** The other robot's pose. */
  readonly its: number
}

function walked(pose: number, step: (typeof STEPS)[number], { cells, stride, its }: Place): number {
  if (step === 'left') return (pose & ~3) | ((pose + 3) & 3)
  if (step === 'right') return (pose & ~3) | ((pose + 1) & 3)
  const front = (pose >> 2) + ahead(stride, pose & 3)
  const free = step === 'forward' && front !== its >> 2 && standable[cells.charCodeAt(front)] === 1
  return free ? (front << 2) | (pose & 3) : pose
}
