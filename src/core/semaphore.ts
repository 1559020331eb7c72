/** So many at a time, first come first served. */

export interface Semaphore {
  /** Places nobody holds: less than none for a while where there were more of them before. */
  readonly free: number
  readonly places: number
  /** Places that somebody holds. */
  readonly held: number
  /** Runs `work` when there is a place, and gives the place back when it settles. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves as soon as a place is free. */
  room(): Promise<void>
  /** From now on so many at a time; 0 lets nobody new in. */
  resize(places: number): void
}

/** Throws unless `places` is a positive integer. */
export function semaphore(places: number): Semaphore {
  if (!Number.isInteger(places) || places < 1) throw new Error(`a concurrency is a positive integer, not ${places}`)
  let all = places
  let held = 0
  const queue: (() => void)[] = []
  let onlookers: (() => void)[] = []
  const free = (): number => all - held - queue.length
  const admit = (): void => {
    while (held < all && queue.length > 0) {
      held++
      queue.shift()?.()
    }
    if (free() <= 0) return
    for (const look of onlookers) look()
    onlookers = []
  }
  return {
    get free() {
      return free()
    },
    room: () => (free() > 0 ? Promise.resolve() : new Promise((resolve) => onlookers.push(resolve))),
    get places() {
      return all
    },
    get held() {
      return held
    },
    async run(work) {
      if (held < all) held++
      else await new Promise<void>((resolve) => queue.push(resolve))
      try {
        return await work()
      } finally {
        held--
        admit()
      }
    },
    resize(next) {
      if (!Number.isInteger(next) || next < 0) throw new Error(`a concurrency is an integer from 0, not ${next}`)
      all = next
      admit()
    },
  }
}
