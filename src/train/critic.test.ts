import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { attempt, groupOf, numericGradient, type Turn, tableHead, tablePolicy, taught } from '../../test/learners.ts'
import { type Group, random, type Trajectory } from '../core/index.ts'
import { createEngine, type EmbeddedEngine } from '../engine/index.ts'
import { appraise, type CriticOptions, explainedVariance, valueLoss } from './critic.ts'
import { placesOf } from './place.ts'
import { gae, ppo } from './ppo.ts'

const close = (a: readonly number[], b: readonly number[], digits = 6): void => {
  expect(a).toHaveLength(b.length)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, digits))
}
const old = tablePolicy(6, random(1))
const turn = (prompt: readonly number[], completion: readonly number[], more: Partial<Turn> = {}): Turn => ({
  ...{ prompt, completion, policy: old, ...more },
})
/** Two turns in one sequence, and one whose second prompt begins anew; each with its states' last tokens. */
const extended = attempt([turn([5, 1], [2, 3]), turn([5, 1, 2, 3, 0], [4], { reward: 1 })], { paid: 3 })
const anew = attempt([turn([5, 2], [1]), turn([4, 4], [0], { reward: -1 })], { paid: 0 })
const LAST = new Map([
  [extended, [1, 0]],
  [anew, [2, 4]],
])

describe('the loss of a value', () => {
  const number = fc.double({ min: -5, max: 5, noNaN: true })

  it('is by hand what it says, and has its slope', () => {
    expect(valueLoss({ value: 3, target: 1, before: 9 })).toEqual({ loss: 4, slope: 4 })
    // From 2 the value has gone to 1, at most half of which counts: (1.5 − 0)² is more than 1².
    expect(valueLoss({ value: 1, target: 0, before: 2 }, 0.5)).toEqual({ loss: 2.25, slope: 0 })
    expect(valueLoss({ value: 3, target: 0, before: 2 }, 0.5)).toEqual({ loss: 9, slope: 6 })
    fc.assert(
      fc.property(
        number,
        number,
        number,
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        (value, target, before, clip) => {
          const at = (v: number): number => valueLoss({ value: v, target, before }, clip).loss
          const h = 1e-6
          const [left, right] = [(at(value) - at(value - h)) / h, (at(value + h) - at(value)) / h]
          fc.pre(Math.abs(left - right) < 1e-4) // away from the corners
          expect(valueLoss({ value, target, before }, clip).slope).toBeCloseTo((left + right) / 2, 3)
        },
      ),
    )
  })

  it('is explained as far as the targets’ variance is', () => {
    const targets = [1, 2, 3, 6]
    const of = (values: readonly number[]) => explainedVariance(values.map((v, i) => [v, targets[i]!]))
    expect(of(targets)).toBe(1)
    expect(of([7, 7, 7, 7])).toBe(0)
    expect(of(targets.map((x) => x / 2))).toBeCloseTo(0.75, 9)
    expect(of(targets.map((x) => -x))).toBeCloseTo(-3, 9)
    expect(
      explainedVariance([
        [1, 2],
        [5, 2],
      ]),
    ).toBeNull()
  })
})

