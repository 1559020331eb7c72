/** So many at a time, first come first served. */

export interface Semaphore {
  /** Places nobody holds. */
  readonly free: number
  /** Runs `work` when there is a place, and gives the place back when it settles. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** Throws unless `places` is a positive integer. */
export function semaphore(places: number): Semaphore {
  if (!Number.isInteger(places) || places < 1) throw new Error(`a concurrency is a positive integer, not ${places}`)
  let free = places
  const queue: (() => void)[] = []
  return {
    get free() {
      return free
    },
    async run(work) {
      if (free > 0) free--
      else await new Promise<void>((resolve) => queue.push(resolve))
      try {
        return await work()
      } finally {
        const next = queue.shift()
        if (next) next()
        else free++
      }
    },
  }
}
