import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { assistant, type Completion, type Model, ModelError, type ModelRequest, user } from '../core/index.ts'
import { type ProviderOptions, provider } from './limits.ts'
import { withRetry } from './retry.ts'
import { scriptedModel } from './scripted.ts'

const request = (text: string): ModelRequest => ({ messages: [user(text)] })
const open = (options: Partial<ProviderOptions> = {}) => provider({ name: 'the server', concurrency: 64, ...options })

/** A model that heeds no signal, so that whoever reaches it is seen to. Answers when it is let go, oldest first. */
function held() {
  const asked: unknown[] = []
  const waiting: { resolve(completion: Completion): void; reject(error: unknown): void }[] = []
  const complete: Model['complete'] = ({ messages }) => {
    asked.push(messages[0]?.content)
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }
  return {
    model: { id: 'held', complete } satisfies Model,
    asked,
    release: () => waiting.shift()?.resolve({ message: assistant('ok'), finish: 'stop' }),
    fail: (code: ModelError['code'], retryAfterMs?: number) =>
      waiting.shift()?.reject(new ModelError(code, `a ${code}`, { retryAfterMs })),
  }
}

/** Answers at once, and heeds no signal. */
function echo(usage?: Completion['usage']) {
  const asked: unknown[] = []
  const complete: Model['complete'] = async ({ messages }) => {
    asked.push(messages[0]?.content)
    return { message: assistant('ok'), finish: 'stop', ...(usage && { usage }) }
  }
  return { model: { id: 'echo', complete } satisfies Model, asked }
}
const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i))

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a provider’s concurrency', () => {
  test('lets so many through at once, in the order they came', async () => {
    const { model, asked: seen, release } = held()
    const limited = open({ concurrency: 2 }).gate(model)
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

  test('those of a group that was begun earlier go first, whenever they come', async () => {
    const { model, asked, release } = held()
    const door = open({ concurrency: 1 })
    const [early, late] = [door.gate(model, 0), door.gate(model, 1)]
    const calls = [late.complete(request('late 0')), late.complete(request('late 1'))]
    calls.push(early.complete(request('early 0')), late.complete(request('late 2')), early.complete(request('early 1')))
    for (let i = 0; i < 5; i++) {
      await soon()
      release()
    }
    await Promise.all(calls)
    expect(asked).toEqual(['late 0', 'early 0', 'early 1', 'late 1', 'late 2'])
  })

  test('whoever aborts while waiting leaves at once, and is never asked for', async () => {
    const { model, asked, release } = held()
    const limited = open({ concurrency: 1 }).gate(model)
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
    const limited = open({ concurrency: 1 }).gate(scriptedModel([new Error('boom'), 'fine']))
    await expect(limited.complete(request('a'))).rejects.toThrow('boom')
    expect((await limited.complete(request('b'))).message.content).toBe('fine')
  })

  test('halves once for a crowd that was told 429, and grows by one for every round of answers', async () => {
    const { model, release, fail } = held()
    const door = open({ concurrency: 16 })
    const limited = door.gate(model)
    const refused = numbers(16).map((text) => limited.complete(request(text)).catch((error) => error.code))
    await soon()
    for (let i = 0; i < 16; i++) fail('rate-limit')
    expect(new Set(await Promise.all(refused))).toEqual(new Set(['rate-limit']))
    expect(door.places).toBe(8)
    for (const expected of [8, 9, 10]) {
      const round = numbers(expected).map((text) => limited.complete(request(text)))
      await soon()
      for (let i = 0; i < expected; i++) release()
      await Promise.all(round)
    }
    expect(door.places).toBe(11)
  })

  test('shrinks where answers come much later than they did, and not where they are merely slow', async () => {
    vi.useFakeTimers()
    try {
      let latencyMs = 2000
      const complete: Model['complete'] = async () => {
        await new Promise((resolve) => setTimeout(resolve, latencyMs))
        return { message: assistant('ok'), finish: 'stop' }
      }
      const door = open({ concurrency: 32 })
      const limited = door.gate(door.watch({ id: 'm', complete }))
      const round = async (): Promise<void> => {
        const calls = numbers(32).map((text) => limited.complete(request(text)))
        await vi.advanceTimersByTimeAsync(10 * latencyMs)
        await Promise.all(calls)
      }
      for (let i = 0; i < 3; i++) await round()
      expect(door.places).toBe(32)
      latencyMs = 8000
      await round()
      expect(door.places).toBeLessThan(24)
    } finally {
      vi.useRealTimers()
    }
  })

  test('can be raised while calls wait', async () => {
    const { model, asked } = held()
    const door = open({ concurrency: 1 })
    for (const text of numbers(3)) void door.gate(model).complete(request(text))
    await soon()
    expect(asked).toHaveLength(1)
    door.resize(3)
    await soon()
    expect(asked).toHaveLength(3)
  })

  test('refuses one that is none', () => {
    expect(() => open({ concurrency: 0 })).toThrow('a positive integer, not 0')
  })
})

