/** Learning rates as functions of progress: 0 at the beginning of training, 1 at its end. */

export type Schedule = (progress: number) => number

export interface Shape {
  /** The part of training over which the rate grows to its full height, from 0 to 1; none unless given. */
  readonly warmUp?: number
  /** Where the growth begins, and where the decay ends, as parts of the full rate; 0 unless given. */
  readonly start?: number
  readonly end?: number
}

/** `lr` all the way, after the warm-up. */
export const constant = (lr: number, shape: Pick<Shape, 'warmUp' | 'start'> = {}): Schedule =>
  scheduled(lr, shape, () => 0)

/** In a straight line from `lr`, at progress 0, to its `end`. */
export const linear = (lr: number, shape: Shape = {}): Schedule => scheduled(lr, shape, (progress) => progress)

/** Along half a cosine from `lr`, at progress 0, to its `end` (Loshchilov and Hutter 2017, without restarts). */
export const cosine = (lr: number, shape: Shape = {}): Schedule =>
  scheduled(lr, shape, (progress) => (1 - Math.cos(Math.PI * progress)) / 2)

/** The warm-up multiplies the decay, which is under way meanwhile. `fallen`: how much of the way down has been gone. */
function scheduled(lr: number, { warmUp = 0, start = 0, end = 0 }: Shape, fallen: Schedule): Schedule {
  const parts = { 'warm-up': warmUp, 'start of a warm-up': start, 'end of a schedule': end }
  for (const [name, value] of Object.entries(parts))
    if (!(value >= 0 && value <= 1)) throw new Error(`the ${name} is a part from 0 to 1, not ${value}`)
  const warmth: Schedule = warmUp === 0 ? () => 1 : (progress) => Math.min(1, start + ((1 - start) / warmUp) * progress)
  return (progress) => lr * warmth(progress) * (1 - (1 - end) * fallen(progress))
}
