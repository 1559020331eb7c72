/**
 * Several ways, and the most common wins: at each turn among so many answers of the model (self-consistency, Wang et al.
 * 2023), or among so many branches played to their end in forks, by the answer they end with (multi-branch reasoning).
 */
import type { Agent, AssistantMessage, Episode } from '../core/index.ts'
import { ask, deed, type Memory } from './ask.ts'
import { counted, searching } from './search.ts'

export interface VoteOptions extends Memory {
  readonly voters: number
  /** What is voted on: each move, which needs no forks, or the last move of a whole branch; 'moves' unless given. */
  readonly on?: 'moves' | 'branches'
  /** Answers that come to the same are one; by their text and calls, case and white space aside, unless given. */
  readonly same?: (answer: AssistantMessage) => string
}

/** Throws unless `voters` is a whole number from 1. */
export function vote({ voters, on = 'moves', same = deed, ...memory }: VoteOptions): Agent {
  counted('the number of voters', voters)
  if (on === 'branches')
    return searching(`vote:${voters}:branches`, memory, async (root, search) => {
      const ends = await times(voters, () => search.playOut(root))
      return winner(ends, ({ moves }) => same(moves.at(-1)!))
    })
  return {
    id: `vote:${voters}`,
    async play(episode: Episode) {
      while (!episode.done) {
        const answers = await times(voters, () => ask(episode, memory))
        await episode.step(winner(answers, same))
      }
    },
  }
}

async function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const done: T[] = []
  for (let i = 0; i < count; i++) done.push(await work())
  return done
}

/** The first of those that most agree on; where as many agree on another, of the one that came first. */
function winner<T>(all: readonly T[], same: (one: T) => string): T {
  const groups = Map.groupBy(all, same)
  return [...groups.values()].reduce((best, group) => (group.length > best.length ? group : best))[0]!
}
