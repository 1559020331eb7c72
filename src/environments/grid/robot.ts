/**
 * One robot in a grid, by MiniGrid's rules: seven actions, a mission, and a reward of 1 - 0.9 * step / steps where it
 * is done. States are not written to once they are made; those that share a ground share what was found out about it.
 */
import { clear, EMPTY, GOAL, keyFor, movable, standable, toggled, unlocked, WALL } from './cells.ts'
import { ahead, type Level, strideOf } from './level.ts'

export const ACTIONS = ['left', 'right', 'forward', 'pickup', 'drop', 'toggle', 'done'] as const
export type Action = (typeof ACTIONS)[number]

/** What does not change while the robot but walks: the cells, and what it carries ('' is nothing). */
export interface Ground {
  readonly cells: string
  readonly stride: number
  readonly carrying: string
  /** What is seen from each pose, once it was asked for. */
  readonly seen: string[]
  /** The bot's next action at each pose, where it has thought about it. */
  readonly plan: Map<number, Action>
}

export interface State {
  readonly ground: Ground
  /** As in Level. */
  readonly pose: number
  readonly step: number
  readonly won: boolean
}

/** A robot, whatever it is to do. */
export type Standing = Pick<State, 'ground' | 'pose'>

export const groundOf = (cells: string, stride: number, carrying: string): Ground => ({
  cells,
  stride,
  carrying,
  seen: [],
  plan: new Map(),
})

export const startOf = ({ cells, pose }: Level): State => ({
  ground: groundOf(cells, strideOf(cells), ''),
  pose,
  step: 0,
  won: false,
})

/** The place of the cell ahead. */
export const frontOf = ({ ground, pose }: Standing): number => (pose >> 2) + ahead(ground.stride, pose & 3)

/** The state after an action; undefined is one that is none, which takes its time all the same. */
export function after(state: State, action: Action | undefined, level: Level): State {
  const { ground, pose } = acted(state, action)
  const won = action !== undefined && done(level, ground, { pose, action, was: state.ground })
  return { ground, pose, step: state.step + 1, won }
}

/** The same, without a mission. */
export function acted({ ground, pose }: Standing, action: Action | undefined): Standing {
  const front = frontOf({ ground, pose })
  const moved = walked({ ground, pose }, action, front)
  return { pose: moved, ground: moved === pose ? handled(ground, action, front) : ground }
}

type Played = Pick<State, 'won' | 'step'>

/** What MiniGrid pays: nothing until the mission is done, and less the later it is. */
export const payOf = ({ won, step }: Played, { steps }: Pick<Level, 'steps'>): number =>
  won ? 1 - 0.9 * (step / steps) : 0

/** MiniGrid may say both at once; here a mission that is done in the last step is done. */
export const endOf = (
  { won, step }: Played,
  { steps }: Pick<Level, 'steps'>,
): 'terminated' | 'truncated' | undefined => (won ? 'terminated' : step >= steps ? 'truncated' : undefined)

function walked({ ground: { cells }, pose }: Standing, action: Action | undefined, front: number): number {
  if (action === 'left') return (pose & ~3) | ((pose + 3) & 3)
  if (action === 'right') return (pose & ~3) | ((pose + 1) & 3)
  if (action === 'forward' && standable[cells.charCodeAt(front)] === 1) return (front << 2) | (pose & 3)
  return pose
}

/** What the hands do to the cell ahead. */
function handled(ground: Ground, action: Action | undefined, front: number): Ground {
  const { cells, carrying } = ground
  const code = cells.charCodeAt(front)
  if (action === 'pickup' && carrying === '' && movable[code] === 1)
    return put(ground, front, { char: EMPTY, carrying: cells[front]! })
  if (action === 'drop' && carrying !== '' && cells[front] === EMPTY)
    return put(ground, front, { char: carrying, carrying: '' })
  if (action !== 'toggle') return ground
  const key = keyFor[code]
  const becomes = key !== '' && key === carrying ? unlocked[code] : toggled[code]
  return becomes ? put(ground, front, { char: becomes, carrying }) : ground
}

/** The ground with another thing in one place, and other hands. */
export const put = (
  { cells, stride }: Ground,
  at: number,
  { char, carrying }: { readonly char: string; readonly carrying: string },
): Ground => groundOf(cells.slice(0, at) + char + cells.slice(at + 1), stride, carrying)

