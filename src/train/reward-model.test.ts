import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { attempt, groupOf, numericGradient, type TableHead, type Turn, tableHead, taught } from '../../test/learners.ts'
import { type Datum, random, type Trajectory } from '../core/index.ts'
import { createEngine } from '../engine/index.ts'
import type { Learner } from './lesson.ts'
import { outcomeReward, pairwiseReward, processReward, rewardsOf, verdictLoss } from './reward-model.ts'

const V = 6
const close = (a: readonly number[], b: readonly number[], digits = 6): void => {
  expect(a).toHaveLength(b.length)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, digits))
}
/** One sequence: each turn says one token or more, and is answered with a 0. */
function said(answers: readonly (readonly number[])[], paid: number | null, success?: number): Trajectory {
  let prompt: readonly number[] = [5]
  const turns = answers.map((completion): Turn => {
    const turn = { prompt, completion }
    prompt = [...prompt, ...completion, 0]
    return turn
  })
  return attempt(turns, { paid, ...(success !== undefined && { success }) })
}
const hide = (whole: Trajectory, ...hidden: number[]): Trajectory => ({
  ...whole,
  steps: whole.steps.map((step, t) =>
    hidden.includes(t) ? { ...step, observation: { ...step.observation, heldOut: true } } : step,
  ),
})
const logSigma = (x: number): number => Math.log(1 / (1 + Math.exp(-x)))
const entropy = (score: number, y: number): number => -y * logSigma(score) - (1 - y) * logSigma(-score)

/** Three updates, each with the gradient of the loss that the paper gives. */
async function descends(learner: Learner, groups: ReturnType<typeof groupOf>[], lossOf: (of: number[]) => number) {
  const head = tableHead(V, random(1))
  const loss = (): number => lossOf(head.logits.map(([score]) => score!))
  const seen: number[] = []
  const update = (data: readonly Datum[]): void => {
    seen.push(loss())
    expect(data.every(({ weights }) => weights.every((weight) => weight === 0))).toBe(true)
    close(head.gradient(data), numericGradient(head, loss))
    for (const [i, slope] of head.gradient(data).entries()) head.logits[i]![0]! -= 0.5 * slope
  }
  const lesson = await taught(learner, groups, { engine: head, update })
  expect(seen).toHaveLength(3)
  expect(loss()).toBeLessThan(seen[0]!)
  expect(lesson.figures['loss']).toBeCloseTo(seen.reduce((a, b) => a + b) / 3, 9)
  return { ...lesson, head }
}

describe('the loss of a verdict', () => {
  it('is cross-entropy, with its slope, and finite however far', () => {
    expect(verdictLoss(0, 1)).toEqual({ loss: Math.log(2), slope: -0.5 })
    expect(verdictLoss(0, 0.5).slope).toBe(0)
    const score = fc.double({ min: -8, max: 8, noNaN: true })
    fc.assert(
      fc.property(score, fc.double({ min: 0, max: 1, noNaN: true }), (s, y) => {
        expect(verdictLoss(s, y).loss).toBeCloseTo(entropy(s, y), 6)
        const numeric = (entropy(s + 1e-5, y) - entropy(s - 1e-5, y)) / 2e-5
        expect(verdictLoss(s, y).slope).toBeCloseTo(numeric, 5)
        expect(Number.isFinite(verdictLoss(1000 * s, y).loss)).toBe(true)
      }),
    )
  })
})

describe('an outcome model', () => {
  it('has the gradient of the cross-entropy at each attempt’s last token, update after update', async () => {
    const groups = [
      groupOf([said([[1, 2], [3]], 1, 1), said([[4]], 0, 0), said([[2]], null), hide(said([[1]], 1, 1), 0)]),
      groupOf([said([[2], [1]], 0.5, 0.25)]),
    ]
    const learner = outcomeReward({ epochs: 3 })
    const { skipped } = await descends(
      learner,
      groups,
      (s) => (entropy(s[3]!, 1) + entropy(s[4]!, 0) + entropy(s[1]!, 0.25)) / 3,
    )
    // One broke, and one ended in a held-out state.
    expect(skipped).toEqual({ unlabelled: 2 })
  })

  it('takes the verdict that it is given, and says how often it was right', async () => {
    const head = tableHead(V, random(2))
    head.logits.splice(0, V, ...[0, 2, -2, 2, -2, 0].map((score) => [score]))
    const groups = [groupOf([1, 2, 3, 4].map((token) => said([[token]], token)))]
    const { figures } = await taught(
      outcomeReward({ verdict: (t) => (t.outcome.kind === 'scored' && t.outcome.return < 3 ? 1 : 0) }),
      groups,
      { engine: head },
    )
    expect(figures['accuracy']).toBe(0.5)
  })
})

