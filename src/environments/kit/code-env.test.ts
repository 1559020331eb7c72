import { describe, expect, it } from 'vitest'
import { pythonPlaces } from '../../../test/places.ts'
import {
  type Agent,
  type AssistantMessage,
  assistant,
  checkEnv,
  fenced,
  random,
  rollout,
  type Task,
  type Trajectory,
  textOf,
} from '../../core/index.ts'
import { nearNumber } from '../../rewards/index.ts'
import { codeEnv } from './code-env.ts'

const sandbox = await pythonPlaces()

interface Numbers {
  readonly numbers: readonly number[]
}

const drawn = (from: number): Task<Numbers>[] =>
  [0, 1, 2].map((i) => ({
    id: `${from + i}`,
    data: { numbers: Array.from({ length: 20 }, () => random(from + i).int(9000)) },
  }))

const sums = codeEnv<Numbers>({
  id: 'sums@1',
  tasks: (split) => drawn(split === 'train' ? 0 : 10),
  ask: () => 'What is the sum of the numbers in numbers.txt?',
  setup: ({ numbers }) => ({
    files: { 'numbers.txt': numbers.join('\n') },
    code: 'def read(): return open("numbers.txt")',
  }),
  score: (answer, { task }) => nearNumber(answer, { gold: task.data.numbers.reduce((sum, one) => sum + one, 0) }),
  solve: ({ numbers }) => ({
    code: ['total = sum(map(int, read()))', 'print(total)'],
    answer: `${numbers.reduce((sum, one) => sum + one, 0)}`,
  }),
  guess: (_, random) => `${random.int(100_000)}`,
  turns: 6,
})

async function play(...actions: (string | AssistantMessage)[]): Promise<Trajectory> {
  const agent: Agent = {
    id: 'speaker',
    async play(episode) {
      for (const action of actions)
        if (!episode.done) await episode.step(typeof action === 'string' ? assistant(action) : action)
    },
  }
  const model = () => {
    throw new Error('nobody asks')
  }
  const [group] = await Array.fromAsync(rollout(sums, agent, drawn(10).slice(0, 1), { model, sandbox }))
  return group!.trajectories[0]!
}
const shown = ({ steps, final }: Trajectory): string[] =>
  [...steps.slice(1).map(({ observation }) => observation), final!].map(({ messages }) =>
    messages.map(textOf).join('\n'),
  )
const python = (code: string): string => fenced('python', code)
const call = (name: string, given: object, id = 'c') => ({ id, name, arguments: given as never })

describe('codeEnv', () => {
  it('makes worlds that keep every promise', { timeout: 300_000 }, async () => {
    const { promises } = await checkEnv(sums, { sandbox, tasks: 3 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
    expect(promises.find(({ name }) => name.startsWith('a fork'))?.verdict).toBe('kept')
  })

  it('takes tool calls for what code blocks and answers are, and answers each', async () => {
    const said = (...calls: ReturnType<typeof call>[]): AssistantMessage => ({ role: 'assistant', content: '', calls })
    const played = await play(
      said(call('execute', { code: 'print(sum(map(int, read())))' }), call('execute', { code: 'total = 1' }, 'd')),
      said(call('execute', { program: 1 })),
      said(call('submit', { answer: '1' })),
    )
    const [both, wrong] = shown(played)
    expect(both).toMatch(/^\d+\nNot run: one call in each message\.$/)
    expect(wrong).toContain('execute {"code": "…"}')
    expect(played.rewards).toMatchObject({ success: { value: 0 }, anyOfN: { value: 1, weight: 0 } })
    expect(played.final?.messages).toMatchObject([{ role: 'tool', callId: 'c', content: 'Committed.' }])
  })

  it('runs code before it takes an answer, and neither where a message is neither', async () => {
    const [both, neither] = shown(await play(`${python('print(1)')}\nAnswer: 1`, 'hm', 'Answer: 2'))
    expect(both).toBe('1')
    expect(neither).toContain('neither code nor an answer')
  })

  it('shows errors, exits and silence, and long output cut', { timeout: 60_000 }, async () => {
    const [error, exit, silent, long, binary] = shown(
      await play(
        python('1 / 0'),
        python('import sys; sys.exit(3)'),
        python('x = 1'),
        python("print('y' * 10**6)"),
        python('import os; os.write(1, bytes(range(256)))'),
      ),
    )
    expect(error).toContain('ZeroDivisionError')
    expect(exit).toContain('exit code 3')
    expect(silent).toBe('(no output)')
    expect(long!.length).toBeLessThan(20_000)
    expect(binary!.length).toBeLessThan(2000)
  })

  it('judges what kills its interpreter as it stands, and breaks nothing', async () => {
    const played = await play(python('import os; os._exit(0)'), python('print(1)'), 'Answer: 0')
    expect(shown(played)[1]).toContain('the interpreter is gone')
    expect(played.outcome).toEqual({ kind: 'scored', return: 0 })
  })
})
