import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { played, talking } from '../../test/trajectories.ts'
import { asking, counting } from '../../test/worlds.ts'
import { type Agent, assistant, type Model, rollout, type Trajectory, user } from '../core/index.ts'
import { decodeTrajectory, encodeTrajectory } from './format.ts'

const forking: Agent = {
  id: 'forking',
  async play(episode) {
    const ask = async () => (await episode.model().complete({ messages: episode.history })).message
    await episode.step(await ask())
    const copy = await episode.fork!()
    await copy.step((await copy.model('explorer').complete({ messages: copy.history })).message)
    await ask()
  },
}

describe('format version 1', () => {
  it('gives back what it was given: episodes, branches, failures, tools and images', async () => {
    const failure: Model = { id: 'f', complete: () => Promise.reject(new Error('down')) }
    const image = user([
      { type: 'image', mimeType: 'image/png', data: 'aGk=' },
      { type: 'text', text: 'see' },
    ])
    const whole = await played()
    const rich: Trajectory = {
      ...whole,
      steps: whole.steps.map((step) => ({
        ...step,
        observation: {
          messages: [image, { role: 'tool', content: 'no', callId: 'c', isError: true }],
          tools: [{ name: 'f', description: 'd', parameters: { type: 'object' } }],
          heldOut: true,
        },
        action: {
          ...step.action,
          thinking: 'hm',
          calls: [{ id: 'c', name: 'f', arguments: { deep: [1, null, 'x'] } }],
        },
        info: { note: [true] },
      })),
      rewards: { success: { value: null, weight: 1, why: 'no judge' } },
      outcome: { kind: 'unscored', why: 'no judge' },
      warnings: ['slow'],
    }
    for (const trajectory of [whole, rich, await played(forking), await played(asking, failure)]) {
      expect(decodeTrajectory(encodeTrajectory(trajectory))).toEqual(trajectory)
    }
  })

  it('holds a message once and a prompt’s new part alone, so that long episodes do not square', async () => {
    const long = async (target: number): Promise<number> => {
      const spec = counting({ limits: { steps: 1000 } })
      const [group] = await Array.fromAsync(
        rollout(spec, asking, [{ id: 't', data: { target } }], { model: talking() }),
      )
      return encodeTrajectory(group!.trajectories[0]!).length
    }
    const [short, double] = [await long(100), await long(200)]
    expect(double / short).toBeLessThan(2.1)
    const { messages, steps } = JSON.parse(encodeTrajectory(await played()))
    expect(messages).toHaveLength(11)
    expect(steps[2].calls[0].completion.tokens.prompt).toEqual({ goesOn: true, items: [102] })
    expect(steps[2].calls[0].request.messages.items).toHaveLength(2)
  })

  it('keeps prompts that only seem to go on', () => {
    const prompts = fc.array(
      fc.record({ prompt: fc.array(fc.nat(3), { maxLength: 6 }), completion: fc.array(fc.nat(3), { maxLength: 3 }) }),
      { minLength: 1, maxLength: 5 },
    )
    return fc.assert(
      fc.asyncProperty(prompts, async (calls) => {
        let turn = 0
        const model: Model = {
          id: 'any',
          async complete() {
            const { prompt, completion } = calls[turn++ % calls.length]!
            return {
              message: assistant('x'),
              finish: 'stop',
              tokens: { prompt, completion, logprobs: completion.map(() => -1) },
            }
          },
        }
        const trajectory = await played(asking, model)
        expect(decodeTrajectory(encodeTrajectory(trajectory))).toEqual(trajectory)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps the entropy of each sampled token, and one that is missing is no trajectory', async () => {
    const capture = { prompt: [1], completion: [2, 3], logprobs: [-1, -2] }
    const saying = (entropies: readonly number[]): Promise<Trajectory> => {
      const complete: Model['complete'] = async () => ({
        ...{ message: assistant('x'), finish: 'stop', tokens: { ...capture, entropies } },
      })
      return played(asking, { id: 'any', complete })
    }
    const trajectory = await saying([0.5, 0])
    expect(decodeTrajectory(encodeTrajectory(trajectory))).toEqual(trajectory)
    const short = encodeTrajectory(await saying([0.5]))
    expect(() => decodeTrajectory(short)).toThrow(/entropies: as many entropies as completion tokens/)
  })

  it('says what is wrong with anything else, and where', async () => {
    const good = JSON.parse(encodeTrajectory(await played()))
    const refuse = (change: object): string => {
      try {
        decodeTrajectory(JSON.stringify({ ...good, ...change }))
      } catch (error) {
        return (error as Error).message
      }
      return 'accepted'
    }
    expect(refuse({})).toBe('accepted')
    expect(refuse({ version: 2 })).toContain('version')
    expect(refuse({ outcome: { kind: 'scored' } })).toContain('outcome.return')
    expect(refuse({ outcome: { kind: 'broken', return: 0 } })).toContain('outcome.failure')
    expect(refuse({ messages: [] })).toContain('message 0 of 0')
    expect(refuse({ steps: [{ ...good.steps[0], action: 0 }] })).toContain("message 0 is no assistant's")
    expect(() => decodeTrajectory('{')).toThrow('it is not JSON')
    expect(() => decodeTrajectory('null')).toThrow('no trajectory of format version 1')
  })
})
