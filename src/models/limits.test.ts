import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { assistant, type Completion, type Model, type ModelRequest, user } from '../core/index.ts'
import { withConcurrency, withRateLimit } from './limits.ts'
import { scriptedModel } from './scripted.ts'

const request = (text: string): ModelRequest => ({ messages: [user(text)] })

/** A model that heeds no signal, so that whoever reaches it is seen to. Answers when it is let go, oldest first. */
function held(): { readonly model: Model; readonly asked: unknown[]; release(): void } {
  const asked: unknown[] = []
  const waiting: ((completion: Completion) => void)[] = []
  const complete: Model['complete'] = ({ messages }) => {
    asked.push(messages[0]?.content)
    return new Promise((resolve) => waiting.push(resolve))
  }
  return {
    model: { id: 'held', complete },
    asked,
    release: () => waiting.shift()?.({ message: assistant('ok'), finish: 'stop' }),
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('withConcurrency', () => {
  test('lets so many through at once, in the order they came', async () => {
    const { model, asked: seen, release } = held()
    const limited = withConcurrency(model, 2)
    expect(limited.id).toBe('held')
    const asked = ['a', 'b', 'c', 'd'].map((text) => limited.complete(request(text)))
    await soon()
    expect(seen).toEqual(['a', 'b'])
    release()
    await asked[0]
    await soon()
    expect(seen).toEqual(['a', 'b', 'c'])
    for (let i = 0; i < 3; i++) {
      release()
      await soon()
    }
    await Promise.all(asked)
  })

  test('whoever aborts while waiting leaves at once, and is never asked for', async () => {
    const { model, asked, release } = held()
    const limited = withConcurrency(model, 1)
    const controller = new AbortController()
    const first = limited.complete(request('first'))
    const gone = limited.complete(request('gone'), { signal: controller.signal })
    const last = limited.complete(request('last'))
    controller.abort(new Error('enough'))
    await expect(gone).rejects.toThrow('enough')
    release()
    await first
    await soon()
    release()
    await last
    expect(asked).toEqual(['first', 'last'])
  })

  test('a failure gives its place back', async () => {
    const limited = withConcurrency(scriptedModel([new Error('boom'), 'fine']), 1)
    await expect(limited.complete(request('a'))).rejects.toThrow('boom')
    expect((await limited.complete(request('b'))).message.content).toBe('fine')
  })
})

describe('withRateLimit', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const rate = { requestsPerMinute: 1200 }
  /** Answers at once, and heeds no signal. */
  const echo = (): { readonly model: Model; readonly asked: unknown[] } => {
    const asked: unknown[] = []
    const complete: Model['complete'] = async ({ messages }) => {
      asked.push(messages[0]?.content)
      return { message: assistant('ok'), finish: 'stop' }
    }
    return { model: { id: 'echo', complete }, asked }
  }
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i))

  test('a second’s worth goes at once, the rest at the rate, in the order they came', async () => {
    const { model, asked } = echo()
    const limited = withRateLimit(model, rate)
    const calls = numbers(24).map((text) => limited.complete(request(text)))
    await vi.advanceTimersByTimeAsync(49)
    expect(asked).toHaveLength(20)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(2)
    expect(asked).toHaveLength(21)
    await vi.advanceTimersByTimeAsync(150)
    await Promise.all(calls)
    expect(asked).toEqual(numbers(24))
    expect(vi.getTimerCount()).toBe(0)
  })

  test('no more than a second’s worth is saved up', async () => {
    const { model, asked } = echo()
    const limited = withRateLimit(model, rate)
    await vi.advanceTimersByTimeAsync(60_000)
    for (const text of numbers(30)) void limited.complete(request(text))
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toHaveLength(20)
  })

  test('whoever aborts while waiting leaves the queue, and takes no turn', async () => {
    const { model, asked } = echo()
    const limited = withRateLimit(model, rate)
    const controller = new AbortController()
    const { signal } = controller
    await Promise.all(numbers(20).map((text) => limited.complete(request(text), { signal })))
    const gone = limited.complete(request('gone'), { signal })
    const last = limited.complete(request('last'))
    controller.abort(new Error('enough'))
    await expect(gone).rejects.toThrow('enough')
    await expect(limited.complete(request('late'), { signal })).rejects.toThrow('enough')
    await vi.advanceTimersByTimeAsync(51)
    expect(asked.slice(20)).toEqual(['last'])
    await last
  })

  test('refuses a rate that is none', () => {
    expect(() => withRateLimit(echo().model, { requestsPerMinute: 0 })).toThrow('positive number, not 0')
  })
})