describe('a critic', () => {
  it.each([undefined, 0.05])('values prompts, and descends its loss, update after update: clip %s', async (clip) => {
    const head = tableHead(6, random(2))
    const before = head.logits.map(([v]) => v!)
    const critic: CriticOptions = { engine: head, lr: 0.1, epochs: 3, ...(clip !== undefined && { clip }) }
    const attempts = [extended, anew]
    const { values, learn } = await appraise(critic, attempts)
    for (const one of attempts) expect(values(one)).toEqual(LAST.get(one)!.map((token) => before[token]))
    const targets = new Map(attempts.map((one, i) => [one, [i + 1, -2]]))
    const loss = (): number =>
      attempts.reduce((sum, one) => {
        const errors = LAST.get(one)!.map((token, t) => {
          const [value, target] = [head.logits[token]![0]!, targets.get(one)![t]!]
          const near = Math.min(Math.max(value, before[token]! - (clip ?? 9)), before[token]! + (clip ?? 9))
          return Math.max((value - target) ** 2, (near - target) ** 2)
        })
        return sum + (errors[0]! + errors[1]!) / 4
      }, 0)
    const seen: number[] = []
    const backward = head.backward
    head.backward = async (data) => {
      seen.push(loss())
      close(head.gradient(data), numericGradient(head, loss), 5)
      return backward(data)
    }
    const figures = await learn(targets, random(3))
    expect(seen).toHaveLength(3)
    expect(seen[2]).toBeLessThan(seen[0]!)
    expect(figures['value loss']).toBeCloseTo(seen.reduce((a, b) => a + b) / 3, 9)
    const goals = attempts.flatMap((one) =>
      LAST.get(one)!.map((token, t) => [before[token]!, targets.get(one)![t]!] as const),
    )
    expect(figures['explained variance']).toBeCloseTo(explainedVariance(goals)!, 9)
  })

  it('values a step by what was shown first, and its answer is what was said last, after all steps too', () => {
    const two = attempt([turn([5], [1]), turn([5, 1, 2], [3]), turn([5, 1, 2, 3, 0], [4], { role: 'planner' })], {
      paid: 0,
    })
    const calls = two.steps.flatMap((step) => step.calls)
    const last = attempt([turn([5, 1, 2, 3, 0], [2])], { paid: 0 }).steps[0]!.calls
    const one = { ...two, steps: [{ ...two.steps[0]!, calls }] }
    const at = (trajectory: Trajectory, after: 'prompt' | 'answer'): number[][] =>
      placesOf(trajectory, { after }).map(({ tokens, at }) => tokens.slice(0, at + 1))
    expect(at(one, 'prompt')).toEqual([[5]])
    expect(at(one, 'answer')).toEqual([[5, 1, 2, 3]])
    expect(at({ ...one, trailing: last }, 'prompt')).toEqual([[5]])
    expect(at({ ...one, trailing: last }, 'answer')).toEqual([[5, 1, 2, 3, 0, 2]])
    expect(at({ ...one, steps: [], trailing: last }, 'answer')).toEqual([[5, 1, 2, 3, 0, 2]])
  })

  it('values held-out states and is taught nothing in them', async () => {
    const head = tableHead(6, random(4))
    const seen: number[] = []
    const backward = head.backward
    head.backward = (data) => {
      for (const { scoreWeights } of data) seen.push(...scoreWeights!.flatMap((some, t) => (some ? [t] : [])))
      return backward(data)
    }
    const hidden = attempt([turn([5], [1], { heldOut: true }), turn([5, 1, 3], [2])], { paid: 1 })
    const { values, learn } = await appraise({ engine: head, lr: 0 }, [hidden])
    expect(values(hidden)).toEqual([head.logits[5]![0], head.logits[3]![0]])
    await learn(new Map([[hidden, [9, 9]]]), random(1))
    expect(seen).toEqual([2])
  })

  it('needs a head of one output, and a call of the policy’s for each step', async () => {
    const { scores: _, ...headless } = tableHead(6, random(5))
    await expect(appraise({ engine: headless, lr: 1 }, [anew])).rejects.toThrow("open it with 'head: { outputs: 1 }'")
    const wide = tableHead(6, random(5), 2)
    await expect(appraise({ engine: wide, lr: 1 }, [anew])).rejects.toThrow('needs a head of 1 output, not 2')
    const other = attempt([turn([1], [2], { role: 'planner' })], { paid: 0 })
    await expect(appraise({ engine: wide, lr: 1 }, [other])).rejects.toThrow(
      "b/t/0: no call of the policy's led to step 0",
    )
  })
})

describe('PPO with a critic', () => {
  it('is PPO with its values, and teaches it what GAE makes of them', async () => {
    const [head, same] = [tableHead(6, random(6)), tableHead(6, random(6))]
    const groups = [groupOf([extended, anew, attempt([turn([1], [1])], { paid: null })])]
    const settings = { gamma: 0.9, lambda: 0.8, epochs: 2 }
    const values = (one: Trajectory): number[] => LAST.get(one)!.map((token) => same.logits[token]![0]!)
    const given = await taught(ppo({ ...settings, values }), groups, { engine: old })
    const learned = await taught(ppo({ ...settings, critic: { engine: head, lr: 0.1 } }), groups, { engine: old })
    expect(learned.batches).toEqual(given.batches)
    expect(learned.skipped).toEqual(given.skipped)
    expect(learned.figures).toMatchObject(given.figures)
    const { learn } = await appraise({ engine: same, lr: 0.1 }, [extended, anew])
    // What is paid beyond the steps comes with the last: 1 + 2, and −1 + 1.
    const target = (one: Trajectory, paid: readonly number[]): number[] =>
      gae(paid, values(one), settings).map((a, t) => a + values(one)[t]!)
    const targets = new Map([extended, anew].map((one, i) => [one, target(one, i === 0 ? [0, 3] : [0, 0])]))
    const figures = await learn(targets, random(1))
    expect(head.logits).toEqual(same.logits)
    expect(learned.figures).toMatchObject(figures)
  })

  it('leaves what a limit cut off to nobody where that is filtered', async () => {
    const head = tableHead(6, random(7))
    const before = head.logits.map((row) => [...row])
    const cut = { ...extended, stop: 'steps' } as const
    const critic = { engine: head, lr: 0.1 }
    await taught(ppo({ epochs: 1, critic, overlongFiltering: true }), [groupOf([cut])])
    expect(head.logits).toEqual(before)
    await taught(ppo({ epochs: 1, critic }), [groupOf([cut])])
    expect(head.logits).not.toEqual(before)
  })
})

/**
 * Three steps of one token each, of eight; the prompt says which of two games it is. In the first the tokens below 4
 * pay 2, in the second they cost 1: the best mean return is 3.
 */
const [V, T] = [8, 3]
const rewardOf = (game: number, token: number): number => (token < 4 ? [2, -1][game]! : 0)
const opening = (game: number): number[] => [7, 5 + game]
const after = (prompt: readonly number[], token: number, game: number): number[] => [...prompt, token, 5 + game]

