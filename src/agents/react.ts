/**
 * ReAct (Yao et al. 2023): ask the model what to do, do it, look, ask again. Thoughts, where the model has any, come
 * with its message; tool calls and plain text are actions alike.
 */
import type { Agent, Message } from '../core/index.ts'

export interface ReactOptions {
  /** How many past turns the model is shown besides the latest observation; all of them unless given. */
  readonly turns?: number
}

export function react({ turns = Number.POSITIVE_INFINITY }: ReactOptions = {}): Agent {
  return {
    id: Number.isFinite(turns) ? `react:${turns}` : 'react',
    async play(episode) {
      const model = episode.model()
      while (!episode.done) {
        const { tools } = episode.observation
        const messages = latest(episode.history, turns)
        const { message } = await model.complete({ messages, ...(tools && { tools }) })
        await episode.step(message)
      }
    },
  }
}

/** What the world said as 'system' stays in sight; of the rest, what came after the action `turns` + 1 back. */
function latest(history: readonly Message[], turns: number): readonly Message[] {
  const actions = history.flatMap((message, i) => (message.role === 'assistant' ? [i] : []))
  const forgotten = actions.at(-1 - turns)
  if (forgotten === undefined) return history
  return history.filter((message, i) => i > forgotten || message.role === 'system')
}
