import { describe, expect, it, vi } from 'vitest'
import { asking, type CountTask, countEnv, counting, never, word } from '../../test/worlds.ts'
import {
  type Agent,
  assistant,
  type EnvSpec,
  type Group,
  type Model,
  ModelError,
  type ModelRequest,
  type Outcome,
  type RolloutOptions,
  rollout,
  type Task,
  type Trajectory,
  textOf,
} from './index.ts'

const tasks = (n: number): Task<CountTask>[] =>
  Array.from({ length: n }, (_, i) => ({ id: `t${i}`, data: { target: 2 } }))
/** Says what counts next, going by what it is shown. */
const next = ({ messages }: ModelRequest) =>
  assistant(word(Number(/\d+/.exec(textOf(messages.at(-1) ?? assistant('0')))?.[0])))
const up: Model = {
  id: 'up',
  complete: async (request) => ({ message: next(request), finish: 'stop', costUsd: 0.25 }),
}
const failing = (error: unknown): Model => ({ id: 'failing', complete: () => Promise.reject(error) })

async function play(
  spec: EnvSpec<CountTask, never> | EnvSpec<CountTask>,
  agent: Agent,
  options: Partial<RolloutOptions<CountTask>> = {},
  given = tasks(1),
): Promise<Group<CountTask>[]> {
  return Array.fromAsync(rollout(spec as EnvSpec<CountTask>, agent, given, { model: up, ...options }))
}

async function one(
  spec: EnvSpec<CountTask>,
  agent: Agent,
  options: Partial<RolloutOptions<CountTask>> = {},
): Promise<Trajectory> {
  const [group] = await play(spec, agent, options)
  return group!.trajectories[0]!
}

const broken = (outcome: Outcome): string => {
  expect(outcome.kind).toBe('broken')
  return outcome.kind === 'broken' ? `${outcome.failure.boundary}: ${outcome.failure.message}` : ''
}

