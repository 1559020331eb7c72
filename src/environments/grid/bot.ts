/**
 * A robot that knows the whole grid and solves what can be solved, from wherever it finds itself: it goes to where its
 * mission ends, and sees first to whatever is in the way: locked doors to their keys, things to being moved, and full
 * hands to being emptied where that blocks nothing.
 */
import { EMPTY, GOAL, keyFor, movable, standable, toggled } from './cells.ts'
import { ahead, type Level } from './level.ts'
import { type Action, type Ground, neighbours, put, type State } from './robot.ts'
import { type Price, type Route, route } from './route.ts'

/** To be somewhere, and do something there. */
interface Aim {
  /** True of a pose where it is done. */
  readonly at: (cells: string, pose: number) => boolean
  /** Undefined where being there is all. */
  readonly act?: Action
  /** What has to be carried then: '' is nothing, undefined is whatever. */
  readonly hold?: string
  /** What makes room for it, where there is no such place. */
  readonly instead?: Aim
}

/** What is to be done first, and what that is done for. */
type Aims = readonly [Aim, ...Aim[]]

type Scene = Pick<State, 'ground' | 'pose'>

interface Way extends Route {
  /** What to do at its end. */
  readonly act: Action | undefined
}

/** So many things may have to be seen to before each other: more is a circle. */
const DEEPEST = 12
/** What passing a thing, or a lock without its key, is taken to cost: more than any way around. */
const HINDRANCE = 1000

/** The next action; 'done' where the mission can no longer be brought to its end. */
export function nextAction({ ground, pose }: State, { mission }: Level): Action {
  const known = ground.plan.get(pose)
  if (known) return known
  const way = toward({ ground, pose }, [aimOf(mission, ground)])
  if (way) remember(ground, way)
  return ground.plan.get(pose) ?? 'done'
}

/** The way's actions, to the first that changes the ground. */
function remember({ cells, plan }: Ground, { poses, act }: Way): void {
  for (const [i, pose] of poses.entries()) {
    const to = poses[i + 1]
    if (to === undefined) {
      if (act) plan.set(pose, act)
      return
    }
    const walks = to >> 2 !== pose >> 2
    const shut = walks && standable[cells.charCodeAt(to >> 2)] === 0
    plan.set(pose, shut ? 'toggle' : walks ? 'forward' : ((to - pose) & 3) === 1 ? 'right' : 'left')
    if (shut) return
  }
}

function aimOf(mission: Level['mission'], { carrying, stride }: Ground): Aim {
  if (mission.do === 'reach') return { at: (cells, pose) => cells[pose >> 2] === GOAL }
  const facing = (says: (cells: string, front: number) => boolean): Aim['at'] => facingWhere(stride, says)
  const what = facing((cells, front) => cells[front] === mission.what)
  if (mission.do === 'open') {
    const key = keyFor[mission.what.charCodeAt(0)]!
    return { at: what, act: 'toggle', ...(key !== '' && { hold: key }) }
  }
  if (mission.do === 'take') return { at: what, act: 'pickup', hold: '' }
  if (mission.do === 'goto') return { at: what, act: 'done' }
  // Where its neighbour-to-be is carried, that has to lie somewhere first.
  if (carrying === mission.where) return { at: what, act: 'pickup', hold: '' }
  const beside = (cells: string, front: number): boolean =>
    neighbours(stride).some((step) => cells[front + step] === mission.where)
  const spot = facing((cells, front) => cells[front] === EMPTY && beside(cells, front))
  const taken = facing((cells, front) => movable[cells.charCodeAt(front)] === 1 && beside(cells, front))
  return { at: spot, act: 'drop', hold: mission.what, instead: { at: taken, act: 'pickup', hold: '' } }
}

const facingWhere =
  (stride: number, says: (cells: string, front: number) => boolean): Aim['at'] =>
  (cells, pose) =>
    says(cells, (pose >> 2) + ahead(stride, pose & 3))

const fetching = (stride: number, what: string): Aim => ({
  at: facingWhere(stride, (cells, front) => cells[front] === what),
  act: 'pickup',
  hold: '',
})

