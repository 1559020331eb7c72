/**
 * Monte Carlo tree search over forked worlds, as in Agent-R (Yuan et al. 2025) and the blueprint of reasoning language
 * models (Besta et al. 2025): the model proposes moves, UCT says which is tried next, what it comes to counts for all
 * the moves before it. The best attempt found is played.
 */
import type { Agent, AssistantMessage } from '../core/index.ts'
import { after, counted, type LiveBranch, type Search, type SearchOptions, searching } from './search.ts'

export interface MctsOptions extends SearchOptions {
  /** Branches judged; without rollouts, below each move. */
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
    let top: Node = { parent: undefined, move: undefined, branch: root, visits: 0, total: 0 }
    const tree = new Tree(search, askings, exploration)
    await tree.grow(top, simulations)
    if (search.rollouts) return search.best?.branch
    // Places were but looked at: the most visited move is taken, and the tree grown on below it, until the world ends.
    while (!top.branch!.episode.done) {
      await tree.grow(top, 2)
      top = top.children!.reduce((best, child) => (child.visits > best.visits ? child : best))
      search.cut = top.branch
      await tree.grow(top, simulations)
    }
    return top.branch
  })
}

class Tree {
  readonly #search: Search
  readonly #askings: number
  readonly #exploration: number
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY

  constructor(search: Search, askings: number, exploration: number) {
    this.#search = search
    this.#askings = askings
    this.#exploration = exploration
  }

  /** Judges branches below a node until it has been visited so often; its second visit is its first child's. */
  async grow(top: Node, visits: number): Promise<void> {
    while (top.visits < visits) {
      let node = top
      while (node.visits > 0 && !node.branch!.episode.done) node = await this.#below(node)
      const value = await this.#search.judge(node.branch!)
      this.#low = Math.min(this.#low, value)
      this.#high = Math.max(this.#high, value)
      for (let at: Node | undefined = node; at; at = at.parent) {
        at.visits++
        at.total += value
      }
    }
  }

  /** The child with the highest score, the first of equals, with its move made. */
  async #below(node: Node): Promise<Node> {
    const branch = node.branch!
    node.children ??= (await this.#search.propose(branch, this.#askings)).map((move) => ({
      parent: node,
      move,
      visits: 0,
      total: 0,
    }))
    const chosen = node.children.reduce((best, child) => (this.#score(child) > this.#score(best) ? child : best))
    chosen.branch ??= await after(branch, chosen.move!)
    return chosen
  }

  /** UCT. */
  #score({ parent, visits, total }: Node): number {
    if (visits === 0) return Number.POSITIVE_INFINITY
    const scaled = this.#high > this.#low ? (total / visits - this.#low) / (this.#high - this.#low) : 0
    return scaled + this.#exploration * Math.sqrt(Math.log(parent!.visits) / visits)
  }
}