describe('an episode', () => {
  it('is recorded whole: what was seen, asked, said, done and paid', async () => {
    const t = await one(counting(), asking)
    expect(t.outcome).toEqual({ kind: 'scored', return: 8 })
    expect(t).toMatchObject({
      version: 1,
      id: 't0/0',
      env: 'counting@1',
      agent: 'asking',
      stop: 'terminated',
      costUsd: 0.5,
    })
    expect(t.rewards).toEqual({ success: { value: 1, weight: 10 } })
    expect(
      t.steps.map(({ observation, reward, action }) => [observation.messages[0]?.content, action.content, reward]),
    ).toEqual([
      ['count 0 of 2', 'tick', -1],
      ['count 1 of 2', 'tock', -1],
    ])
    expect(t.final?.messages[0]?.content).toBe('count 2 of 2')
    const [first, second] = t.steps.map((step) => step.calls[0]!)
    expect(first?.role).toBe('policy')
    expect(first?.request.messages).toHaveLength(1)
    expect(second?.request.messages.map((message) => message.content)).toEqual(['count 0 of 2', 'tick', 'count 1 of 2'])
    expect(first?.request.sampling?.seed).not.toBe(second?.request.sampling?.seed)
  })

  it('keeps calls that led to no step, and ends as given up where the agent stops early', async () => {
    const t = await one(counting(), {
      id: 'thinker',
      play: async (episode) => void (await episode.model('planner').complete({ messages: [] })),
    })
    expect(t.stop).toBe('gave-up')
    expect(t.outcome).toEqual({ kind: 'scored', return: 0 })
    expect(t.trailing.map((call) => call.role)).toEqual(['planner'])
  })

  it('is cut at its limits of steps and calls, and judged as it stands', async () => {
    const idle: Model = { ...up, complete: async () => ({ message: assistant('?'), finish: 'stop' }) }
    const steps = await one(counting(), asking, { model: idle, limits: { steps: 3 } })
    expect([steps.stop, steps.steps.length, steps.outcome]).toEqual(['steps', 3, { kind: 'scored', return: -3 }])
    const calls = await one(counting(), asking, { model: idle, limits: { calls: 2 } })
    expect([calls.stop, calls.steps.length, calls.outcome]).toEqual(['calls', 2, { kind: 'scored', return: -2 }])
  })

  it('has no score where a budget of tokens or time ran out', async () => {
    const usage = { promptTokens: 10, completionTokens: 5 }
    const wordy: Model = { ...up, complete: async () => ({ message: assistant('?'), finish: 'stop', usage }) }
    const tokens = await one(counting(), asking, { model: wordy, limits: { tokens: 40 } })
    expect([tokens.stop, tokens.outcome]).toEqual([
      'tokens',
      { kind: 'over-budget', why: '45 tokens used, of 40 allowed' },
    ])
    expect(tokens.usage).toEqual({ promptTokens: 30, completionTokens: 15 })
    const unmetered = await one(counting(), asking, { limits: { tokens: 40 } })
    expect(unmetered.outcome).toMatchObject({ kind: 'over-budget', why: expect.stringContaining('no usage') })
    const hung: Model = { id: 'hung', complete: never }
    const time = await one(counting(), asking, { model: hung, limits: { timeMs: 30 } })
    expect([time.stop, time.outcome.kind]).toEqual(['time', 'over-budget'])
  })

  it('names the wall that a failure came through', async () => {
    const model = await one(counting(), asking, { model: failing(new ModelError('server', 'on fire')) })
    expect(broken(model.outcome)).toBe('model: on fire')
    expect(model.outcome).toMatchObject({ failure: { code: 'server' } })
    const env = (change: object) => counting({ make: ({ data }) => countEnv(data.target, 0, change) })
    const boom = (what: string) => () => {
      throw new Error(what)
    }
    expect(broken((await one(counting({ make: boom('no make') }), asking)).outcome)).toBe('env: no make')
    expect(broken((await one(env({ reset: boom('no reset') }), asking)).outcome)).toBe('env: no reset')
    expect(broken((await one(env({ step: boom('no step') }), asking)).outcome)).toBe('env: no step')
    expect(broken((await one(counting(), { id: 'bad', play: boom('no agent') })).outcome)).toBe('agent: no agent')
    const rubric = { success: { weight: 1, score: boom('no verdict') } }
    expect(broken((await one(counting({ rubric }), asking)).outcome)).toBe('reward: no verdict')
    const nan = { success: { weight: 1, score: () => Number.NaN } }
    expect(broken((await one(counting({ rubric: nan }), asking)).outcome)).toContain(
      "reward: the reward 'success' is NaN",
    )
  })

  it('is broken by a world that threw, even where the agent looks away', async () => {
    const spec = counting({
      make: () =>
        countEnv(2, 0, {
          step: () => {
            throw new Error('gone')
          },
        }),
    })
    const blind: Agent = {
      id: 'blind',
      play: (episode) =>
        episode.step(assistant('tick')).then(
          () => {},
          () => {},
        ),
    }
    expect(broken((await one(spec, blind)).outcome)).toBe('env: gone')
  })

  it('is unscored where a weighted term does not judge, and scored where a metric does not', async () => {
    const silent = (weight: number) =>
      counting({
        rubric: {
          success: { weight: 1, score: () => 1 },
          style: { weight, score: () => ({ value: null, why: 'no judge' }) },
        },
      })
    expect((await one(silent(1), asking)).outcome).toEqual({ kind: 'unscored', why: 'style: no judge' })
    expect((await one(silent(0), asking)).outcome).toEqual({ kind: 'scored', return: -1 })
  })

  it('refuses a step after the end, and two at once', async () => {
    const greedy: Agent = {
      id: 'greedy',
      async play(episode) {
        await expect(Promise.all([episode.step(assistant('tick')), episode.step(assistant('tick'))])).rejects.toThrow(
          'not ended yet',
        )
        await episode.step(assistant('tock'))
        await expect(episode.step(assistant('tock'))).rejects.toThrow('over (terminated)')
      },
    }
    expect((await one(counting(), greedy)).outcome.kind).toBe('scored')
  })

  it('forks where the world can; branches stay on the record, and their calls count', async () => {
    const explorer: Agent = {
      id: 'explorer',
      async play(episode) {
        await episode.step((await episode.model().complete({ messages: [] })).message)
        const copy = await episode.fork!()
        await copy.step(assistant('tick'))
        const deeper = await copy.fork!()
        await deeper.step((await deeper.model().complete({ messages: [] })).message)
        await episode.step(assistant('tock'))
      },
    }
    const worlds: { closed: boolean }[] = []
    const spec = counting({
      make: ({ data }) => {
        const track = (env: ReturnType<typeof countEnv>): ReturnType<typeof countEnv> => {
          worlds.push(env)
          const { fork } = env
          return Object.defineProperty(env, 'fork', {
            value: async () => track((await fork!()) as ReturnType<typeof countEnv>),
          })
        }
        return track(countEnv(data.target))
      },
    })
    const t = await one(spec, explorer)
    expect([t.stop, t.steps.length, t.outcome.kind]).toEqual(['terminated', 2, 'scored'])
    expect(t.branches).toHaveLength(1)
    expect(t.branches[0]).toMatchObject({ from: 1, steps: [{ action: { content: 'tick' } }] })
    expect(t.branches[0]?.branches[0]).toMatchObject({ from: 2, steps: [{ action: { content: 'tick' } }] })
    expect(t.costUsd).toBe(0.5)
    expect(worlds.map(({ closed }) => closed)).toEqual([true, true, true])
    expect(
      (await one(counting({ make: ({ data }) => ({ ...countEnv(data.target), fork: undefined as never }) }), explorer))
        .outcome.kind,
    ).toBe('broken')
  })

  it('gives each seat one model for the whole episode', async () => {
    let seated = 0
    const model: RolloutOptions<CountTask>['model'] = ({ role, task }) => {
      seated++
      expect([role, task.data.target]).toEqual(['policy', 2])
      return up
    }
    await one(counting(), asking, { model })
    expect(seated).toBe(1)
  })

  it('closes its world, and says where that failed', async () => {
    const spec = counting({ make: () => countEnv(2, 0, { close: () => Promise.reject(new Error('stuck')) }) })
    const t = await one(spec, asking)
    expect([t.outcome.kind, t.warnings]).toEqual(['scored', ['could not be closed: stuck']])
  })
})

