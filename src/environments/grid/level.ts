/** A level, as its task holds it: the cells, where the robot starts, and what it is to do. */
import { cellOf } from './cells.ts'

/** `what` and `where` are characters of cells. */
export type Mission =
  | { readonly do: 'reach' }
  | { readonly do: 'open'; readonly what: string }
  | { readonly do: 'take'; readonly what: string }
  | { readonly do: 'goto'; readonly what: string }
  | { readonly do: 'put'; readonly what: string; readonly where: string }

export interface Level {
  /** A line for each row, all of the same length, joined by line breaks. */
  readonly cells: string
  readonly mission: Mission
  /** The place of the robot in `cells`, times four, plus where it looks: 0 is east, 1 south, 2 west, 3 north. */
  readonly pose: number
  /** The episode is cut after so many steps. */
  readonly steps: number
}

/** So many characters further in `cells` is the cell below. */
export const strideOf = (cells: string): number => cells.indexOf('\n') + 1

/** From a cell to the one ahead, by where the robot looks. */
export const ahead = (stride: number, facing: number): number =>
  facing === 0 ? 1 : facing === 1 ? stride : facing === 2 ? -1 : -stride

/** In few letters: 'goal', 'go a', 'put a r'. */
export function missionCode(mission: Mission): string {
  if (mission.do === 'reach') return 'goal'
  if (mission.do === 'put') return `put ${mission.what} ${mission.where}`
  return `${mission.do === 'goto' ? 'go' : mission.do} ${mission.what}`
}

export function missionSentence(mission: Mission): string {
  if (mission.do === 'reach') return 'Go to the goal.'
  const what = cellOf(mission.what).name
  if (mission.do === 'open') return `Open the ${what}.`
  if (mission.do === 'take') return `Pick up the ${what}.`
  if (mission.do === 'goto') return `Go to the ${what} and look at it.`
  return `Put the ${what} next to the ${cellOf(mission.where).name}.`
}
