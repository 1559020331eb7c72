/**
 * How many calls a provider bears at once: more by one for every round of answers, half as many where it says that it
 * is too much, fewer where its answers come much later than they did (additive increase, multiplicative decrease:
 * Chiu and Jain 1989).
 */

const LATE = 3 // times the usual latency
const WINDOW = 32 // answers that make a median, or as many as there are places
/** Below a second nobody needs protection: what is slow then is this machine. */
const PATIENCE_MS = 1000
/** By so much a round the usual latency is believed to have risen for good: prompts grow longer. */
const FORGETTING = 1.05

export interface Places {
  readonly now: number
  /** A call goes out: its number, to be given back when it has ended. */
  begin(): number
  answered(call: number): void
  refused(call: number): void
  took(latencyMs: number): void
  /** From now on so many at most, and so many to begin with. */
  resize(most: number): void
}

/** Begins with as many as are given, and never has more. Throws unless it is a positive integer. */
export function places(given: number): Places {
  let most = checked(given)
  let size = most
  let answers = 0
  let begun = 0
  let shrunkAt = 0
  let latencies: number[] = []
  let usualMs = Infinity

  const shrink = (share: number): void => {
    size = Math.max(1, Math.floor(size * share))
    answers = 0
    shrunkAt = begun
  }
  return {
    get now() {
      return size
    },
    begin: () => begun++,
    answered(call) {
      // What went out before the last shrinking says nothing of the size that it is now.
      if (call < shrunkAt || ++answers < size) return
      answers = 0
      size = Math.min(most, size + 1)
    },
    refused(call) {
      if (call >= shrunkAt) shrink(0.5)
    },
    took(latencyMs) {
      if (latencies.push(latencyMs) < Math.max(WINDOW, size)) return
      const median = latencies.sort((a, b) => a - b)[latencies.length >> 1] as number
      latencies = []
      if (median > PATIENCE_MS && median > LATE * usualMs) shrink(0.7)
      usualMs = Math.min(usualMs * FORGETTING, median)
    },
    resize(next) {
      most = checked(next)
      size = most
    },
  }
}

function checked(most: number): number {
  if (!Number.isInteger(most) || most < 1) throw new Error(`a concurrency is a positive integer, not ${most}`)
  return most
}
