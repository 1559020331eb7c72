import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { react } from '../src/agents/index.ts'
import { assistant, defineEnv, type Env, user } from '../src/core/index.ts'
import { createEngine, type EmbeddedEngine } from '../src/engine/index.ts'
import { bytes, chatRenderer, engineModel, MARKS, noisyOracle } from '../src/models/index.ts'
import {
  evaluate,
  grpo,
  type Learner,
  type Round,
  sft,
  shuffledWithinGroups,
  type TrainOptions,
  train,
} from '../src/train/index.ts'

/** Eight questions, each with one right answer out of four. */
const quiz = defineEnv<number, Env>({
  id: 'quiz@1',
  limits: { steps: 1 },
  markov: true,
  tasks: () => [0, 1, 2, 3, 4, 5, 6, 7].map((digit) => ({ id: `${digit}`, data: digit })),
  make: ({ data }) => ({
    reset: () => ({ messages: [user(`${data}`)] }),
    step: () => ({ observation: { messages: [] }, end: 'terminated' }),
  }),
  rubric: { success: { weight: 1, score: ({ task, last }) => (last?.content === 'abcd'[task.data % 4] ? 1 : 0) } },
  solve: ({ data }) => [assistant('abcd'[data % 4]!)],
  guess: (_, random) => assistant(random.pick(['a', 'b', 'c', 'd'])),
})
const tasks = [...(quiz.tasks('train') as Iterable<{ id: string; data: number }>)]
const agent = react({ turns: 0 })
const renderer = chatRenderer(bytes())
const size = { width: 16, layers: 1, heads: 2, kvHeads: 1, headWidth: 8, hidden: 32, context: 16 }
const engines: EmbeddedEngine[] = []
const open = (): EmbeddedEngine => {
  const engine = createEngine(
    { ...size, vocabulary: 256 + MARKS, ropeTheta: 1e4, normEpsilon: 1e-5, tied: true },
    { seed: 1, threads: 1 },
  )
  engines.push(engine)
  return engine
}
const folder = await mkdtemp(join(tmpdir(), 'ludus-training-'))
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

type Options = TrainOptions<number, Env>
const sampling = { temperature: 1, maxTokens: 3 }
const shared = { spec: quiz, agent, tasks, seed: 4 } as const
const imitate = (engine: EmbeddedEngine, change: Partial<Options> = {}): Promise<Round[]> =>
  Array.fromAsync(
    train({
      ...{ ...shared, engine, learn: sft({ renderer, minibatch: 16, epochs: 4 }), tasksPerRound: 8, envSteps: 960 },
      lr: () => 0.01,
      rollout: { model: noisyOracle(quiz, 0.5), attempts: 4 },
      ...change,
    }),
  )
const reinforce = (engine: EmbeddedEngine, learn: Learner, change: Partial<Options> = {}): Promise<Round[]> =>
  Array.fromAsync(
    train({
      ...{ ...shared, engine, learn, tasksPerRound: 8, envSteps: 2560 },
      lr: () => 0.003,
      rollout: { model: engineModel(engine, renderer), attempts: 8, sampling },
      ...change,
    }),
  )
const success = async (engine: EmbeddedEngine): Promise<number> =>
  (await evaluate(quiz, agent, tasks, { model: engineModel(engine, renderer), attempts: 40, sampling })).success.mean ??
  Number.NaN

describe('training', () => {
  it('imitates, then learns from rewards what imitation could not teach, and from shuffled rewards nothing', async () => {
    const engine = open()
    const rounds = await imitate(engine)
    const losses = rounds.flatMap(({ loss }) => loss ?? [])
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 3)
    const imitated = await success(engine)
    // The expert is right half of the time, and so is who imitates it.
    expect(imitated).toBeGreaterThan(0.35)
    expect(imitated).toBeLessThan(0.65)
    await engine.save(join(folder, 'imitation'))

    await reinforce(engine, grpo())
    expect(await success(engine)).toBeGreaterThan(imitated + 0.25)

    await engine.load(join(folder, 'imitation'))
    await reinforce(engine, shuffledWithinGroups(grpo()))
    expect(await success(engine)).toBeLessThan(imitated + 0.15)
  })

  it('spends its environment steps, measures when due and keeps checkpoints', async () => {
    const engine = open()
    const measured: number[] = []
    const checkpoint = join(folder, 'kept')
    const rounds = await imitate(engine, {
      envSteps: 160,
      every: 64,
      checkpoint,
      async evaluate({ envSteps }) {
        measured.push(envSteps)
        expect(existsSync(join(checkpoint, 'model.safetensors'))).toBe(true)
        return evaluate(quiz, agent, tasks, { model: noisyOracle(quiz, 0) })
      },
    })
    expect(rounds.map(({ round, envSteps }) => [round, envSteps])).toEqual([
      [0, 0],
      [1, 32],
      [2, 64],
      [3, 96],
      [4, 128],
      [5, 160],
    ])
    expect(measured).toEqual([0, 64, 128, 160])
    expect(rounds.map(({ evaluation }) => evaluation?.success.mean)).toEqual([1, undefined, 1, undefined, 1, 1])
    expect(rounds.at(-1)).toMatchObject({ updates: 8, batch: { tasks: 8, samples: 4 } })
    expect(rounds.at(-1)!.trainedTokens).toBe(5 * 4 * 32 * 6)
  })

  it('takes several clipped updates from a round, near a reference, and says how far they went', async () => {
    const [engine, reference] = [open(), open()]
    await imitate(engine, { envSteps: 320 })
    await engine.save(join(folder, 'reference'))
    await reference.load(join(folder, 'reference'))
    const kl = { estimator: 'k3', coefficient: 0.01, reference } as const
    const learn = grpo({ minibatch: 16, epochs: 2, epsilonHigh: 0.28, kl })
    const [before, ...rounds] = await reinforce(engine, learn, { envSteps: 640 })
    expect(before?.figures).toEqual({})
    expect(rounds).toHaveLength(10)
    for (const { updates, figures } of rounds) {
      expect(updates).toBeGreaterThan(1)
      expect(figures['ratio']).toBeCloseTo(1, 0)
      expect(figures['clipped']).toBeGreaterThanOrEqual(0)
    }
    expect(rounds.at(-1)!.figures['kl']).toBeGreaterThan(rounds[0]!.figures['kl']!)
  })

  it('is the same again with the same seed, and other with another', async () => {
    const losses = async (seed: number): Promise<(number | null)[]> => {
      const engine = open()
      await imitate(engine, { envSteps: 64 })
      return (await reinforce(engine, grpo(), { envSteps: 128, seed })).map(({ loss }) => loss)
    }
    const [first, again, other] = [await losses(1), await losses(1), await losses(2)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('stops between rounds when told to, and says why where nobody can play', async () => {
    const controller = new AbortController()
    const engine = open()
    const rounds: Round[] = []
    const options = { signal: controller.signal, model: noisyOracle(quiz, 0.5) }
    for await (const round of train({
      ...shared,
      engine,
      learn: grpo(),
      tasksPerRound: 4,
      envSteps: 1e6,
      lr: () => 0,
      rollout: options,
    })) {
      rounds.push(round)
      if (rounds.length === 3) controller.abort()
    }
    expect(rounds).toHaveLength(3)
    const down = { id: 'down', complete: () => Promise.reject(new Error('no server')) }
    await expect(reinforce(engine, grpo(), { rollout: { model: down } })).rejects.toThrow(
      'no step was taken in a whole round: model: no server',
    )
  })
})