interface Done {
  readonly pose: number
  readonly action: Action
  /** The ground before. */
  readonly was: Ground
}

function done({ mission }: Level, ground: Ground, { pose, action, was }: Done): boolean {
  const { cells, carrying } = ground
  if (mission.do === 'reach') return action === 'forward' && cells[pose >> 2] === GOAL
  const front = frontOf({ ground, pose })
  const what = cells[front]!
  if (mission.do === 'open') return action === 'toggle' && what === unlocked[mission.what.charCodeAt(0)]
  if (mission.do === 'take') return action === 'pickup' && carrying === mission.what
  if (mission.do === 'goto') return what === mission.what || carrying === mission.what
  if (action !== 'drop' || was.carrying !== mission.what || carrying !== '') return false
  return neighbours(ground.stride).some((step) => cells[front + step] === mission.where)
}

/** The steps to the four cells beside one. */
export const neighbours = (stride: number): readonly number[] => [1, stride, -1, -stride]

const SIZE = 7
const MIDDLE = SIZE >> 1
const [UNSEEN_CODE, WALL_CODE, EMPTY_CODE, BREAK] = [63, WALL.charCodeAt(0), EMPTY.charCodeAt(0), 10]

/**
 * How sight spreads along one row of the view, for each row of bits that is reached from the row below and each row
 * of bits that can be seen through: low seven bits, what is seen in this row; high seven, what is reached in the next.
 */
const SPREAD = Uint16Array.from({ length: 1 << 14 }, (_, n) => spread(n & 127, n >> 7))

function spread(reached: number, open: number): number {
  let row = reached
  let next = 0
  const pass = (from: number, to: number): void => {
    if (((row & open) >> from) & 1) {
      row |= 1 << to
      next |= (1 << to) | (1 << from)
    }
  }
  for (let i = 0; i < SIZE - 1; i++) pass(i, i + 1)
  for (let i = SIZE - 1; i > 0; i--) pass(i, i - 1)
  return row | (next << SIZE)
}

const view = new Uint8Array(SIZE * (SIZE + 1))

/**
 * The 7 by 7 cells ahead as MiniGrid shows them, line by line: the robot is in the middle of the last line, looks up,
 * and has in its place what it carries. What walls and closed doors hide is '?'; outside of the grid is wall.
 */
export function viewOf({ ground, pose }: Standing): string {
  ground.seen[pose] ??= look(ground, pose)
  return ground.seen[pose]
}

function look({ cells, stride, carrying }: Ground, pose: number): string {
  const facing = pose & 3
  const up = ahead(stride, facing)
  const right = ahead(stride, (facing + 1) & 3)
  const at = pose >> 2
  const [x, y] = [at % stride, (at / stride) | 0]
  const [upX, upY] = [facing === 0 ? 1 : facing === 2 ? -1 : 0, facing === 1 ? 1 : facing === 3 ? -1 : 0]
  const [width, height] = [stride - 1, ((cells.length + 1) / stride) | 0]
  let reached = 1 << MIDDLE
  for (let row = SIZE - 1; row >= 0; row--) {
    const far = SIZE - 1 - row
    let open = 0
    for (let column = 0; column < SIZE; column++) {
      const aside = column - MIDDLE
      const [cellX, cellY] = [x + far * upX - aside * upY, y + far * upY + aside * upX]
      const inside = cellX >= 0 && cellX < width && cellY >= 0 && cellY < height
      const code = inside ? cells.charCodeAt(at + far * up + aside * right) : WALL_CODE
      view[row * (SIZE + 1) + column] = code
      open |= clear[code]! << column
    }
    const spreads = SPREAD[(open << SIZE) | reached]!
    for (let column = 0; column < SIZE; column++)
      if (((spreads >> column) & 1) === 0) view[row * (SIZE + 1) + column] = UNSEEN_CODE
    view[row * (SIZE + 1) + SIZE] = BREAK
    reached = spreads >> SIZE
  }
  view[(SIZE - 1) * (SIZE + 1) + MIDDLE] = carrying === '' ? EMPTY_CODE : carrying.charCodeAt(0)
  return String.fromCharCode.apply(null, view as unknown as number[]).slice(0, -1)
}
