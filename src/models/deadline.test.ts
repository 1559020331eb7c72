import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pause, within } from './deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = (): Promise<never> => new Promise(() => {})

test('a pause that was cut short leaves no timer behind', async () => {
  const controller = new AbortController()
  const paused = pause(1000, controller.signal)
  controller.abort(new Error('enough'))
  await expect(paused).rejects.toThrow('enough')
  await expect(pause(1000, controller.signal)).rejects.toThrow('enough')
  expect(vi.getTimerCount()).toBe(0)
})

test('a call leaves no timer behind, however it ended', async () => {
  const controller = new AbortController()
  const deadline = { who: 'it', timeoutMs: 1000, signal: controller.signal }
  expect(await within(deadline, async () => 'done')).toBe('done')
  await expect(within(deadline, () => Promise.reject(new Error('boom')))).rejects.toThrow('boom')
  const aborted = within(deadline, never)
  controller.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  expect(vi.getTimerCount()).toBe(0)
})

test('work is told when its time is over', async () => {
  const told = vi.fn()
  const late = within({ who: 'it', timeoutMs: 1000 }, (signal) => {
    signal.addEventListener('abort', () => told(signal.reason.code))
    return never()
  })
  vi.advanceTimersByTime(999)
  expect(told).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  await expect(late).rejects.toMatchObject({ code: 'timeout', message: 'it did not answer within 1000 ms' })
  expect(told).toHaveBeenCalledWith('timeout')
})

test('longer than a timer can count is no deadline', async () => {
  const call = within({ who: 'it', timeoutMs: Number.POSITIVE_INFINITY }, async () => 'done')
  expect(vi.getTimerCount()).toBe(0)
  expect(await call).toBe('done')
})