async function play(engine: EmbeddedEngine, seed: number, size = 32): Promise<Group> {
  const one = async (i: number): Promise<Trajectory> => {
    const game = i % 2
    const turns: Turn[] = []
    let prompt = opening(game)
    for (let t = 0; t < T; t++) {
      const [sample] = await engine.sample(prompt, { maxTokens: 1, stop: [], seed: 10_000 * seed + 10 * i + t })
      const { tokens, logprobs } = sample!
      turns.push({ prompt, completion: tokens, logprobs, reward: rewardOf(game, tokens[0]!) })
      prompt = after(prompt, tokens[0]!, game)
    }
    return attempt(turns, { paid: turns.reduce((sum, { reward }) => sum + reward!, 0) })
  }
  return groupOf(await Promise.all(Array.from({ length: size }, (_, i) => one(i))))
}

interface TrueState {
  readonly prompt: readonly number[]
  /** How likely the policy comes there, among all states of the game. */
  readonly share: number
  readonly value: number
}

/** Every state of a game under the policy, exactly. */
async function trueStates(engine: EmbeddedEngine, game: number): Promise<TrueState[]> {
  const tokens = Array.from({ length: V }, (_, token) => token)
  const visit = async (prompts: readonly (readonly number[])[], shares: readonly number[]): Promise<TrueState[][]> => {
    if (prompts[0]!.length === opening(game).length + 2 * T)
      return [prompts.map((prompt) => ({ prompt, share: 0, value: 0 }))]
    const logprobs = await engine.logprobs(prompts.flatMap((prompt) => tokens.map((token) => [...prompt, token])))
    const p = logprobs.map((row) => Math.exp(row.at(-1)!))
    const next = prompts.flatMap((prompt) => tokens.map((token) => after(prompt, token, game)))
    const later = await visit(
      next,
      p.map((p, i) => p * shares[Math.floor(i / V)]!),
    )
    const worth = (s: number): number =>
      tokens.reduce(
        (sum, token) => sum + p[s * V + token]! * (rewardOf(game, token) + later[0]![s * V + token]!.value),
        0,
      )
    return [prompts.map((prompt, s) => ({ prompt, share: shares[s]!, value: worth(s) })), ...later]
  }
  return (await visit([opening(game)], [1 / T])).slice(0, T).flat()
}

describe('in a small world', () => {
  const shape = {
    ...{ vocabulary: V, width: 16, layers: 1, heads: 2, kvHeads: 1, headWidth: 8, hidden: 32, context: 16 },
    ...{ ropeTheta: 1e4, normEpsilon: 1e-5, tied: true },
  }
  const policy = createEngine(shape, { seed: 1, threads: 1 })
  const engine = createEngine(shape, { seed: 2, threads: 1, head: { outputs: 1 } })
  afterAll(async () => {
    for (const each of [policy, engine]) await each[Symbol.asyncDispose]()
  })
  const critic = { engine, lr: 0.005, epochs: 2, minibatch: 32 }
  const learn = ppo({ critic, gamma: 1, lambda: 0.95, epochs: 4, minibatch: 16 })
  /** Of the critic's values, and of one value for all, over the states that the policy comes to. */
  const errors = async (): Promise<{ critic: number; constant: number }> => {
    const states = [...(await trueStates(policy, 0)), ...(await trueStates(policy, 1))]
    const scores = await engine.scores!(states.map(({ prompt }) => prompt))
    const over = (of: (state: TrueState, i: number) => number): number =>
      states.reduce((sum, state, i) => sum + (state.share / 2) * of(state, i), 0)
    const mean = over(({ value }) => value)
    const critic = Math.sqrt(over(({ value }, i) => (scores[i]!.at(-1)![0]! - value) ** 2))
    return { critic, constant: Math.sqrt(over(({ value }) => (value - mean) ** 2)) }
  }

  it('a critic’s values approach the true ones of a policy that stays, and then the policy gets better', async () => {
    const start = await errors()
    expect(start.constant).toBeGreaterThan(0.5)
    for (let round = 0; round < 12; round++) {
      const lesson = learn([await play(policy, round, 256)], { engine: policy, random: random(round) })
      for await (const _ of lesson); // without its updates
    }
    expect((await errors()).critic).toBeLessThan(start.constant / 4)

    const returns: number[] = []
    const explained: number[] = []
    for (let round = 0; round < 12; round++) {
      const group = await play(policy, 100 + round, 64)
      const paid = group.trajectories.map(({ outcome }) => (outcome.kind === 'scored' ? outcome.return : Number.NaN))
      returns.push(paid.reduce((a, b) => a + b) / paid.length)
      const lesson = learn([group], { engine: policy, random: random(round) })
      let next = await lesson.next()
      for (; !next.done; next = await lesson.next()) {
        await policy.backward(next.value)
        await policy.step({ lr: 0.01 })
      }
      explained.push(next.value.figures['explained variance']!)
    }
    expect(returns[0]).toBeLessThan(1.2)
    expect(returns.at(-1)).toBeGreaterThan(2.5)
    expect(explained[0]).toBeGreaterThan(0.3)
    const end = await errors()
    expect(end.critic).toBeLessThan(end.constant / 2)
  })
})
