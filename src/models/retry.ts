/** Asks again where asking again can help. Knows nothing of why a call failed beyond what its ModelError says. */
import { type Model, ModelError, random } from '../core/index.ts'
import { pause } from './deadline.ts'

export interface RetryOptions {
  /** Requests in all, 6 unless given. */
  readonly attempts?: number
  /** The longest first wait, 500 ms unless given; it doubles with every failure. */
  readonly baseMs?: number
  /** No wait is longer, whatever the server wishes: 30 s unless given. */
  readonly maxMs?: number
  /** For the jitter. Workers that share a server should not share a seed. */
  readonly seed?: number
}

/**
 * Exponential backoff with full jitter (uniform between nothing and the longest wait), on top of the server's own
 * wish where it has one, so that a crowd that was told the same does not come back as one. Rejects with the last
 * failure's code and the number of attempts made.
 */
export function withRetry(model: Model, options: RetryOptions = {}): Model {
  const { attempts = 6, baseMs = 500, maxMs = 30_000, seed = 0 } = options
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new Error(`a number of attempts is a positive integer, not ${attempts}`)
  }
  if (!(baseMs >= 0 && maxMs >= 0)) throw new Error(`waits are at least 0 ms, not ${baseMs} and ${maxMs}`)
  const chance = random(seed).split('retry')
  return {
    id: model.id,
    async complete(request, options = {}) {
      for (let made = 1; ; made++) {
        try {
          const completion = await model.complete(request, options)
          return { ...completion, attempts: made - 1 + (completion.attempts ?? 1) }
        } catch (error) {
          if (!(error instanceof ModelError && error.retryable)) throw error
          if (made === attempts) throw gaveUp(error, attempts)
          const jitterMs = chance.next() * Math.min(maxMs, baseMs * 2 ** (made - 1))
          await pause(Math.min(maxMs, (error.retryAfterMs ?? 0) + jitterMs), options.signal)
        }
      }
    },
  }
}

function gaveUp(last: ModelError, attempts: number): ModelError {
  const made = attempts === 1 ? '1 attempt' : `${attempts} attempts`
  const { retryAfterMs } = last
  return new ModelError(last.code, `no answer after ${made}: ${last.message}`, { cause: last, retryAfterMs })
}
