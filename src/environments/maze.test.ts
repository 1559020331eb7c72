import { describe, expect, it } from 'vitest'
import {
  type Agent,
  type AssistantMessage,
  assistant,
  type EnvSpec,
  type Host,
  rollout,
  type StepResult,
  type Task,
  textOf,
} from '../core/index.ts'
import { scriptedModel } from '../models/index.ts'
import { openEnvironment } from './index.ts'
import { type MazeEnv, type MazeTask, maze, mazeOptions } from './maze.ts'

const host = { seed: 0, signal: new AbortController().signal } as Host
const at = (start: readonly [number, number], goal: readonly [number, number]): Task<MazeTask> => ({
  id: 't',
  data: { start, goal },
})
const all = (spec: EnvSpec<MazeTask, MazeEnv>, split: 'train' | 'test') => [
  ...(spec.tasks(split) as Iterable<Task<MazeTask>>),
]
const opened = async (task: Task<MazeTask>, options = {}): Promise<MazeEnv> => maze(options).make(task, host)
const seen = ({ observation }: StepResult): string => observation.messages.map(textOf).join('')
const act = async (env: MazeEnv, text: string): Promise<StepResult> => env.step(assistant(text))

describe('maze', () => {
  it('says what LMRL-Gym says', async () => {
    const env = await opened(at([5, 3], [8, 6]))
    const { messages } = await env.reset()
    expect(messages.map(textOf)).toEqual([
      'You are in a maze. Answer with one move: move up, move down, move left, move right.',
      'The goal is at position 8, 6. Your current position is at position 5, 3. There are walls to your left, below you.\n',
    ])
    const corner = await opened(at([1, 11], [1, 1]))
    expect(textOf((await corner.reset()).messages[1]!)).toBe(
      'The goal is at position 1, 1. Your current position is at position 1, 1 1. There are walls to your right, above you, below you.\n',
    )
    const one = await opened(at([5, 6], [1, 1]))
    expect(textOf((await one.reset()).messages[1]!)).toContain('There is a wall above you.')
    const hidden = await opened(at([5, 3], [8, 6]), { view: 'partial' })
    expect(textOf((await hidden.reset()).messages[1]!)).toBe(
      'The goal is at position 8, 6. There are walls to your left, below you.\n',
    )
  })

  it('moves, bumps into walls, and ends at the goal', async () => {
    const env = await opened(at([7, 6], [8, 6]))
    await env.reset()
    expect(seen(await act(env, 'move left'))).toContain('position 7, 6')
    expect(seen(await act(env, 'move up\n'))).toContain('position 6, 6')
    await act(env, 'move down')
    const end = await act(env, 'move down')
    expect([end.end, end.reward, seen(end), env.solved]).toEqual(['terminated', 0, 'Success\n', true])
  })

  it('pays by its three schemes', async () => {
    const pays = async (reward: 'standard' | 'sparse' | 'steep'): Promise<(number | undefined)[]> => {
      const env = await opened(at([7, 6], [8, 6]), { reward })
      return [
        (await act(env, 'move up')).reward,
        (await act(env, 'constructor')).reward,
        (await act(env, 'move down')).reward,
        (await act(env, 'move down')).reward,
      ]
    }
    expect(await pays('standard')).toEqual([-1, -4, -1, 0])
    expect(await pays('sparse')).toEqual([0, -1, 0, 1])
    expect(await pays('steep')).toEqual([-1, -100, -1, 1])
  })

  it('keeps test pairs out of training, in passing too', async () => {
    for (const layout of ['double-t', 'u', 'medium', 'large'] as const) {
      const spec = maze({ layout })
      const [train, test] = [all(spec, 'train'), all(spec, 'test')]
      const ids = new Set(train.map(({ id }) => id))
      expect(test.filter(({ id }) => ids.has(id))).toEqual([])
      expect(test.length / (train.length + test.length)).toBeGreaterThan(0.1)
      const heldOut = async ({ data }: Task<MazeTask>): Promise<boolean | undefined> =>
        (await opened(at(data.start, data.goal), { layout }).then((env) => env.reset())).heldOut
      for (const task of test) expect(await heldOut(task)).toBe(true)
      for (const task of train) expect(await heldOut(task)).toBe(undefined)
    }
    const spec = maze()
    expect([all(spec, 'train').length, all(spec, 'test').length]).toEqual([525, 125])
    // A step into a test pair is marked as such.
    const test = all(spec, 'test')[0]!
    const env = await opened(at(test.data.start, test.data.goal))
    const bumped = await act(env, 'nonsense')
    expect(bumped.observation.heldOut).toBe(true)
  })

  it('has a shortest way as its key: the published optimum of the double T', async () => {
    // LMRL-Gym's reference return for the optimal policy, from every start to (8, 6), is -6.84.
    const spec = maze()
    const starts = [...all(spec, 'train'), ...all(spec, 'test')].filter(({ data }) => data.goal.join() === '8,6')
    const returns = await Promise.all(
      starts.map(async (task) => {
        const env = await spec.make(task, host)
        let total = 0
        const history: AssistantMessage[] = []
        const key = spec.solve!(task)
        if (!('play' in key)) throw new Error('the key is a player')
        const step = async (action: AssistantMessage): Promise<StepResult> => {
          const result = await env.step(action)
          history.push(action)
          total += result.reward ?? 0
          return result
        }
        await key.play({
          history,
          step,
          get done() {
            return env.solved
          },
        } as never)
        return total
      }),
    )
    expect(returns).toHaveLength(25)
    expect(returns.reduce((a, b) => a + b) / 25).toBeCloseTo(-6.84, 10)
  })

  it('shows itself as data and as a picture, and its score as LMRL-Gym counts it', async () => {
    const env = await opened(at([7, 6], [8, 6]))
    await act(env, 'move up')
    expect(env.data?.()).toMatchObject({ position: [6, 6], goal: [8, 6], walls: { length: 10 } })
    const circles = env.picture?.().match(/<circle[^>]*>/g)
    expect(circles).toEqual([
      '<circle cx="208" cy="272" r="11.2" fill="#2e9e5b"/>',
      '<circle cx="208" cy="208" r="11.2" fill="#2f6fdb"/>',
    ])
    const spec = maze()
    const task = all(spec, 'train').find(({ data }) => data.goal.join() === '8,6')!
    const play = spec.solve!(task) as Agent
    const [group] = await Array.fromAsync(rollout(spec, play, [task], { model: scriptedModel([]) }))
    const { steps, rewards } = group!.trajectories[0]!
    expect(rewards.normalised).toMatchObject({ weight: 0, value: 50 + (50 * (84 - steps.length)) / 76.16 })
  })

  it('is named by its words, and says which there are', () => {
    expect(openEnvironment('maze').id).toBe('maze@1')
    expect(openEnvironment('maze:large,partial').id).toBe('maze:large,partial@1')
    expect(openEnvironment('maze:double-t,standard').id).toBe('maze@1')
    expect(mazeOptions('sparse,u')).toEqual({ reward: 'sparse', layout: 'u' })
    expect(() => openEnvironment('maze:huge')).toThrow("a maze cannot be 'huge': it can be double-t, u, medium, large")
    expect(() => openEnvironment('maize')).toThrow("there is no environment 'maize': there are maze, arithmetic")
    expect(() => openEnvironment('constructor')).toThrow("there is no environment 'constructor'")
  })
})
