import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type AssistantMessage, assistant, type EnvSpec, rollout, successOf, type Task, textOf } from '../core/index.ts'
import { arithmetic, maze, tool, toolEnv } from '../environments/index.ts'
import { noisyOracle, oracle, type ScriptedAnswer, scriptedModel } from '../models/index.ts'
import { alphaUmi } from './alpha-umi.ts'

/** Look a number up, and say it. */
const phoneBook = (name: string): EnvSpec<string> =>
  toolEnv<null, string>({
    id: 'phone-book@1',
    tasks: () => [{ id: 'ada', data: 'Ada' }],
    limits: { steps: 4 },
    instructions: 'Answer with the number alone.',
    ask: (who) => `What is the number of ${who}?`,
    tools: {
      [name]: tool({
        about: 'The number of somebody.',
        input: z.object({ who: z.string() }),
        run: (_: null, { who }) => ({ result: who === 'Ada' ? '1815' : 'nobody of that name' }),
      }),
    },
    start: () => null,
    words: 'end',
    success: ({ talk }) => (talk.at(-1)?.text === '1815' ? 1 : 0),
    solve: () => ['1815'],
  })
const call = (name: string): AssistantMessage => ({
  ...assistant('I look it up.'),
  calls: [{ id: 'c1', name, arguments: { who: 'Ada' } }],
})

async function play(spec: EnvSpec<string>, scripts: Readonly<Record<string, readonly ScriptedAnswer[]>>) {
  const seats = new Map(Object.entries(scripts).map(([role, script]) => [role, scriptedModel(script)]))
  const model = ({ role }: { role: string }) => seats.get(role)!
  const [group] = await Array.fromAsync(rollout(spec, alphaUmi(), spec.tasks('test'), { model }))
  const shown = (role: string) =>
    seats.get(role)!.requests.map(({ messages }) => messages.map((message) => `${message.role}|${textOf(message)}`))
  return { played: group!.trajectories[0]!, seats, shown }
}
const planner = ['Her number is to be found. Next: caller.', 'It is 1815. Next: conclusion.']

describe('alpha-umi', () => {
  it('plans, calls and concludes, each in a seat that hears what the others said', async () => {
    const { played, seats, shown } = await play(phoneBook('lookup'), {
      planner,
      caller: [call('lookup')],
      summarizer: ['1815'],
    })
    expect([successOf(played), played.stop]).toEqual([1, 'terminated'])
    expect(played.steps.map(({ calls }) => calls.map(({ role }) => role))).toEqual([
      ['planner', 'caller'],
      ['planner', 'summarizer'],
    ])
    expect(shown('planner')[1]!.slice(2)).toEqual([
      'user|What is the number of Ada?',
      `assistant|${planner[0]}`,
      'user|caller: I look it up.\nlookup({"who":"Ada"})',
      'user|observation: 1815',
    ])
    expect(shown('caller')[0]!.at(-1)).toBe(`user|planner: ${planner[0]}`)
    expect(shown('summarizer')[0]!.slice(-2)).toEqual(['user|observation: 1815', `user|planner: ${planner[1]}`])
    const offered = [...seats].map(([role, { requests }]) => [role, requests[0]!.tools?.length ?? 0])
    expect(offered).toEqual([
      ['planner', 0],
      ['caller', 1],
      ['summarizer', 1],
    ])
  })

  it('needs no other planner and no other summarizer where a tool is renamed', async () => {
    const renamed = phoneBook('directory')
    const { played } = await play(renamed, { planner, caller: [call('directory')], summarizer: ['1815'] })
    expect(successOf(played)).toBe(1)
  })

  it('lets the caller act where the plan names nobody, shows it what its calls came to, and may give up', async () => {
    const { played, shown } = await play(phoneBook('lookup'), {
      planner: ['Hm.', 'Once more, with next: CALLER', 'Nobody knows. Next: give up.'],
      caller: [call('nothing'), call('lookup')],
    })
    expect([successOf(played), played.stop, played.trailing.length]).toEqual([0, 'gave-up', 1])
    const own = shown('caller')[1]!.slice(-3)
    expect(own[0]).toBe('assistant|I look it up.')
    expect(own[1]).toMatch(/^tool\|Error: there is no tool 'nothing'/)
  })

  it('plays with the answer key in every seat, and errs as often as its caller', async () => {
    const mazes = maze({ layout: 'u' })
    const walked = await Array.fromAsync(rollout(mazes, alphaUmi(), mazes.tasks('test'), { model: oracle(mazes) }))
    expect(walked.flatMap(({ trajectories }) => trajectories.map(successOf)).every((one) => one === 1)).toBe(true)
    const sums = arithmetic({ digits: 2 })
    const tasks = [...(sums.tasks('test') as Iterable<Task<never>>)].slice(0, 500)
    const answered = await Array.fromAsync(rollout(sums, alphaUmi(), tasks, { model: noisyOracle(sums, 0.3) }))
    const right = answered.filter(({ trajectories }) => successOf(trajectories[0]!) === 1).length / tasks.length
    expect(Math.abs(right - 0.7)).toBeLessThan(3 * Math.sqrt((0.7 * 0.3) / tasks.length))
  })
})
