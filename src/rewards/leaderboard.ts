/** Places on a leaderboard as rewards (MLE-Dojo, Qiang et al. 2025). */

export interface Board {
  /** In any order. */
  readonly scores: readonly number[]
  readonly lowerIsBetter?: boolean
}

/**
 * (N − p + 1) / N, where p is the place, from 1, of the first of the N scores, best first, that is no better than this
 * one; 0 below them all, and for a score that is no number. Throws on an empty board.
 */
export function positionScore(score: number, { scores, lowerIsBetter = false }: Board): number {
  if (scores.length === 0) throw new Error('a leaderboard needs scores, and this one is empty')
  if (Number.isNaN(score)) return 0
  const better = scores.filter((other) => (lowerIsBetter ? other < score : other > score)).length
  return (scores.length - better) / scores.length
}

/**
 * What each submission of an episode adds to the best before it, from 0: handing in the same again earns nothing, and
 * together they earn the best.
 */
export function improvements(scores: readonly number[]): number[] {
  let best = 0
  return scores.map((score) => {
    const gain = Math.max(0, score - best)
    best += gain
    return gain
  })
}
