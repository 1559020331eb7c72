/** Asks the model in a seat what to do next, showing it the episode as far back as it is to remember. */
import type { AssistantMessage, Episode, Message } from '../core/index.ts'

export interface Memory {
  /** How many past turns the model is shown besides the latest observation; all of them unless given. */
  readonly turns?: number
}

export async function ask(
  episode: Episode,
  { turns = Number.POSITIVE_INFINITY }: Memory = {},
): Promise<AssistantMessage> {
  const { tools } = episode.observation
  const messages = latest(episode.history, turns)
  const { message } = await episode.model().complete({ messages, ...(tools && { tools }) })
  return message
}

/** What the world said as 'system' stays in sight; of the rest, what came after the action `turns` + 1 back. */
function latest(history: readonly Message[], turns: number): readonly Message[] {
  const actions = history.flatMap((message, i) => (message.role === 'assistant' ? [i] : []))
  const forgotten = actions.at(-1 - turns)
  if (forgotten === undefined) return history
  return history.filter((message, i) => i > forgotten || message.role === 'system')
}

/** What an action comes to, apart from what was thought: two that do the same have the same. */
export function deed({ content, calls = [] }: AssistantMessage): string {
  const text = content.trim().toLowerCase().replace(/\s+/g, ' ')
  return calls.length === 0 ? text : JSON.stringify([text, calls.map((call) => [call.name, call.arguments])])
}
