import { describe, expect, it } from 'vitest'
import {
  type Agent,
  type Branch,
  type EnvSpec,
  type Limits,
  type RolloutOptions,
  random,
  returnOf,
  rollout,
  successOf,
  type Task,
  type Trajectory,
  textOf,
} from '../core/index.ts'
import { arithmetic, gameEnv, type MazeTask, maze } from '../environments/index.ts'
import { noisyOracle, randomPlayer, scriptedModel } from '../models/index.ts'
import { beam } from './beam.ts'
import { bestOf } from './best-of.ts'
import { mcts } from './mcts.ts'
import { modelValue } from './model-value.ts'
import { react } from './react.ts'
import type { Value } from './search.ts'

const spec = maze({ layout: 'u' })
/** Two moves to the right. */
const task: Task<MazeTask> = { id: 'corner', data: { start: [1, 1], goal: [1, 3] } }

interface Playing {
  readonly model?: RolloutOptions<MazeTask>['model']
  readonly tasks?: readonly Task<MazeTask>[]
  readonly limits?: Partial<Limits>
  readonly seed?: number
}
async function play(agent: Agent, { model = randomPlayer(spec), tasks = [task], ...rest }: Playing) {
  const groups = await Array.fromAsync(rollout(spec, agent, tasks, { model, ...rest }))
  return groups.flatMap(({ trajectories }) => trajectories)
}
const movesOf = ({ steps }: Pick<Trajectory, 'steps'>): string =>
  steps.map(({ action }) => action.content.replace('move ', '')[0]).join('')
const script = (...attempts: string[]) => {
  const names = { u: 'move up', d: 'move down', l: 'move left', r: 'move right' }
  return scriptedModel(attempts.flatMap((moves) => [...moves].map((move) => names[move as keyof typeof names])))
}
const callsIn = ({ steps, trailing, branches }: Pick<Trajectory, 'steps' | 'trailing' | 'branches'>): number =>
  steps.reduce((sum, { calls }) => sum + calls.length, trailing.length) +
  branches.reduce((sum, branch) => sum + callsIn(branch), 0)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const tasks = [...(spec.tasks('test') as Iterable<Task<MazeTask>>)]

describe('best-of', () => {
  it('plays the attempt whose steps paid most on the original, and keeps the others on the record', async () => {
    const [played] = await play(bestOf({ attempts: 3 }), { model: script('llrr', 'rr', 'urr') })
    expect([movesOf(played!), played!.stop, returnOf(played!)]).toEqual(['rr', 'terminated', -1])
    const [search] = played!.branches
    expect(search!.branches.map(movesOf)).toEqual(['llrr', 'rr', 'urr'])
    expect([played!.steps.flatMap(({ calls }) => calls), callsIn(played!)]).toEqual([[], 9])
  })

  it('judges by a value where one is given', async () => {
    const value: Value = ({ moves }) => moves.length
    const [played] = await play(bestOf({ attempts: 2, value }), { model: script('llrr', 'rr') })
    expect(movesOf(played!)).toBe('llrr')
    const [broken] = await play(bestOf({ attempts: 1, value: () => Number.NaN }), { model: script('rr') })
    expect(broken!.outcome).toMatchObject({
      failure: { boundary: 'agent', message: expect.stringContaining('not NaN') },
    })
  })

  it('asks the model in the seat of the value, and refuses what is no number', async () => {
    const seated = (...answers: string[]) => {
      const [policy, judge] = [script('llrr', 'rr'), scriptedModel(answers)]
      return ({ role }: { role: string }) => (role === 'value' ? judge : policy)
    }
    const agent = bestOf({ attempts: 2, value: modelValue })
    const [played] = await play(agent, { model: seated('0.9', '.2') })
    expect(movesOf(played!)).toBe('llrr')
    for (const bad of ['good', '', '7']) {
      const [broken] = await play(agent, { model: seated(bad) })
      expect(broken!.outcome).toMatchObject({
        kind: 'broken',
        failure: { message: expect.stringContaining(`not '${bad}'`) },
      })
    }
  })

  it('plays the best that it has when the calls run out', async () => {
    const model = () => script('llrr', 'rr', 'uu')
    const [played] = await play(bestOf({ attempts: 3 }), { model: model(), limits: { calls: 7 } })
    expect([movesOf(played!), successOf(played!)]).toEqual(['rr', 1])
    const [begun] = await play(bestOf({ attempts: 3 }), { model: model(), limits: { calls: 2 } })
    expect([movesOf(begun!), begun!.stop, begun!.outcome.kind]).toEqual(['ll', 'calls', 'scored'])
  })

  it('says which worlds it cannot play, and which numbers it cannot count with', async () => {
    const sums = arithmetic()
    const [first] = sums.tasks('test') as Iterable<Task<never>>
    for (const agent of [bestOf({ attempts: 2 }), beam({ width: 2 }), mcts({ simulations: 2 })]) {
      const [group] = await Array.fromAsync(rollout(sums, agent, [first!], { model: scriptedModel(['1']) }))
      const message = expect.stringMatching(/this world has none; 'vote:<n>' needs none/)
      expect(group!.trajectories[0]!.outcome).toMatchObject({ failure: { boundary: 'agent', message } })
    }
    expect(() => bestOf({ attempts: 0 })).toThrow('not 0')
    expect(() => beam({ width: 1.5 })).toThrow('not 1.5')
    expect(() => mcts({ simulations: Number.NaN })).toThrow('not NaN')
  })
})

