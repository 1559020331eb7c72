/**
 * What the searches have in common: things are tried out in forks of the world, judged there by what their steps paid
 * or by a value function, and the moves of the best are played on the original. A fork is the world itself, its chance
 * and whatever it hides included: what a search reaches is no figure of a player who must live with his first move.
 */
import { type Agent, type AssistantMessage, type Episode, EpisodeStopped } from '../core/index.ts'
import { ask, deed, type Memory } from './ask.ts'

/** A way on from where the search began. */
export interface LiveBranch {
  readonly episode: Episode
  /** Since the search began, and what they paid together. */
  readonly moves: readonly AssistantMessage[]
  readonly paid: number
}

/** How good a branch is: more is better, on any scale. */
export type Value = (branch: LiveBranch) => number | Promise<number>

export interface SearchOptions extends Memory {
  /** What the steps paid, unless given. */
  readonly value?: Value
  /** Whether the model plays a branch to its end before it is judged; true unless given. */
  readonly rollouts?: boolean
}

/** One search, from where an episode stands. */
export class Search {
  readonly rollouts: boolean
  readonly #value: Value
  readonly #memory: Memory
  /** The best branch judged so far that goes on from where the search began, the first of equals. */
  best: { readonly branch: LiveBranch; readonly value: number } | undefined
  /** What was being played when the calls ran out. */
  cut: LiveBranch | undefined

  constructor({ value = ({ paid }) => paid, rollouts = true, ...memory }: SearchOptions) {
    this.#value = value
    this.rollouts = rollouts
    this.#memory = memory
  }

  /** What the branch comes to; with rollouts, what the model makes of it. */
  async judge(branch: LiveBranch): Promise<number> {
    const judged = this.rollouts ? await this.playOut(branch) : branch
    const value = await this.#value(judged)
    if (!Number.isFinite(value)) throw new Error(`the value of a branch is a finite number, not ${value}`)
    if (judged.moves.length > 0 && !(this.best && value <= this.best.value)) this.best = { branch: judged, value }
    return value
  }

  /** The branch as the model plays it to its end, in a fork. */
  async playOut(branch: LiveBranch): Promise<LiveBranch> {
    if (branch.episode.done) return branch
    let at = await forked(branch)
    while (!at.episode.done) {
      this.cut = at
      at = await moved(at, await ask(at.episode, this.#memory))
    }
    return at
  }

  /** Different moves that the model makes of so many askings. */
  async propose({ episode }: LiveBranch, askings: number): Promise<AssistantMessage[]> {
    const found = new Map<string, AssistantMessage>()
    for (let i = 0; i < askings; i++) {
      const move = await ask(episode, this.#memory)
      if (!found.has(deed(move))) found.set(deed(move), move)
    }
    return [...found.values()]
  }
}

/** The same place in a world of its own. */
export async function forked(branch: LiveBranch): Promise<LiveBranch> {
  return { ...branch, episode: await branch.episode.fork!() }
}

/** Steps in the branch's own world. */
async function moved({ episode, moves, paid }: LiveBranch, move: AssistantMessage): Promise<LiveBranch> {
  const { reward = 0 } = await episode.step(move)
  return { episode, moves: [...moves, move], paid: paid + reward }
}

/** What a move leads to, in a fork. */
export const after = async (branch: LiveBranch, move: AssistantMessage): Promise<LiveBranch> =>
  moved(await forked(branch), move)

/** Looks around from a branch of no moves; what it returns is played. */
export type Explore = (root: LiveBranch, search: Search) => Promise<LiveBranch | undefined>

/** Searches, plays what was found, and searches on from there until the world ends. Out of calls, it plays what it has. */
export function searching(id: string, options: SearchOptions, explore: Explore): Agent {
  return {
    id,
    async play(episode) {
      if (!episode.fork)
        throw new Error(`${id} tries moves out in forks, and this world has none; 'vote:<n>' needs none`)
      while (!episode.done) {
        const search = new Search(options)
        const found = await within(search, async () => {
          const root = await forked({ episode, moves: [], paid: 0 })
          return explore(root, search)
        })
        for (const move of found.branch?.moves ?? []) if (!episode.done) await episode.step(move)
        if (episode.done) return
        if (found.stopped) throw found.stopped
        if (!found.branch?.moves.length) throw new Error(`${id} found no move to make`)
      }
    },
  }
}

interface Found {
  readonly branch: LiveBranch | undefined
  readonly stopped?: EpisodeStopped
}

async function within(search: Search, explore: () => Promise<LiveBranch | undefined>): Promise<Found> {
  try {
    return { branch: await explore() }
  } catch (error) {
    if (!(error instanceof EpisodeStopped && error.reason === 'calls')) throw error
    const [best, cut] = [search.best?.branch, search.cut]
    return { branch: search.rollouts ? (best ?? cut) : (cut ?? best), stopped: error }
  }
}

/** Throws unless it is a whole number from 1. */
export function counted(what: string, count: number): number {
  if (!Number.isInteger(count) || count < 1) throw new Error(`${what} is a whole number from 1, not ${count}`)
  return count
}
