/** How long an episode may live, and what has to be closed when it ends (law 3). */
import { EpisodeStopped, failureOf, orAbort } from './failure.ts'

export interface Lifetime extends Disposable {
  readonly signal: AbortSignal
}

/** Aborts with an EpisodeStopped: 'time' after `timeMs`, 'cancelled' when `parent` aborts. `what` names it in the message. */
export function lifetime(what: string, timeMs: number, parent?: AbortSignal): Lifetime {
  const controller = new AbortController()
  const cancel = (): void => controller.abort(new EpisodeStopped('cancelled', 'cancelled'))
  const expire = (): void => controller.abort(new EpisodeStopped('time', `${what} was not over within ${timeMs} ms`))
  // Longer than a timer can count is no deadline.
  const timer = timeMs < 2 ** 31 ? setTimeout(expire, timeMs) : undefined
  if (parent?.aborted) cancel()
  const children = parent && childrenOf(parent).add(cancel)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer)
      children?.delete(cancel)
    },
  }
}

const families = new WeakMap<AbortSignal, Set<() => void>>()

/** What to do when it aborts. A signal looks through its listeners whenever one comes or goes; with a run's thousands it has one. */
function childrenOf(parent: AbortSignal): Set<() => void> {
  const known = families.get(parent)
  if (known) return known
  const children = new Set<() => void>()
  families.set(parent, children)
  parent.addEventListener('abort', () => children.forEach((cancel) => cancel()), { once: true })
  return children
}

const CLOSE_MS = 10_000

/** Closes everything it was given, newest first, each within ten seconds. */
export class Owner {
  readonly #closers: (() => unknown)[] = []
  readonly #warnings: string[] = []
  #closed = false

  /** What comes too late is closed at once. */
  own(close: () => unknown): void {
    if (this.#closed) void this.#run(close)
    else this.#closers.push(close)
  }

  /** What could not be closed. */
  async close(): Promise<readonly string[]> {
    this.#closed = true
    for (const close of this.#closers.reverse()) await this.#run(close)
    return this.#warnings
  }

  async #run(close: () => unknown): Promise<void> {
    using limit = lifetime('closing', CLOSE_MS)
    try {
      await orAbort(close(), limit.signal)
    } catch (error) {
      this.#warnings.push(`could not be closed: ${failureOf('env', error).message}`)
    }
  }
}
