/** Models that are asked less at once, or less often. Whoever waits and is aborted leaves the queue at once. */
import { type Model, orAbort, semaphore } from '../core/index.ts'

/** At most `places` calls in flight, first come first served. Throws unless `places` is a positive integer. */
export function withConcurrency(model: Model, places: number): Model {
  const room = semaphore(places)
  return {
    id: model.id,
    async complete(request, options = {}) {
      const { signal } = options
      const answer = room.run(async () => {
        // The semaphore knows no signals: the place of a caller who has gone is passed on without asking.
        signal?.throwIfAborted()
        return model.complete(request, options)
      })
      return signal ? orAbort(answer, signal) : answer
    },
  }
}

/**
 * At most `requestsPerMinute`, first come first served, by a token bucket that holds one second's worth (at least one
 * request). Throws unless the rate is positive.
 */
export function withRateLimit(model: Model, { requestsPerMinute }: { readonly requestsPerMinute: number }): Model {
  if (!(requestsPerMinute > 0)) throw new Error(`requests per minute are a positive number, not ${requestsPerMinute}`)
  const enter = turnstile(requestsPerMinute / 60_000)
  return {
    id: model.id,
    async complete(request, options = {}) {
      await enter(options.signal)
      return model.complete(request, options)
    },
  }
}

/** Lets `perMs` callers through per millisecond. Rejects with the signal's reason when it aborts. */
function turnstile(perMs: number): (signal?: AbortSignal) => Promise<void> {
  const capacity = Math.max(1, perMs * 1000)
  const queue: (() => void)[] = []
  let tokens = capacity
  let atMs = performance.now()
  let timer: NodeJS.Timeout | undefined

  const pump = (): void => {
    clearTimeout(timer)
    const nowMs = performance.now()
    tokens = Math.min(capacity, tokens + (nowMs - atMs) * perMs)
    atMs = nowMs
    for (; tokens >= 1 && queue.length > 0; tokens--) queue.shift()?.()
    if (queue.length > 0) timer = setTimeout(pump, Math.ceil((1 - tokens) / perMs))
  }
  return (signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const pass = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        queue.splice(queue.indexOf(pass), 1)
        reject(signal?.reason)
        pump()
      }
      signal?.addEventListener('abort', leave, { once: true })
      queue.push(pass)
      pump()
    })
}
