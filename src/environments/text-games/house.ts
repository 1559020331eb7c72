/** A house for text navigation, drawn from a seed: rooms with doors between them, what stands in them, what lies there. */
import type { Random } from '../../core/index.ts'

export type Direction = 'north' | 'east' | 'south' | 'west'

export interface Room {
  readonly name: string
  /** Column and row on a map of the house; either may be negative. */
  readonly cell: readonly [x: number, y: number]
  /** By direction, the number of the room behind the door. */
  readonly exits: Readonly<Partial<Record<Direction, number>>>
}

/** What things lie on, or in: what they lie in can be opened and closed. */
export interface Holder {
  readonly name: string
  readonly room: number
  readonly opens: boolean
}

export interface House {
  readonly rooms: readonly Room[]
  readonly holders: readonly Holder[]
  /** Each thing, and the number of the holder that it is on or in at first. */
  readonly things: readonly (readonly [thing: string, holder: number])[]
  readonly start: number
  /** The numbers of the thing to be carried and of the holder that it belongs into. */
  readonly quest: { readonly thing: number; readonly into: number }
}

const NAMES = ['bedroom', 'office', 'bathroom', 'living room', 'kitchen', 'dining room', 'garden', 'backyard']
const OPEN = ['table', 'desk', 'shelf', 'bench']
const CLOSED = ['fridge', 'chest', 'cupboard', 'drawer']
const THINGS = ['apple', 'book', 'bowl', 'candle', 'cup', 'fork', 'hat', 'key', 'lamp', 'pear', 'plate', 'spoon']

export const toward: Readonly<Record<Direction, readonly [right: number, down: number]>> = {
  north: [0, -1],
  east: [1, 0],
  south: [0, 1],
  west: [-1, 0],
}
export const directions = Object.keys(toward) as Direction[]
const opposite = (way: Direction): Direction => directions[(directions.indexOf(way) + 2) % 4]!

/** Of rooms side by side, so many in a hundred have a door that is not needed to reach all. */
const SPARE_DOORS = 30

export function drawHouse(random: Random): House {
  const rooms = drawRooms(random)
  const standing = (name: string, opens: boolean): Holder => ({ name, opens, room: random.int(rooms.length) })
  const holders = [...OPEN.map((name) => standing(name, false)), ...CLOSED.map((name) => standing(name, true))]
  const things = random
    .shuffle(THINGS)
    .slice(0, 6)
    .map((thing) => [thing, random.int(holders.length)] as const)
  // It lies somewhere else than it belongs.
  const into = random.pick(CLOSED.map((_, i) => OPEN.length + i).filter((holder) => holder !== things[0]![1]))
  const quest = { thing: 0, into }
  return { rooms, holders, things, start: random.int(rooms.length), quest }
}

/** Each room is put beside one that stands already, with a door between them; some get one door more. */
function drawRooms(random: Random): Room[] {
  const placed = new Map<string, number>()
  const cells: (readonly [x: number, y: number])[] = []
  const doors = NAMES.map((): Partial<Record<Direction, number>> => ({}))
  const beside = (room: number, way: Direction) => {
    const [x, y] = cells[room]!
    return [x + toward[way][0], y + toward[way][1]] as const
  }
  const connect = (from: number, way: Direction, to: number): void => {
    doors[from]![way] = to
    doors[to]![opposite(way)] = from
  }
  const place = (cell: readonly [number, number]): void => {
    placed.set(cell.join(), cells.length)
    cells.push(cell)
  }
  place([0, 0])
  while (cells.length < NAMES.length) {
    const [from, way] = [random.int(cells.length), random.pick(directions)]
    const cell = beside(from, way)
    if (placed.has(cell.join())) continue
    place(cell)
    connect(from, way, cells.length - 1)
  }
  for (const from of cells.keys()) {
    for (const way of ['east', 'south'] as const) {
      const to = placed.get(beside(from, way).join())
      if (to !== undefined && random.int(100) < SPARE_DOORS) connect(from, way, to)
    }
  }
  return random.shuffle(NAMES).map((name, room) => ({ name, cell: cells[room]!, exits: doors[room]! }))
}
