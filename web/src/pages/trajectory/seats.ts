/** Every seat of a trajectory has a colour of its own, by the order in which they first speak. */
import type { TrajectoryHead } from '../../../../src/serve/view/wire.ts'

const COLOURS = 8

export function seatsOf({ steps, trailing }: Pick<TrajectoryHead, 'steps' | 'trailing'>): string[] {
  return [...new Set([...steps.flatMap(({ calls }) => calls), ...trailing].map(({ role }) => role))]
}

export const seatClass = (seats: readonly string[], role: string): string =>
  `seat-${Math.max(0, seats.indexOf(role)) % COLOURS}`

/** The number of the first call of each step among all, and of the first that led to none. */
export function firstCalls({ steps }: Pick<TrajectoryHead, 'steps'>): number[] {
  const firsts = [0]
  for (const { calls } of steps) firsts.push(firsts.at(-1)! + calls.length)
  return firsts
}
