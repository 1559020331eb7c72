import { afterAll, describe, expect, it } from 'vitest'
import { attempt, groupOf, numericGradient, type TablePolicy, tablePolicy, taught } from '../../test/learners.ts'
import { type Datum, random, type Trajectory } from '../core/index.ts'
import { createEngine } from '../engine/index.ts'
import { distill } from './distill.ts'
import { sft } from './sft.ts'

const [V, LENGTH] = [3, 3]
const teacher = tablePolicy(V, random(1))
const close = (a: readonly number[], b: readonly number[], digits = 6): void => {
  expect(a).toHaveLength(b.length)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, digits))
}
/** Everything that can be said after a 0, 27 sequences. */
const texts = Array.from({ length: V ** LENGTH }, (_, i) => [0, Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3])
const said = (tokens: readonly number[], policy?: TablePolicy): Trajectory =>
  attempt([{ prompt: tokens.slice(0, 1), completion: tokens.slice(1), ...(policy && { policy }) }], { paid: null })
const logp = (policy: TablePolicy, tokens: readonly number[]): number =>
  tokens.slice(1).reduce((sum, _, i) => sum + policy.logprob(tokens, i + 1), 0)
const dot = (p: (tokens: readonly number[]) => number, f: (tokens: readonly number[]) => number): number =>
  texts.reduce((sum, tokens) => sum + p(tokens) * f(tokens), 0)

/** What a learner makes of everything that `by` may say, each as often as it says it. */
async function expected(
  by: TablePolicy,
  gradientOf: (tokens: readonly number[]) => Promise<number[]>,
): Promise<number[]> {
  const sum = Array.from({ length: V * V }, () => 0)
  for (const tokens of texts)
    for (const [i, slope] of (await gradientOf(tokens)).entries()) sum[i]! += Math.exp(logp(by, tokens)) * slope
  return sum
}

