/**
 * Who plays what, where several processes share a run: episodes are handed out by their ids, to one holder at a time.
 * A holder that dies is noticed within seconds, and another one gets what it held: at least once, never not at all.
 */

export interface Lease {
  /** A trajectory's id. */
  readonly id: string
  /** The trajectory is on disk: the id is handed out no more. */
  done(): Promise<void>
  /** Somebody else is at it still: handed out again in some seconds. */
  later(): Promise<void>
}

export interface Executor extends AsyncDisposable {
  /** Ids to be handed out. One that is waiting, or held by somebody, is not put twice. */
  submit(ids: readonly string[]): Promise<void>
  /** Leases as fast as they are taken, until the signal aborts. Those that are not done when it does are given back. */
  take(signal: AbortSignal): AsyncIterable<Lease>
}

/** A holder says so often that it lives, and is given up after so long without a word. */
export const BEAT_MS = 1000
export const DEAD_MS = 3000
