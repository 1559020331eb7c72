/**
 * Monte Carlo tree search over forked worlds, as in Agent-R (Yuan et al. 2025) and the blueprint of reasoning language
 * models (Besta et al. 2025): the model proposes moves, UCT says which is tried next, what it comes to counts for all
 * the moves before it. The best branch found is played.
 */
import type { Agent, AssistantMessage } from '../core/index.ts'
import { after, counted, type LiveBranch, type Search, type SearchOptions, searching } from './search.ts'

export interface MctsOptions extends SearchOptions {
  /** Branches judged. */
  readonly simulations: number
  /** Askings of the model for moves at a node; 4 unless given. */
  readonly askings?: number
  /** c of UCT: Q/n + c·√(ln N / n), Q scaled to lie between the least value seen (0) and the largest (1). */
  readonly exploration?: number
}

interface Node {
  readonly parent: Node | undefined
  readonly move: AssistantMessage | undefined
  /** Where the move leads, once it was made. */
  branch?: LiveBranch
  /** Moves to go on with, once they were asked for. */
  children?: Node[]
  visits: number
  total: number
}

/** Throws unless the counts are whole numbers from 1. */
export function mcts({ simulations, askings = 4, exploration = 0.25, ...options }: MctsOptions): Agent {
  counted('the number of simulations of mcts', simulations)
  counted('the number of askings at a node', askings)
  return searching(`mcts:${simulations}`, options, async (root, search) => {
    const top: Node = { parent: undefined, move: undefined, branch: root, visits: 0, total: 0 }
    const range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }
    const scaled = (value: number): number =>
      range.high > range.low ? (value - range.low) / (range.high - range.low) : 0
    const score = ({ parent, visits, total }: Node): number =>
      visits === 0
        ? Number.POSITIVE_INFINITY
        : scaled(total / visits) + exploration * Math.sqrt(Math.log(parent!.visits) / visits)
    for (let i = 0; i < simulations; i++) {
      let node = top
      while (node.visits > 0 && !node.branch!.episode.done) node = await below(node, { search, askings, score })
      const value = await search.judge(node.branch!)
      range.low = Math.min(range.low, value)
      range.high = Math.max(range.high, value)
      for (let at: Node | undefined = node; at; at = at.parent) {
        at.visits++
        at.total += value
      }
    }
    return search.best?.branch
  })
}

interface Selection {
  readonly search: Search
  readonly askings: number
  score(node: Node): number
}

/** The child with the highest score, the first of equals, with its move made. */
async function below(node: Node, { search, askings, score }: Selection): Promise<Node> {
  const branch = node.branch!
  node.children ??= (await search.propose(branch, askings)).map((move) => ({ parent: node, move, visits: 0, total: 0 }))
  const chosen = node.children.reduce((best, child) => (score(child) > score(best) ? child : best))
  chosen.branch ??= await after(branch, chosen.move!)
  return chosen
}
