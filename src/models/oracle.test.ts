import { describe, expect, it } from 'vitest'
import { asking, counting } from '../../test/worlds.ts'
import {
  type Agent,
  assistant,
  type EnvSpec,
  type RolloutOptions,
  rollout,
  successOf,
  type Trajectory,
} from '../core/index.ts'
import { gameEnv, maze } from '../environments/index.ts'
import { noisyOracle, oracle, randomPlayer } from './oracle.ts'

async function play<D>(
  spec: EnvSpec<D>,
  model: RolloutOptions<D>['model'],
  agent: Agent = asking,
  attempts = 1,
): Promise<Trajectory[]> {
  const groups = await Array.fromAsync(rollout(spec, agent, spec.tasks('test'), { model, attempts, seed: 1 }))
  return groups.flatMap(({ trajectories }) => trajectories)
}

const lengthOf = ({ steps }: Trajectory): number => steps.length

/** Up to the fourth stair; what is said besides leads nowhere. */
const stairs: EnvSpec<number> = gameEnv<number, number>({
  id: 'stairs@1',
  tasks: () => [{ id: 'four', data: 4 }],
  limits: { steps: 20 },
  rules: 'Climb.',
  start: () => 0,
  show: (stair) => `stair ${stair}`,
  play(stair, said, { data }) {
    if (said !== 'up') return { wrong: 'That leads nowhere.' }
    return { state: stair + 1, ...(stair + 1 === data && { end: 'terminated' }) }
  },
  success: (stair, goal) => (stair === goal ? 1 : 0),
  best: () => 'up',
})

/** Shows the model the latest observation alone. */
const forgetful: Agent = {
  id: 'forgetful',
  async play(episode) {
    while (!episode.done) {
      const { message } = await episode.model().complete({ messages: episode.observation.messages })
      await episode.step(message)
    }
  },
}

describe('an oracle', () => {
  it('wins, by a script and by a player, whatever the agent shows it', async () => {
    for (const agent of [asking, forgetful]) {
      expect((await play(counting(), oracle(counting()), agent)).map(successOf)).toEqual([1, 1, 1, 1])
      const spec = maze({ layout: 'u', view: 'partial' })
      expect((await play(spec, oracle(spec), agent)).every((t) => successOf(t) === 1)).toBe(true)
    }
  })

  it('knows its place in a fork, at a second asking, and in a world whose key goes by its state', async () => {
    const wanderer = (...astray: string[]): Agent => ({
      id: 'wanderer',
      async play(episode) {
        while (!episode.done) {
          const ask = async (from = episode) => {
            const { message } = await from.model().complete({ messages: from.observation.messages })
            return message
          }
          const fork = await episode.fork!()
          await fork.step(await ask())
          for (const move of astray) if (!fork.done) await fork.step(assistant(move))
          if (!fork.done) await fork.step(await ask(fork))
          const [one, two] = await Promise.all([ask(), ask()])
          expect(one).toEqual(two)
          await episode.step(one!)
        }
      },
    })
    const partial = maze({ layout: 'u', view: 'partial' })
    const best = await play(partial, oracle(partial))
    expect((await play(partial, oracle(partial), wanderer('move up', 'move left'))).map(lengthOf)).toEqual(
      best.map(lengthOf),
    )
    expect((await play(counting(), oracle(counting()), wanderer())).map(lengthOf)).toEqual([6, 7, 8, 9])
    expect((await play(stairs, oracle(stairs), wanderer('down'))).map(lengthOf)).toEqual([4])
    expect((await play(stairs, oracle(stairs), forgetful)).map(successOf)).toEqual([1])
  })

  it('with noise departs from the key as often as it says', async () => {
    const spec = maze()
    const steps = async (noise: number): Promise<number> =>
      (await play(spec, noisyOracle(spec, noise))).reduce((sum, t) => sum + t.steps.length, 0)
    expect(await steps(0.4)).toBeGreaterThan(1.5 * (await steps(0)))
    const one = noisyOracle(counting(), 0.3)
    let wrong = 0
    for (let seed = 0; seed < 2000; seed++) {
      const { message } = await one({
        role: 'policy',
        task: { id: 't', data: { target: 3 } },
        attempt: 0,
        seed,
      }).complete({
        messages: [],
      })
      if (message.content !== 'tick') wrong++
    }
    expect(Math.abs(wrong / 2000 - 0.3)).toBeLessThan(0.04)
  })

  it('is the same for the same seed', async () => {
    const spec = maze()
    const moves = (ts: readonly Trajectory[]) => ts.map((t) => t.steps.map((step) => step.action.content))
    expect(moves(await play(spec, noisyOracle(spec, 0.5)))).toEqual(moves(await play(spec, noisyOracle(spec, 0.5))))
    const [a, b] = [
      await play(counting(), randomPlayer(counting()), asking, 2),
      await play(counting(), randomPlayer(counting()), asking, 2),
    ]
    expect(moves(a)).toEqual(moves(b))
    expect(moves(a)[0]).not.toEqual(moves(a)[1])
  })

  it('says where there is no key, no noise, or nothing left', async () => {
    const { solve: _, ...keyless } = counting()
    expect(() => oracle(keyless)).toThrow('counting@1 ships no answer key')
    expect(() => noisyOracle(counting(), 1.5)).toThrow('a probability, not 1.5')
    expect(() => noisyOracle(counting(), Number.NaN)).toThrow('a probability')
    const short = counting({ solve: () => [assistant('tick')] })
    const [first] = await play(short, oracle(short))
    expect(first?.outcome).toMatchObject({ kind: 'broken', failure: { boundary: 'model', code: 'exhausted' } })
    const quitter: Agent = { id: 'quitter', play: async (episode) => void (await episode.step(assistant('tick'))) }
    const quitting = counting({ solve: () => quitter })
    const [second] = await play(quitting, oracle(quitting))
    expect(second?.outcome).toMatchObject({
      failure: { message: expect.stringContaining("'quitter' stopped before the world did") },
    })
    const { guess: __, ...certain } = counting()
    const [third] = await play(certain, noisyOracle(certain, 1))
    expect(third?.outcome).toMatchObject({
      failure: { message: expect.stringContaining('cannot draw random actions') },
    })
  })
})
