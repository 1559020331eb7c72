/** Rooms: two that halve a square, and a chain of them, each with a door into the next, as MiniGrid's MultiRoom has. */
import type { Random } from '../../core/index.ts'
import { Canvas, type Room } from './canvas.ts'

/** Of the ground that the chain is laid out on, before what is empty around it is cut off. */
const GROUND = 25

type Point = readonly [x: number, y: number]

interface Linked {
  readonly room: Room
  /** The door that leads into it; the first has none. */
  readonly door?: Point
}

/** The least and the most that a room is wide and high, walls included. */
type Sizes = readonly [least: number, most: number]

/** So many rooms, and the door into each. */
export function chain(count: number, sizes: Sizes, random: Random): readonly Linked[] {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const rooms: Linked[] = [{ room: anywhere(sizes, random) }]
    while (rooms.length < count) {
      const next = beside(rooms, sizes, random)
      if (!next) break
      rooms.push(next)
    }
    if (rooms.length === count) return rooms
  }
  throw new Error(`${count} rooms of up to ${sizes[1]} cells do not fit into ${GROUND} by ${GROUND}: ask for fewer`)
}

const sizeOf = ([least, most]: Sizes, random: Random): number => least + random.int(most - least + 1)

function anywhere(sizes: Sizes, random: Random): Room {
  const [width, height] = [sizeOf(sizes, random), sizeOf(sizes, random)]
  return { left: random.int(GROUND - width + 1), top: random.int(GROUND - height + 1), width, height }
}

/** A room that shares a wall with the last one and touches no other; undefined where eight tries found none. */
function beside(rooms: readonly Linked[], sizes: Sizes, random: Random): Linked | undefined {
  const { room } = rooms.at(-1)!
  for (let attempt = 0; attempt < 8; attempt++) {
    const next = through(doorOf(room, random.int(4), random), sizes, random)
    if (fits(next.room) && rooms.every((one) => one.room === room || apart(one.room, next.room))) return next
  }
  return undefined
}

interface Opening {
  readonly door: Point
  /** Which wall of the room it leaves: 0 is east, 1 south, 2 west, 3 north. */
  readonly side: number
}

function doorOf({ left, top, width, height }: Room, side: number, random: Random): Opening {
  const upright = side % 2 === 0
  const along = 1 + random.int((upright ? height : width) - 2)
  if (upright) return { side, door: [side === 0 ? left + width - 1 : left, top + along] }
  return { side, door: [left + along, side === 1 ? top + height - 1 : top] }
}

/** A room on the other side of a door. */
function through({ door, side }: Opening, sizes: Sizes, random: Random): Linked {
  const [width, height] = [sizeOf(sizes, random), sizeOf(sizes, random)]
  const [x, y] = door
  const upright = side % 2 === 0
  const back = 1 + random.int((upright ? height : width) - 2)
  const left = upright ? (side === 0 ? x : x - width + 1) : x - back
  const top = upright ? y - back : side === 1 ? y : y - height + 1
  return { room: { left, top, width, height }, door }
}

const fits = ({ left, top, width, height }: Room): boolean =>
  left >= 0 && top >= 0 && left + width <= GROUND && top + height <= GROUND

const apart = (a: Room, b: Room): boolean =>
  a.left + a.width <= b.left || b.left + b.width <= a.left || a.top + a.height <= b.top || b.top + b.height <= a.top

/** The chain hollowed out of a canvas no larger than it needs. The doors are wall still. */
export function dug(
  linked: readonly Linked[],
  random: Random,
): { readonly canvas: Canvas; readonly rooms: readonly Room[]; readonly doors: readonly Point[] } {
  const [left, top] = [
    Math.min(...linked.map(({ room }) => room.left)),
    Math.min(...linked.map(({ room }) => room.top)),
  ]
  const rooms = linked.map(({ room }) => ({ ...room, left: room.left - left, top: room.top - top }))
  const doors = linked.flatMap(({ door }): Point[] => (door ? [[door[0] - left, door[1] - top]] : []))
  const canvas = new Canvas(
    Math.max(...rooms.map((room) => room.left + room.width)),
    Math.max(...rooms.map((room) => room.top + room.height)),
    random,
  )
  for (const room of rooms) canvas.dig(room)
  return { canvas, rooms, doors }
}

interface Halves {
  readonly canvas: Canvas
  /** How far to the right the wall between them stands. */
  readonly wall: number
  readonly near: Room
  readonly far: Room
}

/** Two rooms side by side, with a wall between them at a random place. */
export function halved(size: number, random: Random): Halves {
  const canvas = new Canvas(size, size, random)
  const wall = 2 + random.int(size - 4)
  const near = { left: 0, top: 0, width: wall + 1, height: size }
  const far = { left: wall, top: 0, width: size - wall, height: size }
  canvas.dig(near)
  canvas.dig(far)
  return { canvas, wall, near, far }
}
