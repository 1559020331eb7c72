import { describe, expect, test } from 'vitest'
import { assistant, type Completion, ModelError, user } from '../core/index.ts'
import { parseScript, scriptedModel } from './scripted.ts'

const request = { messages: [user('hello')] }

describe('scriptedModel', () => {
  test('plays a list in order, whatever the answers are given as, and then is exhausted', async () => {
    const call = { id: 'a', name: 'look', arguments: {} }
    const completion: Completion = { message: assistant('third'), finish: 'length', costUsd: 2 }
    const boom = new ModelError('server', 'boom')
    const model = scriptedModel(['first', { ...assistant('second'), calls: [call] }, completion, boom])
    expect(await model.complete(request)).toEqual({ message: assistant('first'), finish: 'stop', costUsd: 0 })
    expect((await model.complete(request)).finish).toBe('tool')
    expect(await model.complete(request)).toBe(completion)
    await expect(model.complete(request)).rejects.toBe(boom)
    await expect(model.complete(request)).rejects.toMatchObject({
      code: 'exhausted',
      retryable: false,
      message: 'the script has 4 answers, and one more is asked for',
    })
  })

  test('remembers what it was asked as it was then', async () => {
    const messages = [user('one')]
    const model = scriptedModel(['a', 'b'], { id: 'double' })
    await model.complete({ messages, sampling: { seed: 3 } })
    messages.push(user('two'))
    await model.complete({ messages })
    expect(model.id).toBe('double')
    expect(model.requests).toEqual([
      { messages: [user('one')], sampling: { seed: 3 } },
      { messages: [user('one'), user('two')] },
    ])
  })

  test('a function answers from the request and its number', async () => {
    const model = scriptedModel(async ({ messages }, number) => `${number}: ${messages[0]?.content}`)
    expect((await model.complete(request)).message.content).toBe('0: hello')
    expect((await model.complete(request)).message.content).toBe('1: hello')
  })

  test('an abort ends a slow answer with its reason', async () => {
    const model = scriptedModel(() => new Promise(() => {}))
    const controller = new AbortController()
    const asked = model.complete(request, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    await expect(model.complete(request, { signal: controller.signal })).rejects.toThrow('enough')
    expect(model.requests).toHaveLength(1)
  })
})

describe('parseScript', () => {
  const call = { role: 'assistant', content: '', calls: [{ id: 'c', name: 'add', arguments: { a: 1 } }] } as const

  test('reads an array, a value per line, and a single value', () => {
    const answers = ['up', call, 'line\nbreak']
    expect(parseScript(JSON.stringify(answers, null, 2))).toEqual(answers)
    expect(parseScript(`${answers.map((answer) => JSON.stringify(answer)).join('\n\n')}\r\n`)).toEqual(answers)
    expect(parseScript('"up"')).toEqual(['up'])
  })

  test.each([
    ['', /script is empty/],
    ['"up"\nup', /line 2 of the script is no JSON: up/],
    ['["up", 3]', /answer 2 of the script is neither a string nor an assistant message.*: 3$/],
    ['{"role":"user","content":"x"}', /answer 1 .*at 'role'/],
    ['{"role":"assistant","content":"x","tool_calls":[]}', /tool_calls/],
    ['{"role":"assistant","content":"","calls":[{"id":"c","arguments":{}}]}', /at 'calls.0.name'/],
  ])('%j is refused', (text, why) => {
    expect(() => parseScript(text)).toThrow(why)
  })
})
