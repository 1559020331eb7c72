import { describe, expect, test } from 'vitest'
import { startOpenAiServer } from '../../test/openai-server.ts'
import { assistant, type Completion, ModelError, user } from '../core/index.ts'
import { openaiModel } from './openai.ts'
import { withRetry } from './retry.ts'
import { scriptedModel } from './scripted.ts'

const request = { messages: [user('hello')] }
const quick = { maxMs: 2 }
const failure = (code: ModelError['code'], retryAfterMs?: number): ModelError =>
  new ModelError(code, `a ${code}`, { retryAfterMs })

describe('withRetry', () => {
  test('asks again after what can be retried, and says how many requests it took', async () => {
    const model = scriptedModel([failure('rate-limit'), failure('server'), failure('timeout'), 'there'], { id: 'm' })
    const patient = withRetry(model, quick)
    expect(patient.id).toBe('m')
    const completion = await patient.complete(request)
    expect(completion).toMatchObject({ message: assistant('there'), attempts: 4 })
    expect(model.requests).toHaveLength(4)
  })

  test('counts one request where nothing failed, and adds to what the model itself counted', async () => {
    const counted: Completion = { message: assistant('b'), finish: 'stop', attempts: 3 }
    const model = withRetry(scriptedModel(['a', failure('connection'), counted]), quick)
    expect((await model.complete(request)).attempts).toBe(1)
    expect((await model.complete(request)).attempts).toBe(4)
  })

  test.each(['refused', 'context', 'exhausted'] as const)('does not ask again after %s', async (code) => {
    const error = failure(code)
    const model = scriptedModel([error, 'never'])
    await expect(withRetry(model, quick).complete(request)).rejects.toBe(error)
    expect(model.requests).toHaveLength(1)
  })

  test.each(['timeout', 'malformed'] as const)('gives up on %s sooner than on the rest', async (code) => {
    const model = scriptedModel([failure(code), failure('server'), failure(code), failure(code), 'never'])
    await expect(withRetry(model, quick).complete(request)).rejects.toMatchObject({
      code,
      message: `no answer after 4 attempts: a ${code}`,
    })
    expect(model.requests).toHaveLength(4)
  })

  test('what is no ModelError passes through', async () => {
    const bug = new TypeError('a bug')
    await expect(withRetry(scriptedModel([bug, 'never']), quick).complete(request)).rejects.toBe(bug)
  })

  test('gives up with the last code and the number of attempts', async () => {
    const last = failure('server')
    const model = scriptedModel([failure('timeout'), failure('rate-limit'), last, 'never'])
    await expect(withRetry(model, { ...quick, attempts: 3 }).complete(request)).rejects.toMatchObject({
      code: 'server',
      message: 'no answer after 3 attempts: a server',
      cause: last,
    })
    expect(model.requests).toHaveLength(3)
  })

  test('waits as long as the server wishes, but never longer than the longest wait', async () => {
    const started = performance.now()
    await withRetry(scriptedModel([failure('malformed', 40), 'a']), { maxMs: 1000 }).complete(request)
    expect(performance.now() - started).toBeGreaterThanOrEqual(39)
    // An hour would outlast the test.
    await withRetry(scriptedModel([failure('rate-limit', 3_600_000), 'a']), quick).complete(request)
  })

  test('an abort ends the wait with its reason', async () => {
    const model = scriptedModel([failure('rate-limit', 3_600_000), 'never'])
    const controller = new AbortController()
    const asked = withRetry(model, { maxMs: 3_600_000 }).complete(request, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 5)
    await expect(asked).rejects.toThrow('enough')
    expect(model.requests).toHaveLength(1)
  })

  test('refuses settings that mean nothing', () => {
    expect(() => withRetry(scriptedModel([]), { attempts: 0 })).toThrow('positive integer, not 0')
    expect(() => withRetry(scriptedModel([]), { maxMs: -1 })).toThrow('not -1')
  })

  test('gets an answer out of a server that fails in every way before it gives one', async () => {
    const chaos = [429, 500, 'drop', 'malformed', 'timeout', 'ok'] as const
    await using server = await startOpenAiServer({ reply: () => 'at last', chaos: (number) => chaos[number] ?? 'ok' })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl, timeoutMs: 300 })
    const completion = await withRetry(model, quick).complete(request)
    expect(completion.message.content).toBe('at last')
    expect(completion.attempts).toBe(6)
    expect(server.requests).toHaveLength(6)
  })
})
