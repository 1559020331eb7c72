import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { attempt, groupOf, numericGradient, type TablePolicy, tablePolicy, taught } from '../../test/learners.ts'
import { type Datum, random, type Trajectory } from '../core/index.ts'
import { createEngine } from '../engine/index.ts'
import { dpo, dpoLoss, ipoLoss, type PreferenceLoss, pairsOf, simpoLoss } from './dpo.ts'

const V = 4
const reference = tablePolicy(V, random(11))
const close = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 6))
}
const said = (completion: readonly number[], paid: number | null, prompt: readonly number[] = [0]): Trajectory =>
  attempt([{ prompt, completion }], { paid })

// Of two tasks: the preferred and the other, of different lengths, with one that is neither in the first.
const preferred = [[1, 2, 2], [3]]
const others = [
  [2, 1],
  [0, 0, 3, 1],
]
const groups = [
  groupOf([said(others[0]!, -1), said([3, 3], 0), said(preferred[0]!, 2)]),
  groupOf([said(preferred[1]!, 1), said(others[1]!, 0)]),
]

const logp = (policy: TablePolicy, completion: readonly number[]): number =>
  completion.reduce((sum, _, i) => sum + policy.logprob([0, ...completion], i + 1), 0)
const logSigma = (x: number): number => Math.log(1 / (1 + Math.exp(-x)))

/** The papers' losses, of one pair. */
const ratio = (policy: TablePolicy, y: readonly number[]): number => logp(policy, y) - logp(reference, y)
const formulas = {
  DPO: (p: TablePolicy, w: number[], l: number[]) => -logSigma(0.1 * ratio(p, w) - 0.1 * ratio(p, l)),
  IPO: (p: TablePolicy, w: number[], l: number[]) => (ratio(p, w) - ratio(p, l) - 1 / (2 * 0.25)) ** 2,
  SimPO: (p: TablePolicy, w: number[], l: number[]) =>
    -logSigma((2.5 / w.length) * logp(p, w) - (2.5 / l.length) * logp(p, l) - 0.5),
}
const losses: Record<keyof typeof formulas, PreferenceLoss> = {
  DPO: dpoLoss(),
  IPO: ipoLoss({ tau: 0.25 }),
  SimPO: simpoLoss({ beta: 2.5, gamma: 0.5 }),
}

describe('a preference loss', () => {
  const settings = (['DPO', 'IPO', 'SimPO'] as const).flatMap((name) => [0, 0.7].map((sft) => ({ name, sft })))
  it.each(settings)(
    'has the gradient of its paper’s formula, update after update: $name, sft $sft',
    async ({ name, sft }) => {
      const policy = tablePolicy(V, random(12))
      const pairs = preferred.map((w, i) => [w, others[i]!] as const)
      const loss = (): number =>
        pairs.reduce((sum, [w, l]) => sum + formulas[name](policy, w, l) - (sft * logp(policy, w)) / w.length, 0) / 2
      const seen: number[] = []
      const update = (data: readonly Datum[]): void => {
        seen.push(loss())
        const gradient = policy.gradient(data)
        close(gradient, numericGradient(policy, loss))
        for (const [i, slope] of gradient.entries()) policy.logits[Math.floor(i / V)]![i % V]! -= 0.1 * slope
      }
      const learner = dpo({ loss: losses[name], sft, reference, epochs: 3 })
      const { figures, skipped } = await taught(learner, groups, { engine: policy, update })
      expect(seen).toHaveLength(3)
      expect(loss()).toBeLessThan(seen[0]!)
      expect(figures['loss']).toBeCloseTo(seen.reduce((a, b) => a + b) / 3, 9)
      expect(skipped).toEqual({
        ...{ unscored: 0, 'no spread in the group': 0, 'neither best nor worst': 1, 'nothing sampled': 0 },
      })
    },
  )

  it('is what it says, by hand', () => {
    // σ(−0.1·0) = ½, so the slope of DPO at no margin is −β/2 and the loss log 2.
    expect(dpoLoss().of(0)).toEqual({ loss: Math.log(2), slope: -0.05 })
    expect(ipoLoss({ tau: 0.25 }).of(2)).toEqual({ loss: 0, slope: 0 })
    expect(ipoLoss({ tau: 0.25 }).of(3)).toEqual({ loss: 1, slope: 2 })
    expect(simpoLoss({ beta: 2, gamma: 1 }).of(0.5)).toEqual({ loss: Math.log(2), slope: -1 })
  })

  it('stays finite and pushes upwards however far the margin is', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), (margin) => {
        for (const loss of [dpoLoss(), simpoLoss()]) {
          const { loss: value, slope } = loss.of(margin)
          expect(Number.isFinite(value) && value >= 0).toBe(true)
          expect(slope).toBeLessThanOrEqual(0)
        }
      }),
    )
  })
})

