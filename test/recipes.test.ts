import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { react } from '../src/agents/index.ts'
import { assistant, type Task, type Trajectory, textOf } from '../src/core/index.ts'
import { createEngine } from '../src/engine/index.ts'
import { bytes, chatRenderer, engineModel, MARKS, noisyOracle, prompted } from '../src/models/index.ts'
import { type ArmResult, imitateThenReinforce, type Progress, type Recipe, recipes } from '../src/recipes/index.ts'
import { type CountTask, counting, word } from './worlds.ts'

/** Counting, with a key that copes with errors. */
const world = counting({
  markov: true,
  solve: () => ({
    id: 'counter',
    async play(episode) {
      while (!episode.done) {
        const seen = episode.observation.messages.map(textOf).join('')
        await episode.step(assistant(word(Number(/count (\d+)/.exec(seen)?.[1]))))
      }
    },
  }),
})
const renderer = chatRenderer(bytes())
const folder = await mkdtemp(join(tmpdir(), 'ludus-recipes-'))
afterAll(() => rm(folder, { recursive: true }))

async function run(recipe: Recipe): Promise<{ results: ArmResult[]; rounds: Progress[]; played: Trajectory[] }> {
  const shape = { vocabulary: 256 + MARKS, width: 8, layers: 1, heads: 2, kvHeads: 1, headWidth: 4, hidden: 16 }
  const config = { ...shape, context: 64, ropeTheta: 1e4, normEpsilon: 1e-5, tied: true }
  await using engines = new AsyncDisposableStack()
  const engine = engines.use(createEngine(config, { seed: 1, threads: 1 }))
  const played: Trajectory[] = []
  const experiment = recipe.run({
    ...{ spec: world, agent: react({ turns: 0 }), engine, renderer, policy: engineModel(engine, renderer) },
    ...{ seed: 1, imitationSteps: 100, armSteps: 100, folder: join(folder, recipe.name) },
    expert: noisyOracle(world, 0.4),
    prompted: (say) => prompted(world, 'prompted', say),
    async critic(checkpoint) {
      const critic = engines.use(createEngine(config, { seed: 1, threads: 1, head: { outputs: 1 } }))
      await critic.load(checkpoint)
      return critic
    },
    train: [...(world.tasks('train') as Iterable<Task<CountTask>>)],
    test: [...(world.tasks('test') as Iterable<Task<CountTask>>)],
    rollout: { batch: 'seed-1', maxTokens: 6, onTrajectory: (trajectory) => void played.push(trajectory) },
  })
  const rounds: Progress[] = []
  let next = await experiment.next()
  for (; !next.done; next = await experiment.next()) rounds.push(next.value)
  return { results: next.value, rounds, played }
}

describe.each([...recipes, imitateThenReinforce(['sft', 'ppo', 'rft'])])('the recipe $name', (recipe) => {
  it('takes every arm to the end of its budget, and measures it', async () => {
    const { results, rounds } = await run(recipe)
    expect(results.map(({ arm }) => arm)).toEqual(recipe.arms)
    for (const { arm, envSteps, sampled, greedy, tempered, others } of results) {
      const untrained = arm === 'untrained'
      if (untrained) expect(envSteps).toBe(0)
      else expect(envSteps, arm).toBeGreaterThanOrEqual(100)
      for (const summary of [sampled, greedy, tempered, ...Object.values(others)]) {
        expect(summary.tasks).toBe(4)
        expect(summary.success.mean, arm).not.toBeNull()
      }
      const learned = rounds.filter((one) => one.arm === arm).reduce((sum, { round }) => sum + round.updates, 0)
      // A policy that knows nothing is never right, all its attempts are alike, and a limit cuts them off.
      if (!untrained && !/star|rft|dynamic|overlong/.test(arm)) expect(learned, arm).toBeGreaterThan(0)
    }
  }, 60_000)

  it('compares what it has, and says first what the claim is', () => {
    for (const { arm, baseline } of recipe.pairs) expect(recipe.arms).toEqual(expect.arrayContaining([arm, baseline]))
    expect(recipe.pairs[0]?.kind).toBe('claim')
    expect(recipe.pairs.some(({ kind }) => kind === 'control')).toBe(true)
  })
})

it('splices what was played: the expert begins, and the key goes on from its first error', async () => {
  const { played } = await run(recipes.find(({ name }) => name === 'agent-r')!)
  const spliced = played.filter(({ batch }) => batch.startsWith('seed-1/agent-r/') && batch.endsWith('/spliced'))
  expect(spliced.length).toBeGreaterThan(3)
  for (const { batch, task, steps, outcome } of spliced) {
    const begun = played.find((other) => other.batch === batch.replace('/spliced', '') && other.task === task)!
    const right = steps.map(({ observation: { messages }, action }) => {
      const count = Number(/count (\d+)/.exec(messages.map(textOf).join(''))?.[1])
      return action.content === word(count)
    })
    const error = right.indexOf(false)
    expect(error).toBeGreaterThanOrEqual(0)
    expect(steps.slice(0, error + 1).map(({ action }) => action.content)).toEqual(
      begun.steps.slice(0, error + 1).map(({ action }) => action.content),
    )
    expect(right.slice(error + 1)).not.toContain(false)
    expect(outcome.kind).toBe('scored')
  }
})