describe('a provider’s rates', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const rate = { requestsPerMinute: 1200 }

  test('a second’s worth goes at once, the rest at the rate, in the order they came', async () => {
    const { model, asked } = echo()
    const limited = open(rate).gate(model)
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
    const limited = open(rate).gate(model)
    await vi.advanceTimersByTimeAsync(60_000)
    for (const text of numbers(30)) void limited.complete(request(text))
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toHaveLength(20)
  })

  test('whoever aborts while waiting leaves the queue, and takes no turn', async () => {
    const { model, asked } = echo()
    const limited = open(rate).gate(model)
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

  test('tokens a minute are kept by what calls really used', async () => {
    const { model, asked } = echo({ promptTokens: 100, completionTokens: 400 })
    const limited = open({ tokensPerMinute: 60_000 }).gate(model)
    const calls = numbers(600).map((text) => limited.complete(request(text)))
    await vi.advanceTimersByTimeAsync(60_000)
    // 120 calls of 500 tokens a minute, and what a second's worth in hand lets in.
    expect(asked.length).toBeGreaterThanOrEqual(118)
    expect(asked.length).toBeLessThanOrEqual(124)
    await vi.advanceTimersByTimeAsync(300_000)
    await Promise.all(calls)
  })

  test('what the server wishes for holds for everybody who asks it', async () => {
    const { model, asked, fail } = held()
    const limited = open().gate(model)
    const refused = limited.complete(request('first')).catch((error) => error.code)
    await vi.advanceTimersByTimeAsync(0)
    fail('rate-limit', 7000)
    expect(await refused).toBe('rate-limit')
    for (const text of numbers(3)) void limited.complete(request(text))
    await vi.advanceTimersByTimeAsync(6990)
    expect(asked).toEqual(['first'])
    await vi.advanceTimersByTimeAsync(20)
    expect(asked).toEqual(['first', '0', '1', '2'])
  })

  test('refuses a rate that is none', () => {
    expect(() => open({ requestsPerMinute: 0 })).toThrow('requests per minute are a positive number, not 0')
    expect(() => open({ tokensPerMinute: -1 })).toThrow('tokens per minute are a positive number, not -1')
  })
})

describe('a provider that is down', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Fails until it is back. */
  function server() {
    const state = { asked: 0, up: false }
    const complete: Model['complete'] = async () => {
      state.asked++
      if (state.up) return { message: assistant('ok'), finish: 'stop' }
      throw new ModelError('server', 'it is on fire')
    }
    return { state, model: { id: 'm', complete } satisfies Model }
  }
  const code = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'ok',
      (error) => error.code,
    )

  test('is asked ten times, then only now and then, and again as before when a probe succeeds', async () => {
    const { state, model } = server()
    const limited = open().gate(model)
    for (let i = 0; i < 10; i++) expect(await code(limited.complete(request('a')))).toBe('server')
    await expect(limited.complete(request('a'))).rejects.toMatchObject({
      code: 'circuit-open',
      message: 'the server is not asked for now: it failed 10 times in a row, the last time because it is on fire',
      retryAfterMs: 5000,
    })
    expect(state.asked).toBe(10)
    await vi.advanceTimersByTimeAsync(5000)
    // One probe; who comes while it is out waits for what it says.
    const first = numbers(5).map((text) => code(limited.complete(request(text))))
    expect(await Promise.all(first)).toEqual(['server', 'circuit-open', 'circuit-open', 'circuit-open', 'circuit-open'])
    expect(state.asked).toBe(11)
    state.up = true
    await vi.advanceTimersByTimeAsync(5000)
    expect(await code(limited.complete(request('a')))).toBe('circuit-open')
    await vi.advanceTimersByTimeAsync(5000)
    expect(await Promise.all(numbers(5).map((text) => code(limited.complete(request(text)))))).toEqual(
      Array(5).fill('ok'),
    )
  })

  test('retries wait it out', async () => {
    const { state, model } = server()
    const door = open()
    const calls = numbers(20).map((text, seed) => code(withRetry(door.gate(model), { seed }).complete(request(text))))
    await vi.advanceTimersByTimeAsync(3000)
    expect(state.asked).toBeLessThan(50)
    state.up = true
    await vi.advanceTimersByTimeAsync(20_000)
    expect(await Promise.all(calls)).toEqual(Array(20).fill('ok'))
  })

  test('a refusal is a sign of life, and an abort says nothing', async () => {
    const script = [...Array(9).fill(new ModelError('server', 'no')), new ModelError('refused', 'no')]
    const limited = open().gate(scriptedModel([...script, ...script, new Error('aborted'), 'ok']))
    for (let i = 0; i < 21; i++) expect(await code(limited.complete(request('a')))).not.toBe('circuit-open')
    expect(await code(limited.complete(request('a')))).toBe('ok')
  })
})
