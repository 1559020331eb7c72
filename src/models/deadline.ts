/** Waiting that ends: a call within its deadline, a pause that an abort cuts short. Knows nothing of what is waited for. */
import { ModelError } from '../core/index.ts'

export interface Deadline {
  /** Who is waited for, as the error names them. */
  readonly who: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** Throws unless it is a positive number; Infinity is no deadline. */
export function checkTimeout(timeoutMs: number): void {
  if (!(timeoutMs > 0)) throw new Error(`a timeout is a positive number of milliseconds, not ${timeoutMs}`)
}

/**
 * What `work` comes to. Rejects with a ModelError 'timeout' after `timeoutMs`, and with the signal's reason as soon as
 * it aborts; the signal that `work` is handed aborts with either.
 */
export function within<T>({ who, timeoutMs, signal }: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const controller = new AbortController()
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    }
    const stop = (reason: unknown): void => {
      settle()
      reject(reason)
      controller.abort(reason)
    }
    const cancel = (): void => stop(signal?.reason)
    const expire = (): void => stop(new ModelError('timeout', `${who} did not answer within ${timeoutMs} ms`))
    // Longer than a timer can count is no deadline.
    const timer = timeoutMs < 2 ** 31 ? setTimeout(expire, timeoutMs) : undefined
    signal?.addEventListener('abort', cancel, { once: true })
    work(controller.signal).finally(settle).then(resolve, reject)
  })
}

/** Rejects with the signal's reason as soon as it aborts. */
export function pause(timeMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', cancel)
      resolve()
    }, timeMs)
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
  })
}