/** The way to the first of the aims, or to what comes before it; undefined where nothing leads there. */
function toward(scene: Scene, aims: Aims): Way | undefined {
  const [{ at, act, hold, instead }] = aims
  const { ground } = scene
  if (aims.length > DEEPEST) return undefined
  const way = find(scene, walking(ground), at)
  if (!way) {
    const hindrance = firstHindrance(scene, aims)
    const before = hindrance === undefined ? instead : clearing(ground, hindrance)
    return before && toward(scene, [before, ...aims])
  }
  const opens = way.poses.some((pose) => keyFor[ground.cells.charCodeAt(pose >> 2)] !== '')
  if (opens || hold === undefined || hold === ground.carrying) return { ...way, act }
  return hold === '' ? puttingDown(scene, aims) : toward(scene, [fetching(ground.stride, hold), ...aims])
}

const find = ({ ground, pose }: Scene, price: Price, at: Aim['at']): Route | undefined =>
  route({ ...ground, pose }, price, (pose) => at(ground.cells, pose))

/** Where a robot can go as things are; a door has to be opened first, and a locked one with its key. */
const walking =
  ({ cells, carrying }: Ground): Price =>
  (cell) => {
    const code = cells.charCodeAt(cell)
    if (standable[code] === 1) return 1
    if (movable[code] === 1) return Number.POSITIVE_INFINITY
    return toggled[code] !== '' || (carrying !== '' && keyFor[code] === carrying) ? 2 : Number.POSITIVE_INFINITY
  }

/** And where it could go if things were moved and doors were unlocked whose key there is: rather by what is wanted. */
const hoping = (ground: Ground, wanted: readonly (string | undefined)[]): Price => {
  const strict = walking(ground)
  return (cell) => {
    const price = strict(cell)
    const char = ground.cells[cell]!
    const key = keyFor[char.charCodeAt(0)]!
    if (price < Number.POSITIVE_INFINITY) return price
    if (key !== '') return ground.carrying === key || ground.cells.includes(key) ? HINDRANCE : price
    return movable[char.charCodeAt(0)] === 0 ? price : wanted.includes(char) ? HINDRANCE / 2 : HINDRANCE
  }
}

/** The first cell on the best conceivable way that cannot be passed as it is; undefined where there is no such way. */
function firstHindrance(scene: Scene, aims: Aims): number | undefined {
  const { ground, pose } = scene
  const strict = walking(ground)
  const wanted = aims.map(({ hold }) => hold)
  const way = find(scene, hoping(ground, wanted), aims[0].at)
  const hindrance = way?.poses.find((at) => at >> 2 !== pose >> 2 && strict(at >> 2) === Number.POSITIVE_INFINITY)
  return hindrance === undefined ? undefined : hindrance >> 2
}

function clearing({ cells, stride }: Ground, hindrance: number): Aim {
  const key = keyFor[cells.charCodeAt(hindrance)]!
  const at = facingWhere(stride, (_, front) => front === hindrance)
  return key === '' ? { at, act: 'pickup', hold: '' } : { at, act: 'toggle', hold: key }
}

/** The way to the nearest place where what is carried does not lie in the way of any aim; or else to any place. */
function puttingDown(scene: Scene, aims: Aims): Way | undefined {
  const { ground } = scene
  const price = walking(ground)
  const before = aims.map((aim) => inTheWay({ ground: { ...ground, carrying: '' }, pose: scene.pose }, aim))
  const harmless = (pose: number): boolean => {
    const front = (pose >> 2) + ahead(ground.stride, pose & 3)
    const laid = { ground: put(ground, front, { char: ground.carrying, carrying: '' }), pose }
    return aims.every((aim, i) => inTheWay(laid, aim) <= before[i]!)
  }
  const empty = facingWhere(ground.stride, (cells, front) => cells[front] === EMPTY)
  const way = find(scene, price, (cells, pose) => empty(cells, pose) && harmless(pose)) ?? find(scene, price, empty)
  return way && { ...way, act: 'drop' }
}

/** How many things lie on the best way to an aim, were all doors open; Infinity where there is none. */
function inTheWay(scene: Scene, { at }: Aim): number {
  const { cells } = scene.ground
  const way = find(scene, (cell) => passing[cells.charCodeAt(cell)]!, at)
  return way ? Math.floor(way.cost / HINDRANCE) : Number.POSITIVE_INFINITY
}

/** By character code: what a cell costs then. */
const passing = Float64Array.from(standable, (free, code) => {
  if (free === 1) return 1
  return movable[code] === 1 ? HINDRANCE : toggled[code] !== '' || keyFor[code] !== '' ? 2 : Number.POSITIVE_INFINITY
})
