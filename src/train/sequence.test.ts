import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { played, talking } from '../../test/trajectories.ts'
import { asking } from '../../test/worlds.ts'
import {
  type Agent,
  assistant,
  callsOf,
  type Model,
  type Renderer,
  type TokenCapture,
  type Trajectory,
  textOf,
} from '../core/index.ts'
import { countSampled, sequencesOf } from './sequence.ts'

/** A trajectory whose policy calls captured these tokens, in this order. */
async function captured(calls: readonly TokenCapture[], heldOut: readonly number[] = []): Promise<Trajectory> {
  let turn = 0
  const model: Model = {
    id: 'm',
    complete: async () => ({ message: assistant('x'), finish: 'stop', tokens: calls[turn++ % calls.length]! }),
  }
  const agent: Agent = {
    id: 'a',
    async play(episode) {
      for (const _ of calls) await episode.step((await episode.model().complete({ messages: [] })).message)
    },
  }
  const whole = await played(agent, model)
  const steps = whole.steps.map((step, i) =>
    heldOut.includes(i) ? { ...step, observation: { ...step.observation, heldOut: true as const } } : step,
  )
  return { ...whole, steps }
}
const capture = (prompt: readonly number[], completion: readonly number[]): TokenCapture => ({
  prompt,
  completion,
  logprobs: completion.map((_, i) => -1 - i),
})

describe('sequencesOf', () => {
  it('merges a conversation into one sequence, whose observations are context', async () => {
    const t = await captured([
      capture([1, 2], [3, 4]),
      capture([1, 2, 3, 4, 5], [6]),
      capture([1, 2, 3, 4, 5, 6, 7, 8], [9]),
    ])
    expect(sequencesOf(t)).toEqual([
      {
        tokens: [1, 2, 3, 4, 5, 6, 7, 8, 9],
        sampled: [null, null, -1, -2, null, -1, null, null, -1],
        steps: [0, 0, 0, 0, 1, 1, 2, 2, 2],
        of: {
          ...{ trajectory: 't/0', calls: 3 },
          completions: [
            { call: 0, start: 2, end: 4, captured: true },
            { call: 1, start: 5, end: 6, captured: true },
            { call: 2, start: 8, end: 9, captured: true },
          ],
        },
      },
    ])
  })

  it('begins anew where a prompt does not go on, and where two go on from the same place', async () => {
    const t = await captured([capture([1], [2]), capture([1, 2, 3], [4]), capture([1, 2, 5], [6]), capture([7], [8])])
    expect(sequencesOf(t)).toMatchObject([
      { tokens: [1, 2, 3, 4], sampled: [null, -1, null, -1], steps: [0, 0, 1, 1] },
      // What was sampled before is context here: it is trained where it first stands.
      { tokens: [1, 2, 5, 6], sampled: [null, null, null, -1], steps: [2, 2, 2, 2] },
      { tokens: [7, 8], sampled: [null, -1], steps: [3, 3] },
    ])
  })

  it('trains every sampled token exactly once, with the context it was sampled in, whatever the calls', () => {
    const token = fc.nat(2)
    const calls = fc.array(
      fc.record({
        go: fc.boolean(),
        fresh: fc.array(token, { minLength: 1, maxLength: 3 }),
        said: fc.array(token, { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 6 },
    )
    return fc.assert(
      fc.asyncProperty(calls, async (given) => {
        let before: number[] = []
        const captures = given.map(({ go, fresh, said }) => {
          const prompt = go ? [...before, ...fresh] : fresh
          before = [...prompt, ...said]
          return capture(prompt, said)
        })
        const sequences = sequencesOf(await captured(captures))
        expect(countSampled(sequences)).toBe(captures.reduce((sum, { completion }) => sum + completion.length, 0))
        // Each (context, token) that was sampled is trained, as often as it was sampled.
        const wanted = captures.flatMap(({ prompt, completion }) =>
          completion.map((_, i) => [...prompt, ...completion.slice(0, i + 1)].join()),
        )
        const trained = sequences.flatMap(({ tokens, sampled }) =>
          tokens.flatMap((_, i) => (sampled[i] === null ? [] : [tokens.slice(0, i + 1).join()])),
        )
        expect(trained.toSorted()).toEqual(wanted.toSorted())
      }),
    )
  })

  it('trains nothing that was done in a held-out state', async () => {
    const t = await captured([capture([1], [2]), capture([1, 2, 3], [4]), capture([9], [9])], [1, 2])
    expect(sequencesOf(t)).toMatchObject([
      { tokens: [1, 2, 3, 4], sampled: [null, -1, null, null], steps: [0, 0, 1, 1] },
    ])
  })

  it('takes the asked-for seat alone', async () => {
    const agent: Agent = {
      id: 'two',
      async play(episode) {
        await episode.model('planner').complete({ messages: [] })
        await asking.play(episode)
      },
    }
    const t = await played(agent, talking())
    // The planner took the first word, so the policy stumbled once.
    expect(callsOf(t)).toHaveLength(7)
    expect(countSampled(sequencesOf(t))).toBe(12)
    expect(countSampled(sequencesOf(t, { role: 'planner' }))).toBe(2)
  })

  it('makes tokens of text that nobody captured only when told how', async () => {
    const oracle: Model = { id: 'oracle', complete: async () => ({ message: assistant('ab'), finish: 'stop' }) }
    const agent: Agent = {
      id: 'once',
      play: async (e) => void (await e.step((await e.model().complete({ messages: e.history })).message)),
    }
    const t = await played(agent, oracle)
    expect(() => sequencesOf(t)).toThrow("t/0: the tokens of a call to 'oracle' were not captured")
    const codes = (text: string): number[] => [...text].map((c) => c.charCodeAt(0))
    const renderer: Renderer = {
      id: 'r',
      stop: [0],
      prompt: (messages) => messages.flatMap((message) => codes(textOf(message))),
      parse: () => assistant(''),
      spelling: () => ({ bytes: new Uint8Array(), ends: new Uint32Array(), dropsSpace: false }),
      completion: (message) => [...codes(message.content), 0],
    }
    const [sequence] = sequencesOf(t, { renderer })
    expect(sequence?.tokens.slice(-3)).toEqual([97, 98, 0])
    expect(sequence?.sampled.filter((logprob) => logprob !== null)).toEqual([Number.NaN, Number.NaN, Number.NaN])
  })
})
