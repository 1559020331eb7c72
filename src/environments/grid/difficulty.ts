/**
 * Levels of a graded difficulty, 1 to 10: with the number grow the rooms in the chain, the doors that are locked, the
 * things that lie about, and from 4 on what is asked for may be more than to reach a goal.
 */
import type { Random } from '../../core/index.ts'
import type { Canvas, Room } from './canvas.ts'
import { COLOURS, charOf, GOAL } from './cells.ts'
import type { Level, Mission } from './level.ts'
import { chain, dug } from './rooms.ts'

export function difficulty(number: number, random: Random): Level {
  const count = 1 + Math.ceil(number / 2)
  const { canvas, rooms, doors } = dug(chain(count, [6, 6 + (number >> 2)], random), random)
  const locks = random.shuffle(doors.map((_, i) => i)).slice(0, Math.floor(number / 3))
  const colours = random.shuffle(COLOURS)
  doors.forEach(([x, y], i) => {
    const locked = locks.includes(i)
    canvas.set(x, y, charOf(locked ? 'locked' : 'closed', colours[i % COLOURS.length]!))
    // Door i leads out of room i: its key lies in that one or before.
    if (locked) lay(charOf('key', colours[i % COLOURS.length]!), { canvas, rooms: rooms.slice(0, i + 1) }, random)
  })
  const mission = asked(number, { canvas, rooms }, random)
  const used = mission.do === 'put' ? [mission.what, mission.where] : 'what' in mission ? [mission.what] : []
  const balls = COLOURS.map((one) => charOf('ball', one)).filter((one) => !used.includes(one))
  for (const ball of random.shuffle(balls).slice(0, number >> 1)) lay(ball, { canvas, rooms }, random)
  const pose = canvas.pose(rooms[0]!)
  return { cells: canvas.cells, pose, mission, steps: 40 * count + 20 * number }
}

interface Site {
  readonly canvas: Canvas
  readonly rooms: readonly Room[]
}

function asked(number: number, { canvas, rooms }: Site, random: Random): Mission {
  const last = rooms.at(-1)!
  const kind = random.pick((['reach', 'goto', 'take', 'put'] as const).slice(0, number < 4 ? 1 : number < 7 ? 3 : 4))
  if (kind === 'reach') {
    canvas.place(GOAL, last)
    return { do: 'reach' }
  }
  const [what, where] = [charOf('box', random.pick(COLOURS)), charOf('ball', random.pick(COLOURS))]
  canvas.place(what, last)
  if (kind !== 'put') return { do: kind, what }
  canvas.place(where, rooms[0]!)
  return { do: 'put', what, where }
}

/** So many cells of a room stay free, for whoever has to pass. */
const FREE = 9

/** Puts a thing into one of the rooms that have space for it. */
function lay(thing: string, { canvas, rooms }: Site, random: Random): void {
  const roomy = rooms.filter((room) => canvas.free(room).length > FREE)
  canvas.place(thing, random.pick(roomy.length > 0 ? roomy : rooms))
}
