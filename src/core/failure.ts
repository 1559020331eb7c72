/**
 * What broke, and on whose side of which wall. A failure is data on the trajectory, never a reward (law 1).
 */

/** The walls a failure can come through. */
export type Wall = 'model' | 'env' | 'agent' | 'reward' | 'sandbox'

export interface Failure {
  readonly boundary: Wall
  readonly message: string
  /** A short machine-readable cause where the thrower gave one: 'rate-limit', 'timeout', 'ECONNRESET', … */
  readonly code?: string
}

/** An error that knows which wall it came through. The innermost wall wins. */
export class BoundaryError extends Error {
  readonly failure: Failure
  constructor(failure: Failure, cause: unknown) {
    super(failure.message, { cause })
    this.name = 'BoundaryError'
    this.failure = failure
  }
}

/** Thrown through an agent when its episode may not go on. Not a failure: the episode ends for this reason. */
export class EpisodeStopped extends Error {
  readonly reason: 'calls' | 'tokens' | 'time' | 'budget' | 'cancelled'
  constructor(reason: EpisodeStopped['reason'], message: string) {
    super(message)
    this.name = 'EpisodeStopped'
    this.reason = reason
  }
}

/** Runs `work`; what it throws comes out named after `wall`, unless it was named already or is a stop. */
export async function boundary<T>(wall: Wall, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BoundaryError || error instanceof EpisodeStopped) throw error
    throw new BoundaryError(failureOf(wall, error), error)
  }
}

export function failureOf(wall: Wall, error: unknown): Failure {
  if (error instanceof BoundaryError) return error.failure
  const message = error instanceof Error ? error.message || error.name : String(error)
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return { boundary: wall, message, ...(typeof code === 'string' && { code }) }
}

/**
 * What `work` comes to, or the signal's reason thrown as soon as it aborts. Every await on foreign code goes
 * through here (law 3): the work is left behind, so whoever owns the resource must still close it.
 */
export function orAbort<T>(work: T | Promise<T>, signal: AbortSignal): T | Promise<T> {
  if (!(work instanceof Promise)) return work
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
  })
}
