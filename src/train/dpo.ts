/**
 * Preferences: of two attempts at the same task make the better one more likely than the worse one. Direct preference
 * optimisation (DPO, Rafailov et al. 2023), IPO (Azar et al. 2024) and SimPO (Meng et al. 2024) are one algorithm
 * with three losses, each with a term of imitation beside it where that is asked for.
 */
import type { Datum, Group, Renderer, Trajectory } from '../core/index.ts'
import { meter } from './figures.ts'
import { type Learner, minibatches, type Passes, scoredOf, weigh } from './lesson.ts'
import { type Likelihoods, likelihoods, logprobOf, logSigmoid, type Scorer, sigmoid } from './likelihood.ts'
import { countSampled, type Sequence, sequencesOf } from './sequence.ts'

/** A loss of a pair's margin: by how much the preferred attempt's implicit reward is above the other's. */
export interface PreferenceLoss {
  /** 'reference': log π(y|x) − log π_ref(y|x). 'length': log π(y|x) / |y|, which needs no reference. */
  readonly reward: 'reference' | 'length'
  /** `slope` is ∂loss/∂margin. */
  readonly of: (margin: number) => { readonly loss: number; readonly slope: number }
}

/** −log σ(β·margin): DPO, eq. 7. */
export function dpoLoss({
  beta = 0.1, // "we use a β = 0.1" Appendix B
} = {}): PreferenceLoss {
  return {
    reward: 'reference',
    of: (margin) => ({ loss: -logSigmoid(beta * margin), slope: -beta * sigmoid(-beta * margin) }),
  }
}

/** (margin − 1/2τ)²: IPO, eq. 17. It stops at a margin, where DPO goes on. */
export function ipoLoss({ tau = 0.1 } = {}): PreferenceLoss {
  return {
    reward: 'reference',
    of(margin) {
      const off = margin - 1 / (2 * tau)
      return { loss: off ** 2, slope: 2 * off }
    },
  }
}

/** −log σ(β·margin − γ): SimPO, eq. 6. The paper tunes both for each model. */
export function simpoLoss({ beta = 2, gamma = 1 } = {}): PreferenceLoss {
  return {
    reward: 'length',
    of: (margin) => ({ loss: -logSigmoid(beta * margin - gamma), slope: -beta * sigmoid(gamma - beta * margin) }),
  }
}

/** `minibatch` counts pairs. */
export interface DpoOptions extends Passes {
  /** dpoLoss() unless given. */
  readonly loss?: PreferenceLoss
  /** λ of λ·(−log π(preferred) / its tokens), added to the loss (Pang et al. 2024 eq. 1); 0 unless given. */
  readonly sft?: number
  /** What implicit rewards are measured from; the policy as it stands before the round's first update unless given. */
  readonly reference?: Scorer
  /** Makes tokens of text that no engine sampled. */
  readonly renderer?: Renderer
}

/** The mean over a minibatch's pairs. Figures: the mean `loss`, `margin`, and `accuracy`, how often that is above 0. */
export function dpo({ loss = dpoLoss(), sft = 0, reference, renderer, ...passes }: DpoOptions = {}): Learner {
  return async function* (groups, { engine, random }) {
    const { pairs, skipped } = tokenPairs(groups, renderer)
    const figures = meter()
    const before =
      loss.reward === 'reference' ? await likelihoods(reference ?? engine, pairs.flatMap(sequencesIn)) : undefined
    for (const chosen of minibatches(pairs, passes, random)) {
      const now = await likelihoods(engine, chosen.flatMap(sequencesIn))
      yield chosen.flatMap((pair) => {
        const [preferred, other] = [sideOf(pair.preferred, now, before), sideOf(pair.other, now, before)]
        const margin = preferred.reward - other.reward
        const { loss: value, slope } = loss.of(margin)
        figures.add('loss', value - (sft * preferred.logprob) / preferred.length)
        figures.add('margin', margin)
        figures.add('accuracy', margin > 0 ? 1 : 0)
        const imitation = sft / preferred.length
        return [
          ...evenly(pair.preferred, (imitation - slope * preferred.perLogprob) / chosen.length),
          ...evenly(pair.other, (slope * other.perLogprob) / chosen.length),
        ]
      })
    }
    return { skipped, figures: figures.means() }
  }
}

interface Side {
  readonly length: number
  /** log π(y|x) */
  readonly logprob: number
  /** The implicit reward, and how much of it comes with a unit of log π(y|x). */
  readonly reward: number
  readonly perLogprob: number
}

/** Against a reference where there is one, else by length. */
function sideOf(sequences: readonly Sequence[], now: Likelihoods, before: Likelihoods | undefined): Side {
  const [length, logprob] = [countSampled(sequences), logprobOf(sequences, now)]
  if (before) return { length, logprob, reward: logprob - logprobOf(sequences, before), perLogprob: 1 }
  return { length, logprob, reward: logprob / length, perLogprob: 1 / length }
}

export interface Pair {
  readonly preferred: Trajectory
  readonly other: Trajectory
}

/** The best against the worst scored attempt of each task, the first of each where several are; none where all tie. */
export function pairsOf(groups: readonly Group[]): { pairs: Pair[]; skipped: Record<string, number> } {
  const skipped = { unscored: 0, 'no spread in the group': 0, 'neither best nor worst': 0 }
  const pairs = groups.flatMap((group) => {
    const scored = scoredOf(group)
    skipped.unscored += group.trajectories.length - scored.length
    const returns = scored.map((attempt) => attempt.return)
    const [best, worst] = [Math.max(...returns), Math.min(...returns)]
    if (!(best > worst)) {
      skipped['no spread in the group'] += scored.length
      return []
    }
    skipped['neither best nor worst'] += scored.length - 2
    const at = (value: number): Trajectory => scored[returns.indexOf(value)]!.trajectory
    return [{ preferred: at(best), other: at(worst) }]
  })
  return { pairs, skipped }
}

interface TokenPair {
  readonly preferred: Sequence[]
  readonly other: Sequence[]
}

const sequencesIn = ({ preferred, other }: TokenPair): Sequence[] => [...preferred, ...other]

function tokenPairs(
  groups: readonly Group[],
  renderer: Renderer | undefined,
): { pairs: TokenPair[]; skipped: Record<string, number> } {
  const { pairs, skipped } = pairsOf(groups)
  const tokens = (trajectory: Trajectory): Sequence[] => sequencesOf(trajectory, renderer ? { renderer } : {})
  const all = pairs.map(({ preferred, other }) => ({ preferred: tokens(preferred), other: tokens(other) }))
  const kept = all.filter(({ preferred, other }) => preferred.length > 0 && other.length > 0)
  return { pairs: kept, skipped: { ...skipped, 'nothing sampled': 2 * (all.length - kept.length) } }
}

/** The same weight on everything sampled: log π(y|x) is its plain sum. */
function evenly(sequences: readonly Sequence[], weight: number): Datum[] {
  return sequences.map((sequence) => weigh(sequence, () => weight))
}
