/** Follows the experiments of a training run: counts their steps, and leaves a measurement of each round in the run's folder. */
import { MEASUREMENTS, type Measurement, type Run, type Summary } from '../data/index.ts'
import type { ArmResult, Progress } from '../recipes/index.ts'
import type { Round } from '../train/index.ts'
import type { Counted } from './control.ts'

export interface Measuring extends Counted {
  /** Hands an experiment on as it is; several may be followed at once. */
  follow(seed: number, experiment: AsyncGenerator<Progress, ArmResult[]>): AsyncGenerator<Progress, ArmResult[]>
}

/** `steps`: the environment steps of everything that will be followed. */
export function measuring(run: Run, steps: number): Measuring {
  const started = performance.now()
  let taken = 0
  return {
    get done() {
      return taken
    },
    ...{ total: steps, unit: 'environment steps' },
    seconds: () => (performance.now() - started) / 1000,
    async *follow(seed, experiment) {
      let last: Progress | undefined
      while (true) {
        const next = await experiment.next()
        if (next.done) return next.value
        const { arm, budget, round } = next.value
        const before = last?.arm === arm ? last.round : { envSteps: 0, trainedTokens: 0 }
        taken += round.envSteps - before.envSteps
        const { envSteps, trainedTokens, evaluation } = round
        const entry: Measurement = {
          ...{ at: Date.now(), seed, arm, round: round.round, envSteps, budget, totalSteps: steps, trainedTokens },
          values: valuesOf(round, trainedTokens - before.trainedTokens),
          ...(evaluation && { held: { success: evaluation.success, return: evaluation.return } }),
        }
        run.append(MEASUREMENTS, JSON.stringify(entry))
        last = next.value
        yield next.value
      }
    },
  }
}

/** What is not known has no name here. The algorithm's own loss is told where it has one: the engine's is a surrogate. */
function valuesOf(round: Round, trained: number): Record<string, number> {
  const { batch, playedAgain, timeMs, skipped } = round
  const attempts = attemptsIn(batch)
  const tokens = trained + attempts * (round.completionTokens ?? 0)
  const values = {
    ...{ loss: round.loss, 'grad norm': round.gradNorm, entropy: round.entropy, ...round.figures },
    ...{ success: batch.success.mean, return: batch.return.mean },
    'completion tokens': round.completionTokens,
    steps: attempts > 0 ? batch.steps / attempts : null,
    'tokens/s': timeMs > 0 ? (1000 * tokens) / timeMs : null,
    ...(playedAgain > 0 && { 'played again': playedAgain }),
    ...Object.fromEntries(Object.entries(skipped).map(([why, count]) => [`skipped ${why}`, count])),
  }
  const known = Object.entries(values).filter((entry): entry is [string, number] => Number.isFinite(entry[1]))
  return Object.fromEntries(known)
}

const attemptsIn = ({ outcomes }: Summary): number => Object.values(outcomes).reduce((sum, count) => sum + count, 0)
