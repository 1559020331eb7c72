/** LMRL-Gym's normalised score: where a return stands between the worst, the average and the best that are known. */

/** Returns of three policies: the worst, an average one and the best. */
export interface ReferencePoints {
  readonly min: number
  readonly avg: number
  readonly max: number
}

/** The points that LMRL-Gym's code gives for its fully observed maze; its other tasks' stand in no public file. */
export const mazeReference: ReferencePoints = { min: -101, avg: -83, max: -6.84 }

/**
 * 0 at the worst, 50 at the average, 100 at the best, in straight lines between and beyond (Abdulhai et al. 2023).
 * Throws unless min < avg < max.
 */
export function normalisedScore(score: number, { min, avg, max }: ReferencePoints): number {
  if (!(min < avg && avg < max)) throw new Error(`reference points rise from min to avg to max: ${min}, ${avg}, ${max}`)
  return score < avg ? (50 * (score - min)) / (avg - min) : 50 + (50 * (score - avg)) / (max - avg)
}

/** The same of an episode's return, as a metric of a rubric: it weighs nothing. */
export const normalisedReturn = (reference: ReferencePoints): Metric => ({
  weight: 0,
  score: ({ steps }) =>
    normalisedScore(
      steps.reduce((sum, { reward }) => sum + reward, 0),
      reference,
    ),
})

interface Metric {
  readonly weight: 0
  score(judged: { readonly steps: readonly { readonly reward: number }[] }): number
}