/** How near the goal is as the crow flies, from what the world shows. */
const near: Value = ({ episode }) => {
  const seen = episode.observation.messages.map(textOf).join('')
  if (seen.startsWith('Success')) return 10
  const [row, column, y, x] = [...seen.matchAll(/\d+/g)].map(Number)
  return -Math.abs(row! - y!) - Math.abs(column! - x!)
}

describe('beam', () => {
  it('keeps the best branches by their value, of moves that the model makes', async () => {
    const straight: Task<MazeTask> = { id: 'straight', data: { start: [3, 1], goal: [1, 1] } }
    for (const width of [4, 6]) {
      const agent = beam({ width, value: near, rollouts: false })
      const [played] = await play(agent, { tasks: [straight], seed: 1 })
      expect(successOf(played!)).toBe(1)
      expect(played!.steps.length).toBeLessThanOrEqual(4)
    }
  })

  it('finds shorter ways the wider it is', async () => {
    const returns = async (width: number) => mean((await play(beam({ width }), { tasks })).map((one) => returnOf(one)!))
    const [one, three] = [await returns(1), await returns(3)]
    expect(three).toBeGreaterThan(one)
  })
})

describe('mcts', () => {
  it('comes to the optimum as its simulations grow, with a model that knows nothing', async () => {
    const best = mean((await play(react(), { tasks, model: noisyOracle(spec, 0) })).map((one) => returnOf(one)!))
    const returns: number[] = []
    for (const simulations of [1, 8, 64])
      returns.push(mean((await play(mcts({ simulations }), { tasks })).map((one) => returnOf(one)!)))
    expect(returns).toEqual(returns.toSorted((a, b) => a - b))
    expect(returns[0]).toBeLessThan(best - 10)
    expect(returns[2]).toBeGreaterThan(best - 2)
  })

  it('beats greedy play with a noisy oracle within the same calls; with random values it does not', async () => {
    const all = [...tasks, ...(spec.tasks('train') as Iterable<Task<MazeTask>>)]
    const returns = async (agent: Agent) => {
      const played = await play(agent, { tasks: all, model: noisyOracle(spec, 0.7), limits: { calls: 150 } })
      return mean(played.map((one) => returnOf(one)!))
    }
    const greedy = await returns(react())
    const gain = (await returns(mcts({ simulations: 1000 }))) - greedy
    const rng = random(1)
    const control = (await returns(mcts({ simulations: 1000, value: () => rng.next() }))) - greedy
    expect(gain).toBeGreaterThan(4)
    expect(control).toBeLessThan(gain / 3)
  })

  it('goes where the mean of what was paid is highest, as much as c lets it', async () => {
    /** The first move decides what the last pays: a loss, and a larger one. */
    const arms: EnvSpec<null> = gameEnv<string, null>({
      id: 'arms@1',
      tasks: () => [{ id: 'one', data: null }],
      limits: { steps: 8 },
      rules: 'Say a or b, eight times.',
      start: () => '',
      show: (said) => `so far ${said}`,
      play: (said, move) => ({
        state: said + move,
        ...(said.length === 7 && { end: 'terminated', reward: said[0] === 'a' ? -1 : -3 }),
      }),
      success: (said) => (said.length === 8 ? 1 : 0),
      best: () => 'a',
      guess: (_, random) => random.pick(['a', 'b']),
    })
    const forks = ({ branches }: Pick<Branch, 'branches'>): number =>
      branches.reduce((sum, branch) => sum + 1 + forks(branch), 0)
    const share = async (exploration: number): Promise<number> => {
      const agent = mcts({ simulations: 60, exploration })
      const [group] = await Array.fromAsync(rollout(arms, agent, arms.tasks('test'), { model: randomPlayer(arms) }))
      const below = group!.trajectories[0]!.branches[0]!.branches.filter(({ steps }) => steps.length === 1)
      const [a, b] = ['a', 'b'].map((move) => forks(below.find(({ steps }) => steps[0]!.action.content === move)!))
      return a! / (a! + b!)
    }
    expect(await share(0.25)).toBeGreaterThan(0.8)
    expect(Math.abs((await share(100)) - 0.5)).toBeLessThan(0.1)
  })

  it('is the same for the same seed, and spends what it may and no more', async () => {
    const model = noisyOracle(spec, 0.7)
    const [one, two] = await Promise.all(
      [1, 2].map(() => play(mcts({ simulations: 8 }), { model, limits: { calls: 60 }, seed: 4, tasks })),
    )
    expect(one!.map(movesOf)).toEqual(two!.map(movesOf))
    expect(Math.max(...one!.map(callsIn))).toBeLessThanOrEqual(60)
  })

  it('walks down its tree with a value in place of rollouts, and plays as far as the calls last', async () => {
    const agent = mcts({ simulations: 12, askings: 3, value: near, rollouts: false })
    const down: Task<MazeTask> = { id: 'down', data: { start: [1, 3], goal: [3, 3] } }
    const [played] = await play(agent, { tasks: [down] })
    expect([successOf(played!), played!.branches.length]).toEqual([1, 1])
    const round: Task<MazeTask> = { id: 'round', data: { start: [3, 1], goal: [3, 3] } }
    const [cut] = await play(agent, { tasks: [round], limits: { calls: 20 } })
    expect([cut!.stop, cut!.outcome.kind, cut!.steps.length > 0, callsIn(cut!)]).toEqual(['calls', 'scored', true, 20])
  })
})
