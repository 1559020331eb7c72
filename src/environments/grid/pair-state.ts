/** Two robots in one grid, by turns: where they are, and what follows from what one of them does. */
import { strideOf } from './level.ts'
import { type Action, acted, frontOf, groundOf } from './robot.ts'

export type Both<T> = readonly [a: T, b: T]

export interface PairLevel {
  /** As in Level; the goals are not in it, for a thing may be laid on one. */
  readonly cells: string
  readonly poses: Both<number>
  /** The places of their goals in `cells`. */
  readonly goals: Both<number>
  readonly steps: number
}

export interface PairState {
  readonly cells: string
  readonly poses: Both<number>
  readonly carrying: Both<string>
  /** Whose turn it is. */
  readonly turn: 0 | 1
  readonly step: number
  readonly won: boolean
  /** The bot's next action, by where both robots are and whose turn it is, where it has thought about it. */
  readonly ways: Map<number, Action>
}

/** The other robot's turn after this one's; what is ahead of it and holds the other can neither be entered nor handled. */
export function afterTurn(state: PairState, action: Action | undefined, { goals }: PairLevel): PairState {
  const { cells, poses, carrying, turn } = state
  const other = turn === 0 ? 1 : 0
  const ground = groundOf(cells, strideOf(cells), carrying[turn])
  const blocked = frontOf({ ground, pose: poses[turn] }) === poses[other] >> 2
  const turns = action === 'left' || action === 'right'
  const moved = acted({ ground, pose: poses[turn] }, blocked && !turns ? undefined : action)
  const both = <T>(mine: T, its: T): Both<T> => (turn === 0 ? [mine, its] : [its, mine])
  const next = both(moved.pose, poses[other])
  return {
    cells: moved.ground.cells,
    ways: moved.ground === ground ? state.ways : new Map(),
    poses: next,
    carrying: both(moved.ground.carrying, carrying[other]),
    turn: other,
    step: state.step + 1,
    won: next.every((pose, i) => pose >> 2 === goals[i]),
  }
}
