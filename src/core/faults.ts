/** Faults drawn by a seed: what the faulty doubles of models, servers and sandboxes have in common. */
import { random } from './random.ts'

export interface FaultOptions<F extends string> {
  /** How often each is met, from 0 to 1; together at most 1. */
  readonly rates: Readonly<Partial<Record<F, number>>>
  readonly seed?: number
}

/** What the next request meets: a fault, or undefined for none. Throws on rates that are no probabilities. */
export function drawFaults<F extends string>({ rates, seed = 0 }: FaultOptions<F>): () => F | undefined {
  const given = Object.entries(rates) as [F, number][]
  const sum = given.reduce((sum, [, rate]) => sum + rate, 0)
  if (!given.every(([, rate]) => rate >= 0) || sum > 1 + 1e-9)
    throw new Error(`rates of faults are at least 0 and together at most 1, not ${JSON.stringify(rates)}`)
  const chance = random(seed).split('faults')
  return () => {
    let left = chance.next()
    for (const [fault, rate] of given) {
      left -= rate
      if (left < 0) return fault
    }
    return undefined
  }
}
