/**
 * A learned baseline: an engine with a head of one output that is taught what to expect from each state on. A state is
 * what the policy was shown before a step; its value is the score of the last token of that prompt.
 */
import type { Engine, Random, Trajectory } from '../core/index.ts'
import { meter } from './figures.ts'
import { type Lesson, minibatches, type Passes } from './lesson.ts'
import { placesOf, scoresAt, weighPlaces } from './place.ts'

/** `minibatch` counts attempts. */
export interface CriticOptions extends Passes {
  /** With a head of one output: `policy.sibling({ lora, head: { outputs: 1 } })`, say. Here it is updated, too. */
  readonly engine: Pick<Engine, 'scores' | 'backward' | 'step'>
  readonly lr: number
  /**
   * How far a value may move from what it was at the round's start before it no longer counts; without, errors are
   * plain. Huang et al. 2022, "37 Implementation Details" no. 9: the policy's 0.2 in practice, and no evidence that it helps.
   */
  readonly clip?: number
}

/** What a critic said of attempts, and will be taught of them. */
export interface Appraisal {
  /** One value for each step. */
  values(trajectory: Trajectory): readonly number[]
  /** Moves the values towards the targets, one for each step. Figures: mean `value loss`, `explained variance`. */
  learn(targets: ReadonlyMap<Trajectory, readonly number[]>, random: Random): Promise<Lesson['figures']>
}

/** Throws where the engine has no head of one output, or no call of the policy's led to a step. */
export async function appraise(critic: CriticOptions, trajectories: readonly Trajectory[]): Promise<Appraisal> {
  const states = new Map(trajectories.map((trajectory) => [trajectory, placesOf(trajectory, { after: 'prompt' })]))
  const before = await scoresAt(critic.engine, [...states.values()].flat())
  return {
    values: (trajectory) => states.get(trajectory)!.map((state) => before.get(state)!),
    async learn(targets, random) {
      const goals = new Map([...targets].flatMap(([attempt, goals_T]) => zip(states.get(attempt)!, goals_T)))
      const taught = [...targets.keys()].map((attempt) => states.get(attempt)!.filter(({ heldOut }) => !heldOut))
      const figures = meter()
      const explained = explainedVariance(taught.flat().map((state) => [before.get(state)!, goals.get(state)!]))
      if (explained !== null) figures.add('explained variance', explained)
      const attempts = taught.filter((states) => states.length > 0)
      for (const chosen of minibatches(attempts, critic, random)) {
        const some = chosen.flat()
        const now = await scoresAt(critic.engine, some)
        const weights = some.map((state) => {
          const error = { value: now.get(state)!, target: goals.get(state)!, before: before.get(state)! }
          const { loss, slope } = valueLoss(error, critic.clip)
          figures.add('value loss', loss)
          return [state, -slope / some.length] as const
        })
        await critic.engine.backward(weighPlaces(new Map(weights)))
        await critic.engine.step({ lr: critic.lr })
      }
      return figures.means()
    },
  }
}

export interface ValueError {
  readonly value: number
  readonly target: number
  /** The value at the round's start. */
  readonly before: number
}

/** (V − V_target)² (Schulman et al. 2017 eq. 9), or the larger of that and of the same with V clipped around `before`. */
export function valueLoss({ value, target, before }: ValueError, clip = Infinity): { loss: number; slope: number } {
  const [loss, slope] = [(value - target) ** 2, 2 * (value - target)]
  const clipped = Math.min(Math.max(value, before - clip), before + clip)
  const other = (clipped - target) ** 2
  return other > loss ? { loss: other, slope: 0 } : { loss, slope }
}

/** 1 − Var(target − value) / Var(target): 1 is all of it, 0 what a constant does; null where the targets are equal. */
export function explainedVariance(pairs: readonly (readonly [value: number, target: number])[]): number | null {
  const variance = (xs: readonly number[]): number => {
    const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length
    return xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length
  }
  if (pairs.every(([, target]) => target === pairs[0]![1])) return null
  return 1 - variance(pairs.map(([value, target]) => target - value)) / variance(pairs.map(([, target]) => target))
}

const zip = <A, B>(as: readonly A[], bs: readonly B[]): [A, B][] => as.map((a, i) => [a, bs[i]!])