describe('a process model', () => {
  const whole = said([[1], [2, 3], [4]], 1)
  it('has the gradient of the cross-entropy at each labelled step’s last token', async () => {
    const other = said([[3], [2]], 0)
    const labels = (trajectory: Trajectory) => (trajectory === whole ? [1, 0, null] : [0.5, null])
    const learner = processReward({ epochs: 3, labels })
    await descends(
      learner,
      [groupOf([whole, other])],
      (s) => (entropy(s[1]!, 1) + entropy(s[3]!, 0) + entropy(s[3]!, 0.5)) / 3,
    )
  })

  it('learns nothing from held-out steps, and refuses labels that are none', async () => {
    const engine = tableHead(V, random(3))
    const { batches } = await taught(processReward({ labels: () => [1, 1, 1] }), [groupOf([hide(whole, 1)])], {
      engine,
    })
    const places = batches[0]!.flatMap(({ tokens, scoreWeights }) => tokens.filter((_, t) => scoreWeights![t]))
    expect(places).toEqual([1, 4])
    const of = (...labels: number[]) => taught(processReward({ labels: () => labels }), [groupOf([whole])], { engine })
    await expect(of(1)).rejects.toThrow('b/t/0: 1 labels for 3 steps')
    await expect(of(1, 2, 0)).rejects.toThrow('a label is from 0 to 1, not 2')
    await expect(taught(outcomeReward(), [groupOf([said([[1]], 1, 1)])])).rejects.toThrow('the engine has no head')
  })
})

describe('a pairwise model', () => {
  it('has the gradient of Bradley and Terry’s loss, update after update', async () => {
    const groups = [
      groupOf([said([[1]], 0), said([[2]], 1), said([[3]], 3)]),
      groupOf([said([[4], [2]], 5), said([[0]], 4)]),
      groupOf([said([[4]], 1), said([[1]], 1)]),
    ]
    const learner = pairwiseReward({ epochs: 3 })
    const loss = (s: number[]): number => -(logSigma(s[3]! - s[1]!) + logSigma(s[2]! - s[0]!)) / 2
    const { skipped, figures } = await descends(learner, groups, loss)
    expect(skipped).toEqual({
      unscored: 0,
      'no spread in the group': 2,
      'neither best nor worst': 1,
      'nothing said': 0,
    })
    expect(Object.keys(figures)).toEqual(['loss', 'margin', 'accuracy'])
  })

  it('leaves out a pair of which one side was held out', async () => {
    const groups = [groupOf([hide(said([[1]], 1), 0), said([[2]], 0)])]
    const { batches, skipped } = await taught(pairwiseReward(), groups, { engine: tableHead(V, random(4)) })
    expect([batches, skipped['nothing said']]).toEqual([[], 2])
  })
})

describe('what a model learned', () => {
  it('is said of each step, held out or not, once for what several share', async () => {
    const head: TableHead = tableHead(V, random(5))
    const asked: number[][] = []
    const scores = (sequences: readonly (readonly number[])[]) => {
      asked.push(...sequences.map((tokens) => [...tokens]))
      return head.scores(sequences)
    }
    const rewards = await rewardsOf({ scores }, [
      hide(said([[1], [2, 3]], 1), 0),
      said([[4]], null),
      attempt([], { paid: 0 }),
    ])
    expect(rewards).toEqual([[head.logits[1]![0], head.logits[3]![0]], [head.logits[4]![0]], []])
    expect(asked).toEqual([
      [5, 1, 0, 2, 3],
      [5, 4],
    ])
  })

  it('tells attempts apart that it never saw', async () => {
    const size = { width: 16, layers: 1, heads: 2, kvHeads: 1, headWidth: 8, hidden: 32, context: 16 }
    const shape = { ...size, vocabulary: V, ropeTheta: 1e4, normEpsilon: 1e-5, tied: true }
    const engine = createEngine(shape, { seed: 1, threads: 1, head: { outputs: 1 } })
    afterAll(() => engine[Symbol.asyncDispose]())
    // Good is what says 1 before 2.
    const rng = random(6)
    const draw = (n: number) =>
      Array.from({ length: n }, () => {
        const tokens = rng.shuffle([1, 2, 3, 4])
        return said([tokens], 1, tokens.indexOf(1) < tokens.indexOf(2) ? 1 : 0)
      })
    const learn = outcomeReward({ minibatch: 16, epochs: 4 })
    for (let round = 0; round < 15; round++)
      for await (const data of learn([groupOf(draw(64))], { engine, random: random(round) })) {
        await engine.backward(data)
        await engine.step({ lr: 0.01 })
      }
    const unseen = draw(100)
    const rewards = await rewardsOf(engine, unseen)
    const right = unseen.filter(({ rewards: { success } }, i) => rewards[i]!.at(-1)! > 0 === (success!.value === 1))
    expect(right.length).toBeGreaterThan(95)
  })
})
