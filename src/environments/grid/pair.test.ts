import { describe, expect, it } from 'vitest'
import { react } from '../../agents/index.ts'
import { type Agent, assistant, checkEnv, type Host, rollout, type Task, textOf } from '../../core/index.ts'
import { noisyOracle, oracle } from '../../models/index.ts'
import { openEnvironment } from '../index.ts'
import type { GameEnv } from '../kit/game-env.ts'
import { gridPair } from './pair.ts'
import type { PairLevel, PairState } from './pair-state.ts'

const spec = gridPair()
const LEVEL: PairLevel = {
  cells: '#####\n#.#.#\n#yY.#\n#.#.#\n#####',
  poses: [(1 * 6 + 1) * 4 + 1, (1 * 6 + 3) * 4 + 3],
  goals: [1 * 6 + 3, 3 * 6 + 1],
  steps: 100,
}
const opened = (level: PairLevel) => spec.make({ id: 't', data: level }, { seed: 0 } as Host) as GameEnv<PairState>
const say = (env: GameEnv<PairState>, text: string) => {
  const result = env.step(assistant(text)) as Awaited<ReturnType<GameEnv<PairState>['step']>>
  return { ...result, seen: result.observation.messages.map(textOf).join('') }
}

describe('two robots in a grid', () => {
  it('take turns, each shown where it is and which goal is its own', async () => {
    const env = opened(LEVEL)
    expect(textOf((await env.reset()).messages[1]!)).toBe('a - -\n#####\n#v#3#\n#yY.#\n#+#.#\n#####')
    const b = say(env, 'pickup')
    expect([b.seen, b.info]).toEqual(['b - y\n#####\n#1#^#\n#.Y.#\n#*#.#\n#####', { turn: 'b' }])
    expect(say(env, 'jump').seen).toMatch(/^'jump' is none of left, .*done\.\na y -\n/)
    expect(env.state).toMatchObject({ step: 2, carrying: ['y', ''] })
  })

  it('cannot enter where the other is, nor shut the door on it', () => {
    const env = opened({
      ...LEVEL,
      cells: '#####\n#.#.#\n#.N.#\n#.#.#\n#####',
      poses: [(2 * 6 + 1) * 4, (2 * 6 + 2) * 4 + 2],
    })
    for (const action of ['forward', 'forward', 'toggle', 'toggle']) say(env, action)
    expect(env.state).toMatchObject({
      poses: [(2 * 6 + 1) * 4, (2 * 6 + 2) * 4 + 2],
      cells: '#####\n#.#.#\n#.N.#\n#.#.#\n#####',
    })
    expect(env.picture?.().match(/<path transform="rotate/g)).toHaveLength(2)
  })

  it('are certified', async () => {
    const { promises } = await checkEnv(spec, { tasks: 2 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('are played by one who moves both, and by two who have a seat each', async () => {
    const tasks = [...(spec.tasks('test') as Iterable<Task<PairLevel>>)].slice(0, 10)
    const seats: Agent = {
      id: 'seats',
      async play(episode) {
        while (!episode.done) {
          const { messages } = episode.observation
          const [robot] = textOf(messages.at(-1)!)
          const { message } = await episode.model(robot).complete({ messages })
          await episode.step(message)
        }
      },
    }
    for (const [agent, model] of [
      [react({ turns: 0 }), noisyOracle(spec, 0.2)],
      [seats, oracle(spec)],
    ] as const) {
      const groups = await Array.fromAsync(rollout(spec, agent, tasks, { model }))
      const played = groups.flatMap(({ trajectories }) => trajectories)
      expect(played.map(({ rewards }) => rewards['success']?.value)).toEqual(tasks.map(() => 1))
      const roles = new Set(played.flatMap(({ steps }) => steps.flatMap(({ calls }) => calls.map(({ role }) => role))))
      expect([...roles].sort()).toEqual(agent === seats ? ['a', 'b'] : ['policy'])
    }
  })

  it('have room from 5 to 7', () => {
    expect(openEnvironment('grid/pair:7').id).toBe('grid/pair:7@1')
    expect(() => openEnvironment('grid/pair:9')).toThrow("the size of a grid for two is 5, 6 or 7, not '9'")
  })
})
