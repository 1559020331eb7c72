/**
 * ReAct (Yao et al. 2023): ask the model what to do, do it, look, ask again. Thoughts, where the model has any, come
 * with its message; tool calls and plain text are actions alike.
 */
import type { Agent } from '../core/index.ts'
import { ask, type Memory } from './ask.ts'

export function react({ turns = Number.POSITIVE_INFINITY }: Memory = {}): Agent {
  return {
    id: Number.isFinite(turns) ? `react:${turns}` : 'react',
    async play(episode) {
      while (!episode.done) await episode.step(await ask(episode, { turns }))
    },
  }
}
