/** Asks again where asking again can help, by the table of failure classes. Knows nothing of why a call failed beyond what its ModelError says. */
import { failureClass, type Model, ModelError, type ModelErrorCode, type Random, random } from '../core/index.ts'
import { pause } from './deadline.ts'

export interface RetryOptions {
  /** Requests in all, 6 unless given; the table allows fewer for some causes. */
  readonly attempts?: number
  /** No wait is longer, whatever the server wishes: 30 s unless given. */
  readonly maxMs?: number
  /** For the jitter. Callers that share a server should not share a seed. */
  readonly seed?: number
}

/**
 * Exponential backoff with full jitter (uniform between nothing and the longest wait), on top of the server's own
 * wish where it has one, so that a crowd that was told the same does not come back as one. Rejects with the last
 * failure's code and the number of attempts made.
 */
export function withRetry(model: Model, options: RetryOptions = {}): Model {
  const { attempts = 6, maxMs = 30_000, seed = 0 } = options
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new Error(`a number of attempts is a positive integer, not ${attempts}`)
  }
  if (!(maxMs >= 0)) throw new Error(`the longest wait is at least 0 ms, not ${maxMs}`)
  let chance: Random | undefined
  return {
    id: model.id,
    async complete(request, options = {}) {
      let failures: Map<ModelErrorCode, number> | undefined
      for (let made = 1; ; made++) {
        try {
          const completion = await model.complete(request, options)
          return { ...completion, attempts: made - 1 + (completion.attempts ?? 1) }
        } catch (error) {
          if (!(error instanceof ModelError && error.retryable)) throw error
          const { tries, waitMs } = failureClass(error.code)
          failures ??= new Map()
          const alike = (failures.get(error.code) ?? 0) + 1
          failures.set(error.code, alike)
          if (made === attempts || alike >= tries) throw gaveUp(error, made)
          chance ??= random(seed).split('retry')
          const jitterMs = chance.next() * Math.min(maxMs, waitMs * 2 ** (made - 1))
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
