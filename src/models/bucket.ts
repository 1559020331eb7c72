/** So much a minute, by a bucket that holds a second's worth. What was taken beyond that is a debt, paid off first. */

export interface Bucket {
  /** Milliseconds until so much may be taken; 0 is now. */
  waitMs(amount: number): number
  /** A negative amount gives back what was taken for nothing. */
  take(amount: number): void
}

/** `least` is what it holds at least, however slow it fills. Throws unless the rate is positive. */
export function bucket(
  perMinute: number,
  { what, least = 0 }: { readonly what: string; readonly least?: number },
): Bucket {
  if (!(perMinute > 0)) throw new Error(`${what} per minute are a positive number, not ${perMinute}`)
  const perMs = perMinute / 60_000
  const capacity = Math.max(least, perMs * 1000)
  let level = capacity
  let atMs = performance.now()
  const fill = (): void => {
    const nowMs = performance.now()
    level = Math.min(capacity, level + (nowMs - atMs) * perMs)
    atMs = nowMs
  }
  return {
    waitMs(amount) {
      fill()
      const missing = Math.min(amount, capacity) - level
      return missing > 0 ? Math.ceil(missing / perMs) : 0
    },
    take(amount) {
      fill()
      level -= amount
    },
  }
}
