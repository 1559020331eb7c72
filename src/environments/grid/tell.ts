/** How a grid is shown to its player: the view or the whole grid in characters, or the view in sentences. */
import { cellOf, clear, EMPTY, GOAL, WALL } from './cells.ts'
import { type Level, missionCode, missionSentence } from './level.ts'
import type { GridOptions } from './options.ts'
import { ACTIONS, type State, viewOf } from './robot.ts'

const [COMPASS, DIRECTIONS] = ['>v<^', ['east', 'south', 'west', 'north']] as const

const COMMAND = `Answer with one of: ${ACTIONS.join(', ')}.`
const LEGEND = `${WALL} is wall, ${EMPTY} empty, ${GOAL} the goal. In red, green, blue, purple, yellow and grey: keys rgbpye, \
doors locked RGBPYE, closed jklmno, open JKLMNO, balls acdfhi, boxes ACDFHI.`
const MISSIONS = `'goal' asks to be there, 'open', 'take' and 'go' name what, 'put a r' lays a beside r.`

export const rulesOf: Readonly<Record<GridOptions['form'], string>> = {
  view: `You are a robot in the middle of the last line and look up; your cell shows what you carry, ? is unseen. ${LEGEND} \
The first line is your mission and the way you face. ${MISSIONS} ${COMMAND}`,
  full: `You are the robot, one of ${COMPASS}. ${LEGEND} The first line is your mission and what you carry. ${MISSIONS} \
${COMMAND}`,
  bare: COMMAND,
  sentences: `You are a robot in a grid of cells. You turn, step forward, pick up and drop what lies ahead of you, and \
toggle doors; a locked door needs the key of its colour. ${COMMAND}`,
}

export const shows: Readonly<Record<GridOptions['form'], (state: State, level: Level) => string>> = {
  view: (state, { mission }) => `${missionCode(mission)} ${COMPASS[state.pose & 3]}\n${viewOf(state)}`,
  full: whole,
  bare: whole,
  sentences: (state, { mission }) =>
    `${missionSentence(mission)} You face ${DIRECTIONS[state.pose & 3]} and carry ${carried(state)}. ${seen(viewOf(state))}`,
}

function whole({ ground, pose }: State, { mission }: Level): string {
  const { cells, carrying } = ground
  const grid = cells.slice(0, pose >> 2) + COMPASS[pose & 3] + cells.slice((pose >> 2) + 1)
  return `${missionCode(mission)} ${carrying || '-'}\n${grid}`
}

const carried = ({ ground: { carrying } }: State): string =>
  carrying === '' ? 'nothing' : `a ${cellOf(carrying).name}`

const [MIDDLE, LAST] = [3, 6]

/** What stands in a view, and how far the way is free in the three directions that can be seen. */
function seen(view: string): string {
  const rows = view.split('\n')
  const things = rows.flatMap((row, y) =>
    [...row].flatMap((char, x) => {
      const { kind, name } = cellOf(char)
      if (['unseen', 'empty', 'wall'].includes(kind) || (x === MIDDLE && y === LAST)) return []
      return [`a ${name} ${offset(LAST - y, x - MIDDLE)}`]
    }),
  )
  const walls = [
    `${wallAfter(rows.map((row) => row[MIDDLE]!).reverse())} ahead`,
    `${wallAfter([...rows[LAST]!.slice(0, MIDDLE + 1)].reverse())} to the left`,
    `${wallAfter([...rows[LAST]!.slice(MIDDLE)])} to the right`,
  ]
  const all = [...things, ...walls.flatMap((wall) => (wall.startsWith('-') ? [] : [`a wall ${wall}`]))]
  return all.length === 0 ? 'You see nothing but floor.' : `You see ${all.join(', ')}.`
}

/** After how many cells the first wall comes, counted from the robot's own; -1 where none is seen. */
function wallAfter(cells: readonly string[]): number {
  const first = cells.findIndex((char, i) => i > 0 && clear[char.charCodeAt(0)] === 0)
  return first > 0 && cells[first] === WALL ? first : -1
}

function offset(forward: number, right: number): string {
  const aside = right === 0 ? '' : `${Math.abs(right)} to the ${right > 0 ? 'right' : 'left'}`
  return [forward === 0 ? '' : `${forward} ahead`, aside].filter(Boolean).join(' and ')
}
