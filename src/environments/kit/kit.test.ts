import { describe, expect, it } from 'vitest'
import {
  assistant,
  checkEnv,
  type Env,
  type EnvSpec,
  fenced,
  fences,
  type StepResult,
  seedOf,
} from '../../core/index.ts'
import { exactMatch } from '../../rewards/index.ts'
import { afterAnswer, pythonBlock, submitBlock } from './answer-form.ts'
import { questionEnv } from './question-env.ts'

describe('fences', () => {
  it('finds blocks with their tags, and the text around them', () => {
    const { blocks, outside } = fences('first\n```python\na = 1\n\nb\n```\nthen\n````submit x\n```\ninside\n````\nlast')
    expect(blocks).toEqual([
      { tag: 'python', code: 'a = 1\n\nb' },
      { tag: 'submit', code: '```\ninside' },
    ])
    expect(outside).toBe('first\nthen\nlast')
  })

  it('takes a block that is not closed for none', () => {
    expect(fences('```python\nimport os').blocks).toEqual([])
  })

  it('reads back what it writes, fences in it or not', () => {
    for (const code of ['x = 1', '', 'def f():\n    """\n```\nexample\n```\n    """\n', '`````\n']) {
      expect(fences(`so:\n${fenced('python', code)}`).blocks[0]?.code).toBe(code.replace(/\n$/, ''))
    }
  })

  it('takes time in proportion to the text', () => {
    const hostile = `${'`'.repeat(100_000)}\n${'````\n```\n'.repeat(20_000)}${'`````'.repeat(50_000)}`
    fences(hostile)
    afterAnswer.read(`${'Answer'.repeat(100_000)}${'*'.repeat(100_000)}`)
  }, 1000)
})

describe('the forms of an answer', () => {
  it('is what follows the last "Answer:", over several lines, code aside', () => {
    expect(afterAnswer.read('Answer: 1\nno\n**Answer:** two\nthree')).toBe('two\nthree')
    expect(afterAnswer.read('The Answer: 1')).toBeNull()
    expect(afterAnswer.read('Answer:  ')).toBeNull()
    expect(afterAnswer.read('```\nAnswer: 1\n```')).toBeNull()
  })

  it('is read as it was written', () => {
    for (const form of [afterAnswer, pythonBlock, submitBlock]) {
      for (const answer of ['42', 'a\nb', 'print("```")']) expect(form.read(form.write(answer))).toBe(answer)
      expect(form.read('')).toBeNull()
    }
  })
})

const capitals = [
  ['Chile', 'Santiago'],
  ['Kenya', 'Nairobi'],
  ['Norway', 'Oslo'],
  ['Peru', 'Lima'],
  ['Japan', 'Tokyo'],
  ['Ghana', 'Accra'],
] as const

const atlas = (turns?: number): EnvSpec<{ country: string; capital: string }, Env> =>
  questionEnv({
    id: 'atlas@1',
    tasks: (split) =>
      capitals
        .map(([country, capital]) => ({ id: country, data: { country, capital } }))
        .filter((task) => (seedOf(task.id) % 2 === 0) === (split === 'test')),
    ask: ({ country }) => `What is the capital of ${country}?`,
    form: afterAnswer,
    score: (answer, { task }) => exactMatch(answer, task.data.capital),
    solve: ({ capital }) => capital,
    guess: (_, random) => random.pick(capitals)[1],
    ...(turns !== undefined && { turns }),
  })

describe('questionEnv', () => {
  it('makes worlds that keep every promise', async () => {
    const { promises } = await checkEnv(atlas())
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('tells the form again while turns are left, and ends at the first answer', async () => {
    const task = { id: 'Peru', data: { country: 'Peru', capital: 'Lima' } }
    const play = async (...texts: string[]): Promise<StepResult[]> => {
      const env = await atlas(3).make(task, {} as never)
      const results: StepResult[] = []
      for (const text of texts) results.push(await env.step(assistant(text)))
      return results
    }
    const patient = await play('Lima', 'Answer: Lima')
    expect(patient.map(({ end }) => end)).toEqual([undefined, 'terminated'])
    expect(patient[0]?.observation.messages[0]?.content).toContain('`Answer: …`')
    expect((await play('a', 'b', 'c')).at(-1)?.end).toBe('truncated')
  })

  it('forks into a world of its own, and shows itself as data', async () => {
    const env = await atlas(3).make({ id: 'Peru', data: { country: 'Peru', capital: 'Lima' } }, {} as never)
    await env.step(assistant('Lima'))
    const fork = await env.fork!()
    await fork.step(assistant('Answer: Quito'))
    const question = 'What is the capital of Peru?'
    expect(env.data?.()).toEqual({ question, turn: 1, answer: null })
    expect(fork.data?.()).toEqual({ question, turn: 2, answer: 'Quito' })
  })
})
