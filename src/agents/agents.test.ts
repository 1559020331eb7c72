import { describe, expect, it } from 'vitest'
import { pythonPlaces } from '../../test/places.ts'
import { type Agent, type EnvSpec, fenced, type Model, rollout, type Trajectory, textOf } from '../core/index.ts'
import { codeEnv, questionEnv } from '../environments/index.ts'
import { scriptedModel } from '../models/index.ts'
import { testsPass } from '../rewards/index.ts'
import { agentcoder } from './agentcoder.ts'
import { codeact } from './codeact.ts'

const sandbox = await pythonPlaces()
const one = { id: 'one', data: null }
const tasks = () => [one]

const sum: EnvSpec<null> = codeEnv({
  id: 'sum@1',
  tasks,
  ask: () => 'What is the sum of the numbers in numbers.txt?',
  setup: () => ({ files: { 'numbers.txt': '1\n2\n39\n' }, code: 'limit = 3' }),
  score: (answer) => (answer === '42' ? 1 : 0),
  solve: () => ({ answer: '42' }),
})

const square: EnvSpec<null> = codeEnv({
  id: 'square@1',
  tasks,
  answer: 'program',
  ask: () => 'Write a function square(x).',
  score: (code, judged) =>
    testsPass(judged.sandbox, { code, names: ['square'], tests: 'assert square(3) == 9\nassert square(-2) == 4' }),
  solve: () => ({ answer: 'def square(x): return x * x' }),
})

async function play(spec: EnvSpec<null>, agent: Agent, model: Model | ((seat: { role: string }) => Model)) {
  const [group] = await Array.fromAsync(rollout(spec, agent, [one], { model, sandbox }))
  return group!.trajectories[0]!
}
const success = ({ rewards }: Trajectory) => rewards['success']?.value
const seen = ({ steps, final }: Trajectory) =>
  [...steps.slice(1).map(({ observation }) => observation), final!].map(({ messages }) => messages.map(textOf).join())

describe('codeact', () => {
  it('runs code, keeps its state, reads errors, and commits plain text as its answer', async () => {
    const model = scriptedModel([
      `Let me see.\n${fenced('python', 'total = undefined')}`,
      'Again: <execute> total = sum(map(int, open("numbers.txt"))) </execute>',
      fenced('python', 'print(total)\nprint(limit)'),
      '42',
    ])
    const played = await play(sum, codeact(), model)
    const [error, silent, printed] = seen(played)
    expect(error).toContain("NameError: name 'undefined' is not defined")
    expect([silent, printed]).toEqual(['(no output)', '42\n3'])
    expect([played.steps.length, success(played), played.stop]).toEqual([4, 1, 'terminated'])
    expect(model.requests.every(({ tools }) => tools === undefined)).toBe(true)
  })

  it('leaves an answer in the form of the world as it is', async () => {
    expect(success(await play(sum, codeact(), scriptedModel(['So:\nAnswer: 42'])))).toBe(1)
  })

  it('sees a value that was printed and not committed as any-of-n, and pays nothing for it', async () => {
    const played = await play(sum, codeact(), scriptedModel([fenced('python', 'print(42)'), '41']))
    expect(played.rewards).toMatchObject({ success: { value: 0, weight: 1 }, anyOfN: { value: 1, weight: 0 } })
  })
})

describe('agentcoder', () => {
  const seats = (programs: string[], tests: string) => {
    const programmer = scriptedModel(programs.map((code) => `I think.\n${fenced('python', code)}`))
    const designer = scriptedModel([fenced('python', tests)])
    return {
      programmer,
      designer,
      model: ({ role }: { role: string }) => (role === 'programmer' ? programmer : designer),
    }
  }
  const [wrong, right] = ['def square(x): return 2 * x', 'def square(x): return x * x']

  it('mends its program by the tests of a designer who has not seen it', async () => {
    const { programmer, designer, model } = seats([wrong, right], 'assert square(3) == 9')
    const played = await play(square, agentcoder(), model)
    expect([success(played), played.steps.length, played.stop]).toEqual([1, 3, 'terminated'])
    expect(JSON.stringify(programmer.requests[1]?.messages)).toContain('AssertionError')
    expect(JSON.stringify(designer.requests)).not.toContain('2 * x')
    expect(played.steps.map(({ calls }) => calls.map(({ role }) => role))).toEqual([
      ['programmer', 'test-designer'],
      ['programmer'],
      [],
    ])
  })

  it('is no success because its own tests pass', async () => {
    const { model } = seats([wrong], 'assert square(2) == 4\nassert square(0) == 0')
    const played = await play(square, agentcoder(), model)
    expect([success(played), played.stop]).toEqual([0, 'terminated'])
  })

  it('submits what it has after five rounds', async () => {
    const { programmer, model } = seats([wrong, wrong, wrong, wrong, right, wrong], 'assert square(3) == 10')
    const played = await play(square, agentcoder(), model)
    expect([success(played), programmer.requests.length, played.steps.length]).toEqual([1, 5, 6])
  })

  it('says which worlds it plays', async () => {
    const silent = questionEnv<null>({ id: 'q@1', tasks, ask: () => '?', score: () => 0, solve: () => '!' })
    const { outcome } = await play(silent, agentcoder(), seats([], '').model)
    expect(outcome).toMatchObject({
      failure: { boundary: 'agent', message: expect.stringContaining('humaneval:repair') },
    })
  })
})
