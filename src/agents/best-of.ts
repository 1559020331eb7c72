/** Best of n: as many attempts in forks, and the best of them, by what its steps paid or by a value, on the original. */
import type { Agent } from '../core/index.ts'
import { counted, type SearchOptions, searching } from './search.ts'

export interface BestOfOptions extends Omit<SearchOptions, 'rollouts'> {
  readonly attempts: number
}

/** Throws unless `attempts` is a whole number from 1. */
export function bestOf({ attempts, ...options }: BestOfOptions): Agent {
  counted('the number of attempts of best-of', attempts)
  return searching(`best-of:${attempts}`, options, async (root, search) => {
    for (let i = 0; i < attempts; i++) await search.judge(root)
    return search.best?.branch
  })
}
