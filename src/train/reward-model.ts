/**
 * Reward models: an engine with a head of one output learns what attempts are worth, and then says so of others. The
 * engine that learns is the reward model here, and whoever plays is somebody else, with the same vocabulary. A score
 * is read at the last token of a step, or of the attempt; σ(score) is a probability.
 */
import { type Engine, type Renderer, successOf, type Trajectory } from '../core/index.ts'
import { pairsOf } from './dpo.ts'
import { meter } from './figures.ts'
import { type Learner, minibatches, type Passes } from './lesson.ts'
import { logSigmoid, sigmoid } from './likelihood.ts'
import { type Place, placesOf, scoresAt, weighPlaces } from './place.ts'

/** `minibatch` counts attempts, or pairs. */
export interface RewardModelOptions extends Passes {
  /** Makes tokens of text that no engine sampled. */
  readonly renderer?: Renderer
}

export interface OutcomeRewardOptions extends RewardModelOptions {
  /** From 0 to 1, or null where there is none; the success that it was judged to be, unless given. */
  readonly verdict?: (trajectory: Trajectory) => number | null
}

/** Whether an attempt succeeds, from its last token: cross-entropy with the verdict. */
export function outcomeReward({ verdict = successOf, ...options }: OutcomeRewardOptions = {}): Learner {
  return processReward({
    ...options,
    labels: (trajectory) => [...trajectory.steps.slice(1).map(() => null), verdict(trajectory)],
  })
}

export interface ProcessRewardOptions extends RewardModelOptions {
  /** For each step, from 0 to 1 how good it was, or null where nobody knows. */
  readonly labels: (trajectory: Trajectory) => readonly (number | null)[]
}

/**
 * Whether a step was good, from its last token: cross-entropy with its label (Lightman et al. 2023), the mean over all
 * that have one. Figures: the mean `loss`, and `accuracy`, how often score and label are on the same side.
 */
export function processReward({ labels, renderer, ...passes }: ProcessRewardOptions): Learner {
  return async function* (groups, { engine, random }) {
    const all = groups.flatMap(({ trajectories }) => trajectories)
    const labelled = all.map((trajectory) => labelledIn(trajectory, labels(trajectory), renderer))
    const known = labelled.filter((places) => places.length > 0)
    const figures = meter()
    for (const chosen of minibatches(known, passes, random)) {
      const places = chosen.flat()
      const scores = await scoresAt(
        engine,
        places.map(([place]) => place),
      )
      const weights = places.map(([place, label]) => {
        const { loss, slope } = verdictLoss(scores.get(place)!, label)
        figures.add('loss', loss)
        figures.add('accuracy', scores.get(place)! > 0 === label > 0.5 ? 1 : 0)
        return [place, -slope / places.length] as const
      })
      yield weighPlaces(new Map(weights))
    }
    return { skipped: { unlabelled: all.length - known.length }, figures: figures.means() }
  }
}

function labelledIn(
  trajectory: Trajectory,
  labels: readonly (number | null)[],
  renderer: Renderer | undefined,
): (readonly [Place, number])[] {
  if (labels.every((label) => label === null)) return []
  const places = placesOf(trajectory, { after: 'answer', renderer })
  if (places.length > 0 && labels.length !== places.length)
    throw new Error(`${trajectory.id}: ${labels.length} labels for ${places.length} steps`)
  return places.flatMap((place, t) => {
    const label = labels[t]!
    if (label === null || place.heldOut) return []
    if (!(label >= 0 && label <= 1)) throw new Error(`${trajectory.id}: a label is from 0 to 1, not ${label}`)
    return [[place, label] as const]
  })
}

/** −y·log σ(s) − (1 − y)·log(1 − σ(s)); `slope` is ∂loss/∂s. */
export function verdictLoss(score: number, label: number): { loss: number; slope: number } {
  return { loss: -label * logSigmoid(score) - (1 - label) * logSigmoid(-score), slope: sigmoid(score) - label }
}

/**
 * Which of two attempts at a task is better, from the last token of each: −log σ(r⁺ − r⁻), Bradley and Terry's model
 * (Ouyang et al. 2022 eq. 1), of each task's best and worst. Figures: the mean `loss`, `margin`, and `accuracy`.
 */
export function pairwiseReward({ renderer, ...passes }: RewardModelOptions = {}): Learner {
  return async function* (groups, { engine, random }) {
    const { pairs, skipped } = pairsOf(groups)
    const end = (trajectory: Trajectory): Place | undefined =>
      placesOf(trajectory, { after: 'answer', renderer }).findLast(({ heldOut }) => !heldOut)
    const all = pairs.map(({ preferred, other }) => [end(preferred), end(other)] as const)
    const known = all.flatMap(([preferred, other]) => (preferred && other ? [{ preferred, other }] : []))
    const figures = meter()
    for (const chosen of minibatches(known, passes, random)) {
      const scores = await scoresAt(
        engine,
        chosen.flatMap(({ preferred, other }) => [preferred, other]),
      )
      const weights = chosen.flatMap(({ preferred, other }) => {
        const margin = scores.get(preferred)! - scores.get(other)!
        figures.add('loss', -logSigmoid(margin))
        figures.add('margin', margin)
        figures.add('accuracy', margin > 0 ? 1 : 0)
        const weight = sigmoid(-margin) / chosen.length
        return [[preferred, weight] as const, [other, -weight] as const]
      })
      yield weighPlaces(new Map(weights))
    }
    return { skipped: { ...skipped, 'nothing said': 2 * (all.length - known.length) }, figures: figures.means() }
  }
}

/** The score after each step, T for each attempt; the last is the attempt's. Held-out ones are scored like any. */
export async function rewardsOf(
  engine: Partial<Pick<Engine, 'scores'>>,
  trajectories: readonly Trajectory[],
  { renderer }: Pick<RewardModelOptions, 'renderer'> = {},
): Promise<number[][]> {
  const places = trajectories.map((trajectory) => placesOf(trajectory, { after: 'answer', renderer }))
  const scores = await scoresAt(engine, places.flat())
  return places.map((places_T) => places_T.map((place) => scores.get(place)!))
}
