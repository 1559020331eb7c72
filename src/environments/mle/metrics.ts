/** What predictions are worth: the metrics of tabular competitions, and what a prediction must be for each. */
import { numberOf } from './csv.ts'

export interface Metric {
  /** As competitions call it. */
  readonly title: string
  readonly lowerIsBetter: boolean
  /** Why a prediction cannot be judged, as the rest of a sentence about it; undefined where it can. */
  objection(prediction: string): string | undefined
  /** Of as many answers as predictions, both as they stand in their files. */
  score(predictions: readonly string[], answers: readonly string[]): number
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const pairs = (predictions: readonly string[], answers: readonly string[]): [number, number][] =>
  predictions.map((prediction, i) => [numberOf(prediction) ?? Number.NaN, numberOf(answers[i]!) ?? Number.NaN])
const aNumber = (text: string): string | undefined => (numberOf(text) === null ? 'is no finite number' : undefined)
const atLeast0 = (text: string): string | undefined => aNumber(text) ?? (numberOf(text)! < 0 ? 'is below 0' : undefined)
const probability = (text: string): string | undefined =>
  atLeast0(text) ?? (numberOf(text)! > 1 ? 'is above 1' : undefined)

const errorOf = (
  title: string,
  { of, after = (x) => x }: { of(p: number, a: number): number; after?(x: number): number },
  objection = aNumber,
): Metric => ({
  title,
  lowerIsBetter: true,
  objection,
  score: (predictions, answers) => after(mean(pairs(predictions, answers).map(([p, a]) => of(p, a)))),
})

/** A label, or the number that it is. */
const same = (a: string, b: string): boolean => {
  const [left, right] = [numberOf(a), numberOf(b)]
  return left !== null && right !== null ? left === right : a.trim() === b.trim()
}

/** How often a positive is ranked above a negative, a tie counted as half (Mann–Whitney). */
function areaUnderCurve(predictions: readonly string[], answers: readonly string[]): number {
  const ranked = pairs(predictions, answers).sort(([a], [b]) => a - b)
  let [ranks, positives] = [0, 0]
  for (let from = 0; from < ranked.length; ) {
    let to = from
    while (to < ranked.length && ranked[to]![0] === ranked[from]![0]) to++
    const tied = ranked.slice(from, to).filter(([, answer]) => answer > 0.5).length
    ranks += (tied * (from + 1 + to)) / 2
    positives += tied
    from = to
  }
  const negatives = ranked.length - positives
  if (positives === 0 || negatives === 0) throw new Error('AUC needs answers of both kinds, 0 and 1')
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** Probabilities are kept this far from 0 and 1, as scikit-learn did. */
const EPSILON = 1e-15

export const metrics = {
  accuracy: {
    title: 'accuracy',
    lowerIsBetter: false,
    objection: (text) => (text.trim() === '' ? 'is empty' : undefined),
    score: (predictions, answers) => mean(predictions.map((prediction, i) => (same(prediction, answers[i]!) ? 1 : 0))),
  },
  auc: { title: 'area under the ROC curve', lowerIsBetter: false, objection: aNumber, score: areaUnderCurve },
  mae: errorOf('mean absolute error', { of: (p, a) => Math.abs(p - a) }),
  rmse: errorOf('root mean squared error', { of: (p, a) => (p - a) ** 2, after: Math.sqrt }),
  rmsle: errorOf(
    'root mean squared logarithmic error',
    { of: (p, a) => (Math.log1p(p) - Math.log1p(a)) ** 2, after: Math.sqrt },
    atLeast0,
  ),
  'log-loss': errorOf(
    'log loss',
    {
      of(p, a) {
        const kept = Math.min(Math.max(p, EPSILON), 1 - EPSILON)
        return -(a * Math.log(kept) + (1 - a) * Math.log1p(-kept))
      },
    },
    probability,
  ),
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metrics
export const isMetric = (name: string): name is MetricName => Object.hasOwn(metrics, name)