describe('pairs', () => {
  it('are the best against the worst of each task, without ties and without what has no score', () => {
    const [low, mid, high, broken] = [said([1], 0), said([2], 1), said([3], 2), said([1], null)]
    const { pairs, skipped } = pairsOf([
      groupOf([mid, broken, low, high]),
      groupOf([mid, said([0], 1)]),
      groupOf([high]),
      groupOf([broken]),
    ])
    expect(pairs).toEqual([{ preferred: high, other: low }])
    expect(skipped).toEqual({ unscored: 2, 'no spread in the group': 3, 'neither best nor worst': 1 })
  })
})

describe('a lesson', () => {
  it('reports the mean margin, and how often it is above 0', async () => {
    const policy = tablePolicy(V, random(14))
    const margins = preferred.map((w, i) => ratio(policy, w) - ratio(policy, others[i]!))
    const { figures } = await taught(dpo({ reference }), groups, { engine: policy })
    expect(figures['margin']).toBeCloseTo((margins[0]! + margins[1]!) / 2, 9)
    expect(margins.filter((margin) => margin > 0)).toHaveLength(1)
    const one = await taught(dpo({ reference }), [groups[margins.findIndex((margin) => margin > 0)]!], {
      engine: policy,
    })
    expect([figures['accuracy'], one.figures['accuracy']]).toEqual([0.5, 1])
  })

  it('leaves out pairs of which one side was sampled in held-out states alone', async () => {
    const [good, bad] = [said([1], 1), said([2], 0)]
    const unseen = (whole: Trajectory): Trajectory => ({
      ...whole,
      steps: whole.steps.map((step) => ({ ...step, observation: { ...step.observation, heldOut: true } })),
    })
    for (const group of [groupOf([unseen(good), bad]), groupOf([good, unseen(bad)])]) {
      const { batches, skipped } = await taught(dpo(), [group], { engine: reference })
      expect(batches).toEqual([])
      expect(skipped['nothing sampled']).toBe(2)
    }
  })
})

describe('the reference', () => {
  it('is the policy before the first update unless one is handed in, and is asked once', async () => {
    const policy = tablePolicy(V, random(13))
    const start = policy.copy()
    let asked = 0
    const engine = {
      logprobs(sequences: readonly (readonly number[])[]) {
        asked++
        return policy.logprobs(sequences)
      },
    }
    const update = (data: readonly Datum[]): void => {
      for (const [i, slope] of policy.gradient(data).entries()) policy.logits[Math.floor(i / V)]![i % V]! -= slope
    }
    const own = await taught(dpo({ epochs: 2 }), groups, { engine, update })
    expect(asked).toBe(3)
    // With a policy that is its own reference every pair weighs β/2, halved by two pairs.
    expect(own.batches[0]!.map(({ weights }) => weights[1])).toEqual([0.025, -0.025, 0.025, -0.025])
    expect(own.batches[1]![0]!.weights[1]).toBeLessThan(0.025)

    policy.logits.splice(0, V, ...start.copy().logits)
    const given = await taught(dpo({ epochs: 2, reference: start }), groups, { engine, update })
    expect(given.batches).toEqual(own.batches)
    asked = 0
    await taught(dpo({ loss: simpoLoss() }), groups, { engine })
    expect(asked).toBe(1)
  })
})

describe('through the engine', () => {
  const size = { width: 16, layers: 1, heads: 2, kvHeads: 1, headWidth: 8, hidden: 32, context: 16 }
  const engine = createEngine(
    { ...size, vocabulary: 8, ropeTheta: 1e4, normEpsilon: 1e-5, tied: true },
    { seed: 1, threads: 1 },
  )
  afterAll(() => engine[Symbol.asyncDispose]())

  it.each([
    ['DPO', dpoLoss()],
    ['IPO', ipoLoss()],
    ['SimPO', simpoLoss()],
  ])('a step of %s raises the margin between what is preferred and what is not', async (_, loss) => {
    const margins = async (): Promise<number[]> => {
      const sums = async (all: readonly number[][]) =>
        (await engine.logprobs(all.map((completion) => [0, ...completion]))).map((row, i) =>
          loss.reward === 'length' ? row.reduce((a, b) => a + b) / all[i]!.length : row.reduce((a, b) => a + b),
        )
      const [chosen, rejected] = [await sums(preferred), await sums(others)]
      return chosen.map((value, i) => value - rejected[i]!)
    }
    const before = await margins()
    const lesson = dpo({ loss })(groups, { engine, random: random(1) })
    for (let next = await lesson.next(); !next.done; next = await lesson.next()) {
      await engine.backward(next.value)
      await engine.step({ lr: 1e-3 })
    }
    const after = await margins()
    for (const [i, margin] of after.entries()) expect(margin).toBeGreaterThan(before[i]!)
  })
})
