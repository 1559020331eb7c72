import { describe, expect, test } from 'vitest'
import { type Agent, type EnvSpec, type Model, rollout, type Trajectory } from '../core/index.ts'
import { arithmetic } from '../environments/arithmetic.ts'
import { replayed } from './replay.ts'
import { scriptedModel } from './scripted.ts'

const spec: EnvSpec = arithmetic({ digits: 1 }) as EnvSpec

/** Asks twice in two seats, then answers. */
const twice: Agent = {
  id: 'twice',
  async play(episode) {
    const { messages } = episode.observation
    await episode.model('planner').complete({ messages })
    const { message } = await episode.model().complete({ messages, sampling: { temperature: 1 } })
    await episode.step(message)
  },
}

async function play(model: Model | Parameters<typeof replayed>[1], attempts = 2): Promise<Trajectory[]> {
  const seats = typeof model === 'function' ? replayed('replay:r', model) : model
  const tasks = [...(spec.tasks('train') as Iterable<{ id: string; data: never }>)].slice(0, 3)
  const out: Trajectory[] = []
  for await (const { trajectories } of rollout(spec, twice, tasks, { model: seats, attempts, seed: 1 }))
    out.push(...trajectories)
  return out
}
const of = (all: readonly Trajectory[]) => (task: string, attempt: number) =>
  all.find((one) => one.task === task && one.attempt === attempt)

describe('a recording that is played again', () => {
  test('says what was said, seat by seat, and costs nothing', async () => {
    const recorded = await play(
      scriptedModel((_, number) => ({
        message: { role: 'assistant', content: `${number}` },
        finish: 'stop',
        costUsd: 1,
      })),
    )
    const again = await play(of(recorded))
    const said = (all: readonly Trajectory[]) =>
      all.map(({ id, outcome, steps }) => [
        id,
        outcome,
        steps.map(({ action, calls }) => [action, calls.map(({ request }) => request)]),
      ])
    expect(said(again).sort()).toEqual(said(recorded).sort())
    expect(recorded[0]?.costUsd).toBe(2)
    expect(again.map(({ costUsd }) => costUsd)).toEqual(Array(6).fill(0))
  })

  test('has no answer to what was never asked, and says where it differs', async () => {
    const recorded = await play(
      scriptedModel((_, number) => `${number}`),
      1,
    )
    const [first] = recorded
    const changed = recorded.map((trajectory) => ({
      ...trajectory,
      trailing: [],
      steps: trajectory.steps.map((step) => ({
        ...step,
        calls: step.calls.map((call) => ({
          ...call,
          request: { ...call.request, messages: call.request.messages.slice(1) },
        })),
      })),
    }))
    const message = async (...all: Parameters<typeof play>) => {
      const found = (await play(...all)).flatMap(({ outcome }) => (outcome.kind === 'broken' ? [outcome.failure] : []))
      expect(new Set(found.map(({ code }) => code))).toEqual(new Set(['exhausted']))
      return found.map(({ message }) => message).join('\n')
    }
    expect(await message(of(recorded), 2)).toContain(
      `replay:r: 'planner' in attempt 1 at task '${first?.task}' was not recorded`,
    )
    expect(await message(of(changed), 1)).toMatch(
      /asks something that was not recorded as call 0: message 0 is .* and was /,
    )
    const cold = recorded.map((one) => JSON.parse(JSON.stringify(one).replaceAll('"temperature":1', '"temperature":0')))
    expect(await message(of(cold), 1)).toMatch(/its sampling is .*"temperature":1.* and was .*"temperature":0/)
  })
})