describe('rollout', () => {
  it('yields a group per task, its attempts in order, and no more episodes at a time than asked', async () => {
    let [now, most] = [0, 0]
    const slow: Model = {
      id: 'slow',
      async complete(request) {
        most = Math.max(most, ++now)
        await new Promise((resolve) => setTimeout(resolve, 1))
        now--
        return { message: next(request), finish: 'stop' }
      },
    }
    const groups = await play(counting(), asking, { model: slow, attempts: 3, concurrency: 4 }, tasks(5))
    expect(groups.map(({ task }) => task.id).toSorted()).toEqual(['t0', 't1', 't2', 't3', 't4'])
    for (const { trajectories } of groups) expect(trajectories.map(({ attempt }) => attempt)).toEqual([0, 1, 2])
    expect(most).toBe(4)
  })

  it('opens the same world for all attempts, and draws differently in each', async () => {
    const [group] = await play(counting(), asking, { attempts: 3, seed: 5 })
    expect(new Set(group!.trajectories.map(({ seed }) => seed)).size).toBe(1)
    const seeds = group!.trajectories.map((t) => t.steps[0]?.calls[0]?.request.sampling?.seed)
    expect(new Set(seeds).size).toBe(3)
  })

  it('says the same whatever the concurrency', async () => {
    const strip = ({ timeMs: _, steps, ...rest }: Trajectory) => ({
      ...rest,
      steps: steps.map(({ calls, ...step }) => ({ ...step, seeds: calls.map((call) => call.request.sampling) })),
    })
    const all = async (concurrency: number) =>
      (await play(counting(), asking, { attempts: 2, concurrency, seed: 3 }, tasks(6)))
        .flatMap((group) => group.trajectories.map(strip))
        .toSorted((a, b) => a.id.localeCompare(b.id))
    expect(await all(1)).toEqual(await all(50))
  })

  it('begins tasks only as fast as groups are taken', async () => {
    let begun = 0
    function* endless(): Generator<Task<CountTask>> {
      while (true) yield { id: `e${begun++}`, data: { target: 1 } }
    }
    const groups = rollout(counting(), asking, endless(), { model: up, concurrency: 2 })
    for (let i = 0; i < 5; i++) await groups.next()
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(begun).toBeLessThan(12)
    await groups.return()
  })

  it('keeps places busy while a slow member holds its group open', async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const model: RolloutOptions<CountTask>['model'] = ({ task }) => ({
      id: 'gated',
      async complete(request) {
        if (task.id === 't0') await gate
        return { message: next(request), finish: 'stop' }
      },
    })
    const order: string[] = []
    for await (const { task } of rollout(counting(), asking, tasks(5), { model, concurrency: 2 })) {
      order.push(task.id)
      if (order.length === 4) release()
    }
    expect(order.at(-1)).toBe('t0')
  })

  it('ends what is in flight as cancelled when told to stop, and begins nothing more', async () => {
    const controller = new AbortController()
    const hung: Model = { id: 'hung', complete: never }
    setTimeout(() => controller.abort(), 20)
    const groups = await play(counting(), asking, { model: hung, signal: controller.signal, concurrency: 3 }, tasks(10))
    expect(groups.map(({ trajectories }) => trajectories[0]?.outcome.kind)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
    ])
    const before = await play(counting(), asking, { signal: AbortSignal.abort() }, tasks(3))
    expect(before).toEqual([])
  })

  it('closes every world when the loop is left early', async () => {
    const worlds: { closed: boolean }[] = []
    const spec = counting({
      make: ({ data }) => {
        const env = countEnv(data.target)
        worlds.push(env)
        return env
      },
    })
    for await (const _ of rollout(spec, asking, tasks(20), { model: up, concurrency: 4 })) break
    expect(worlds.length).toBeGreaterThan(0)
    expect(worlds.every(({ closed }) => closed)).toBe(true)
  })

  it('closes a world that was made too late', async () => {
    const late = countEnv(2)
    const spec = counting({ make: () => new Promise((resolve) => setTimeout(() => resolve(late), 40)) })
    const t = await one(spec, asking, { limits: { timeMs: 10 } })
    expect(t.outcome.kind).toBe('over-budget')
    await expect.poll(() => late.closed).toBe(true)
  })

  it('tells of each trajectory as it ends, and fails where that fails', async () => {
    const ids: string[] = []
    await play(counting(), asking, { attempts: 2, onTrajectory: ({ id }) => void ids.push(id), batch: 'b' }, tasks(2))
    expect(ids.toSorted()).toEqual(['b/t0/0', 'b/t0/1', 'b/t1/0', 'b/t1/1'])
    await expect(
      play(counting(), asking, { onTrajectory: () => Promise.reject(new Error('disk full')) }),
    ).rejects.toThrow('disk full')
  })

  it('refuses limits and concurrencies that are none', async () => {
    await expect(play(counting(), asking, { limits: { steps: 0 } })).rejects.toThrow(
      "'steps' must be a positive number",
    )
    await expect(play(counting(), asking, { concurrency: 0 })).rejects.toThrow('positive integer')
  })

  it('says which world needs a sandbox it was not given, and closes the one it was', async () => {
    const spec = counting({
      async make({ data }, host) {
        await host.sandbox({ language: 'python' })
        return countEnv(data.target)
      },
    })
    expect(broken((await one(spec, asking)).outcome)).toContain('needs a python sandbox')
    const close = vi.fn(async () => {})
    const sandbox = async () => ({ [Symbol.asyncDispose]: close }) as never
    expect((await one(spec, asking, { sandbox })).outcome.kind).toBe('scored')
    expect(close).toHaveBeenCalledOnce()
  })
})
