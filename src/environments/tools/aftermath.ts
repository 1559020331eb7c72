/** What is asked of a conversation with tools: the state that it leaves, and what was said in it. */
import type { Json, Verdict } from '../../core/index.ts'
import type { Utterance } from '../kit/speaker.ts'
import { differenceOf } from '../kit/state.ts'
import type { ToolEnv } from '../kit/tool-env.ts'

/**
 * 1 where the conversation came to its end, the database is the wanted one, and each output stands in something that
 * the agent said, lower-cased and without commas (Yao et al. 2024); 0, and why, otherwise.
 */
export function aftermath<S>(env: ToolEnv<S>, wanted: S, outputs: readonly string[]): Verdict {
  if (!env.over) return { value: 0, why: 'the conversation has no end' }
  const at = differenceOf(env.state as Json, wanted as Json)
  if (at !== undefined) return { value: 0, why: `the database is another at ${at}` }
  const unsaid = unsaidOf(env.talk, outputs)
  return unsaid === undefined ? 1 : { value: 0, why: `'${unsaid}' was not said` }
}

/** The first of these that stands in nothing that the agent said. */
export function unsaidOf(talk: readonly Utterance[], outputs: readonly string[]): string | undefined {
  const said = talk.filter(({ by }) => by === 'agent').map(({ text }) => plain(text))
  return outputs.find((output) => !said.some((text) => text.includes(plain(output))))
}

const plain = (text: string): string => text.toLowerCase().replaceAll(',', '')
