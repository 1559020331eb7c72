/**
 * MiniGrid's families of levels (Farama, Apache-2.0), and BabyAI's GoTo and PutNext: laid out by their rules, drawn
 * from our own chance. Unlike there, the goal of Empty and DoorKey may lie anywhere: so that there are goals to learn
 * from and others to be tested at.
 */
import type { Random } from '../../core/index.ts'
import { Canvas, type Room } from './canvas.ts'
import { COLOURS, charOf, EMPTY, GOAL, type Thing } from './cells.ts'
import { difficulty } from './difficulty.ts'
import { type Level, type Mission, strideOf } from './level.ts'
import { neighbours } from './robot.ts'
import { chain, dug, halved } from './rooms.ts'

/** What a family's number is: its name, the one that is taken unless given, and the least and the most. */
export interface Family {
  readonly number: readonly [name: string, usual: number, least: number, most: number]
  draw(number: number, random: Random): Level
}

const THINGS: readonly Thing[] = ['key', 'ball', 'box']
const colour = (random: Random) => random.pick(COLOURS)

/** Where the robot may start: MiniGrid puts it nowhere else. */
const ready = (canvas: Canvas, room: Room, { mission, steps }: Pick<Level, 'mission' | 'steps'>): Level => {
  const pose = canvas.pose(room)
  return { cells: canvas.cells, mission, pose, steps }
}

const whole = (size: number): Room => ({ left: 0, top: 0, width: size, height: size })
const REACH: Mission = { do: 'reach' }

function empty(size: number, random: Random): Level {
  const canvas = new Canvas(size, size, random)
  canvas.dig(whole(size))
  canvas.place(GOAL, whole(size))
  return ready(canvas, whole(size), { mission: REACH, steps: 4 * size ** 2 })
}

function fourRooms(size: number, random: Random): Level {
  const half = size >> 1
  const canvas = new Canvas(2 * half + 1, 2 * half + 1, random)
  for (const left of [0, half])
    for (const top of [0, half]) canvas.dig({ left, top, width: half + 1, height: half + 1 })
  const gap = (from: number): number => from + 1 + random.int(half - 1)
  for (const from of [0, half]) {
    canvas.set(half, gap(from), EMPTY)
    canvas.set(gap(from), half, EMPTY)
  }
  canvas.place(GOAL, whole(canvas.width))
  return ready(canvas, whole(canvas.width), { mission: REACH, steps: 100 })
}

function doorKey(size: number, random: Random): Level {
  const { canvas, wall, near, far } = halved(size, random)
  canvas.set(wall, 1 + random.int(size - 2), charOf('locked', 'yellow'))
  canvas.place(GOAL, far)
  canvas.place(charOf('key', 'yellow'), near)
  return ready(canvas, near, { mission: REACH, steps: 10 * size ** 2 })
}

function unlock(size: number, random: Random): Level {
  const canvas = new Canvas(2 * size - 1, size, random)
  const near = whole(size)
  canvas.dig(near)
  canvas.dig({ ...near, left: size - 1 })
  const locked = colour(random)
  canvas.set(size - 1, 1 + random.int(size - 2), charOf('locked', locked))
  canvas.place(charOf('key', locked), near)
  return ready(canvas, near, { mission: { do: 'open', what: charOf('locked', locked) }, steps: 8 * size ** 2 })
}

const FLOORS = 3

/** A corridor with three rooms to each side; one of the right ones is locked, and its key is in one of the left. */
function keyCorridor(size: number, random: Random): Level {
  const side = size - 1
  const canvas = new Canvas(3 * side + 1, FLOORS * side + 1, random)
  const room = (column: number, row: number): Room => ({ ...whole(size), left: column * side, top: row * side })
  const corridor = { left: side, top: 0, width: size, height: FLOORS * side + 1 }
  canvas.dig(corridor)
  const [lockedRow, keyRow] = [random.int(FLOORS), random.int(FLOORS)]
  const lock = colour(random)
  for (let row = 0; row < FLOORS; row++) {
    for (const column of [0, 2]) {
      canvas.dig(room(column, row))
      const door = column === 2 && row === lockedRow ? charOf('locked', lock) : charOf('closed', colour(random))
      canvas.set(column === 0 ? side : 2 * side, row * side + 1 + random.int(size - 2), door)
    }
  }
  const what = charOf('ball', colour(random))
  canvas.place(what, room(2, lockedRow))
  canvas.place(charOf('key', lock), room(0, keyRow))
  return ready(canvas, room(1, FLOORS >> 1), { mission: { do: 'take', what }, steps: 30 * size ** 2 })
}

function multiRoom(count: number, random: Random): Level {
  const { canvas, rooms, doors } = dug(chain(count, [4, count + 2], random), random)
  let last: string | undefined
  for (const [x, y] of doors) {
    last = random.pick(COLOURS.map((one) => charOf('closed', one)).filter((one) => one !== last))
    canvas.set(x, y, last)
  }
  canvas.place(GOAL, rooms.at(-1)!)
  return ready(canvas, rooms[0]!, { mission: REACH, steps: 20 * count })
}

/** Things that differ from each other, in kind or colour. */
const things = (count: number, random: Random): string[] =>
  random.shuffle(THINGS.flatMap((thing) => COLOURS.map((one) => charOf(thing, one)))).slice(0, count)

function goTo(size: number, random: Random): Level {
  const canvas = new Canvas(size, size, random)
  canvas.dig(whole(size))
  const objects = things(size - 3, random)
  for (const object of objects) canvas.place(object, whole(size))
  return ready(canvas, whole(size), { mission: { do: 'goto', what: objects[0]! }, steps: size ** 2 })
}

/** Drawn again where the two lie beside each other already. */
function putNext(size: number, random: Random): Level {
  const level = putting(size, random)
  const { cells, mission } = level
  const beside = mission.do === 'put' && areBeside(cells, mission.what, mission.where)
  return beside ? putNext(size, random) : level
}

function areBeside(cells: string, one: string, other: string): boolean {
  const at = cells.indexOf(one)
  return neighbours(strideOf(cells)).some((step) => cells[at + step] === other)
}

function putting(size: number, random: Random): Level {
  const canvas = new Canvas(size, size, random)
  canvas.dig(whole(size))
  const [what, where, ...others] = things(size - 2, random)
  for (const object of [what!, where!, ...others]) canvas.place(object, whole(size))
  return ready(canvas, whole(size), {
    mission: { do: 'put', what: what!, where: where! },
    steps: 2 * size ** 2,
  })
}

export const families: Readonly<Record<string, Family>> = {
  empty: { number: ['size', 5, 5, 25], draw: empty },
  fourrooms: { number: ['size', 19, 9, 25], draw: fourRooms },
  doorkey: { number: ['size', 5, 5, 25], draw: doorKey },
  unlock: { number: ['size of a room', 6, 4, 12], draw: unlock },
  keycorridor: { number: ['size of a room', 4, 3, 8], draw: keyCorridor },
  multiroom: { number: ['rooms', 4, 2, 6], draw: multiRoom },
  goto: { number: ['size', 8, 5, 12], draw: goTo },
  putnext: { number: ['size', 8, 5, 12], draw: putNext },
  difficulty: { number: ['difficulty', 3, 1, 10], draw: difficulty },
}