describe('on-policy distillation', () => {
  const ofOne = (student: TablePolicy, gamma: number) =>
    expected(student, async (tokens) => {
      const learner = distill({ teacher, gamma, aggregation: { constant: 1 } })
      const { batches } = await taught(learner, [groupOf([said(tokens, student)])])
      return student.gradient(batches[0]!)
    })

  it('has on average the gradient of each token’s reverse KL on the student’s own prefixes', async () => {
    const student = tablePolicy(V, random(2))
    const before = student.copy()
    const divergence = (): number =>
      dot(
        (tokens) => Math.exp(logp(before, tokens)),
        // Of a prefix, in full: over all that may come next.
        (tokens) =>
          [1, 2, 3].reduce(
            (sum, t) =>
              [0, 1, 2].reduce((inner, token) => {
                const next = [...tokens.slice(0, t), token]
                const logprob = student.logprob(next, t)
                return inner + Math.exp(logprob) * (logprob - teacher.logprob(next, t))
              }, sum),
            0,
          ),
      )
    close(await ofOne(student, 0), numericGradient(student, divergence))
  })

  it('with all of what follows has that of the reverse KL of whole sequences', async () => {
    const student = tablePolicy(V, random(3))
    const divergence = (): number =>
      dot(
        (tokens) => Math.exp(logp(student, tokens)),
        (tokens) => logp(student, tokens) - logp(teacher, tokens),
      )
    close(await ofOne(student, 1), numericGradient(student, divergence))
    const half = await ofOne(student, 0.5)
    expect(half.some((slope, i) => Math.abs(slope - numericGradient(student, divergence)[i]!) > 1e-3)).toBe(true)
  })

  it('is clipped as PPO is where it makes more than one update', async () => {
    const [old, policy] = [tablePolicy(V, random(4)), tablePolicy(V, random(5))]
    const chosen = [texts[5]!, texts[16]!, texts[22]!]
    const loss = (): number =>
      -chosen.reduce(
        (sum, tokens) =>
          [1, 2, 3].reduce((inner, t) => {
            const advantage = teacher.logprob(tokens, t) - old.logprob(tokens, t)
            const ratio = Math.exp(policy.logprob(tokens, t) - old.logprob(tokens, t))
            return inner + Math.min(ratio * advantage, Math.min(Math.max(ratio, 0.8), 1.2) * advantage) / 9
          }, sum),
        0,
      )
    const update = (data: readonly Datum[]): void => {
      const gradient = policy.gradient(data)
      close(gradient, numericGradient(policy, loss))
      for (const [i, slope] of gradient.entries()) policy.logits[Math.floor(i / V)]![i % V]! -= 0.3 * slope
    }
    const groups = [groupOf(chosen.map((tokens) => said(tokens, old)))]
    const { figures, batches } = await taught(distill({ teacher, epochs: 3 }), groups, { engine: policy, update })
    expect(batches).toHaveLength(3)
    const apart = chosen.reduce((sum, tokens) => sum + logp(old, tokens) - logp(teacher, tokens), 0) / 9
    expect(figures['reverse kl']).toBeCloseTo(apart, 9)
    expect(Object.keys(figures)).toEqual(['reverse kl', 'ratio', 'clipped'])
  })

  it('needs to know how likely the student found what it said', async () => {
    await expect(taught(distill({ teacher }), [groupOf([said(texts[1]!)])])).rejects.toThrow(
      'b/t/0: the log-probabilities its tokens were sampled with were not captured, so the student cannot be compared',
    )
    expect(() => distill({ teacher, gamma: 2 })).toThrow('a discount is from 0 to 1, not 2')
    expect(await taught(distill({ teacher }), [groupOf([attempt([], { paid: 0 })])])).toEqual({
      ...{ batches: [], skipped: { 'nothing sampled': 1 }, figures: {} },
    })
  })

  it('brings one engine near another', async () => {
    const size = { vocabulary: 8, width: 16, layers: 1, heads: 2, kvHeads: 1, headWidth: 8, hidden: 32, context: 16 }
    const shape = { ...size, ropeTheta: 1e4, normEpsilon: 1e-5, tied: true }
    const [student, master] = [1, 2].map((seed) => createEngine(shape, { seed, threads: 1 }))
    afterAll(async () => {
      for (const engine of [student!, master!]) await engine[Symbol.asyncDispose]()
    })
    const prompt = [3]
    const learn = distill({ teacher: master! })
    const apart: number[] = []
    for (let round = 0; round < 40; round++) {
      const samples = await student!.sample(prompt, { n: 64, maxTokens: 4, stop: [], seed: round })
      const group = groupOf(
        samples.map(({ tokens, logprobs }) => attempt([{ prompt, completion: tokens, logprobs }], { paid: null })),
      )
      const lesson = learn([group], { engine: student!, random: random(round) })
      let next = await lesson.next()
      for (; !next.done; next = await lesson.next()) {
        await student!.backward(next.value)
        await student!.step({ lr: 0.01 })
      }
      apart.push(next.value.figures['reverse kl']!)
    }
    expect(apart[0]).toBeGreaterThan(0.3)
    expect(apart.slice(-5).reduce((a, b) => a + b) / 5).toBeLessThan(apart[0]! / 5)
  })
})

describe('off-policy distillation', () => {
  it('is sft on a teacher’s text, whose gradient is on average that of the forward KL', async () => {
    const student = tablePolicy(V, random(6))
    const gradient = await expected(teacher, async (tokens) => {
      const { batches } = await taught(sft({ minibatch: 1, epochs: 1 }), [groupOf([said(tokens)])])
      return student.gradient(batches[0]!)
    })
    const divergence = (): number =>
      dot(
        (tokens) => Math.exp(logp(teacher, tokens)),
        (tokens) => logp(teacher, tokens) - logp(student, tokens),
      )
    // sft is the mean over the three tokens.
    close(
      gradient,
      numericGradient(student, () => divergence() / LENGTH),
    )
  })
})
