/**
 * Beam search: of all moves that the model would make after the `width` best branches, the `width` best are kept, until
 * all of those have ended.
 */
import type { Agent } from '../core/index.ts'
import { after, counted, type LiveBranch, type Search, type SearchOptions, searching } from './search.ts'

export interface BeamOptions extends SearchOptions {
  /** Branches kept, and askings of the model for moves after each. */
  readonly width: number
}

interface Valued {
  readonly branch: LiveBranch
  readonly value: number
}

/** Throws unless `width` is a whole number from 1. */
export function beam({ width, ...options }: BeamOptions): Agent {
  counted('the width of a beam', width)
  return searching(`beam:${width}`, options, async (root, search) => {
    let kept: Valued[] = [{ branch: root, value: 0 }]
    while (kept.some(({ branch }) => !branch.episode.done)) {
      const all: Valued[] = []
      for (const one of kept) all.push(...(one.branch.episode.done ? [one] : await next(one.branch, width, search)))
      kept = all.sort((a, b) => b.value - a.value).slice(0, width)
    }
    // With rollouts, whole attempts were judged on the way.
    return search.rollouts ? search.best?.branch : kept[0]?.branch
  })
}

async function next(branch: LiveBranch, width: number, search: Search): Promise<Valued[]> {
  const found: Valued[] = []
  for (const move of await search.propose(branch, width)) {
    const reached = await after(branch, move)
    found.push({ branch: reached, value: await search.judge(reached) })
  }
  return found
}
