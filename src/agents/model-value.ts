/** A value function that asks the model in the seat 'value' how good an attempt looks so far. */
import { type Message, textOf, user } from '../core/index.ts'
import type { LiveBranch, Value } from './search.ts'

const QUESTION =
  'How likely is it that this attempt, continued well, succeeds? Answer with a number from 0 (not at all) to 1 alone.'

/** Throws where the answer holds no number from 0 to 1: a guess in its place would steer the search. */
export const modelValue: Value = async ({ episode }: LiveBranch) => {
  const messages: Message[] = [...episode.history, user(QUESTION)]
  const { message } = await episode.model('value').complete({ messages })
  const said = textOf(message).trim()
  const value = said === '' ? Number.NaN : Number(said)
  if (value >= 0 && value <= 1) return value
  throw new Error(`the model in the seat 'value' is to answer with a number from 0 to 1, not '${said.slice(0, 60)}'`)
}
