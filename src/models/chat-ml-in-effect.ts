/** Whether a chat template comes to ChatML: decided by what it makes of conversations, not by how it is written. */
import {
  type AssistantMessage,
  assistant,
  type Message,
  type Renderer,
  system,
  type ToolSpec,
  user,
} from '../core/index.ts'
import { chatMlRenderer } from './chat-ml.ts'
import { type Language, templateRenderer } from './template-renderer.ts'

const tool = (name: string): ToolSpec => ({
  name,
  description: 'Looks "there" – <far> & wide.',
  parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
})
const call: AssistantMessage = {
  ...assistant('Let me look.'),
  calls: [
    { id: '1', name: 'look', arguments: { at: 'the sky', 'how often': [1, 2.5], 'really?': true } },
    { id: '2', name: 'listen', arguments: {} },
  ],
}
const answers: Message[] = [
  { role: 'tool', content: '{"sky": "blue"}', callId: '1' },
  { role: 'tool', content: 'Silence.', callId: '2' },
]

/** Among them what templates like to trim, to move and to leave out. */
const TALKS: readonly (readonly Message[])[] = [
  [user('Hi!')],
  [system('Be kind.'), user('Hi!')],
  [user('\n  one\n\n\ttwo  3456 \n'), assistant('Well – 你好. '), user(''), assistant(''), user('And?')],
  [system(' '), user('a'), assistant('b'), system('Now be brief.'), user("I'll go")],
  [user('a'), assistant('b')],
]
const TOOL_TALKS: readonly (readonly Message[])[] = [
  [user('Hi!'), call, ...answers],
  [system('Be kind.'), user('Hi!'), { ...call, content: '' }, ...answers, assistant('Blue.'), user('And?')],
]

/** ChatML by hand, where it gives the very ids that the template gives; undefined where it does not. */
export function chatMlInEffect(language: Language): Renderer | undefined {
  const { words, stop } = language
  const theirs = templateRenderer(language)
  try {
    const ours = chatMlRenderer(words, { preamble: preambleOf(language), stop })
    const agree = (talk: readonly Message[], tools: readonly ToolSpec[] = []): boolean =>
      `${ours.prompt(talk, tools)}` === `${theirs.prompt(talk, tools)}`
    const offered = [tool('look'), tool('listen')]
    const alike =
      TALKS.every((talk) => agree(talk)) &&
      (!language.template.tools || [...TALKS.slice(0, 2), ...TOOL_TALKS].every((talk) => agree(talk, offered)))
    // Answers that cannot be read back make no renderer.
    if (alike) for (const answer of [assistant('Well – 你好. '), call]) ours.completion(answer)
    return alike ? ours : undefined
  } catch {
    // A template that refuses what ChatML can write, or a tokenizer that cannot write it.
    return undefined
  }
}

/** What the template tells a model that was told nothing. */
function preambleOf({ template }: Language): string | undefined {
  const shown = template.render([user('Hi!')], { tools: [], open: true })
  return /^<\|im_start\|>system\n([\s\S]*?)<\|im_end\|>\n<\|im_start\|>user\nHi!<\|im_end\|>/.exec(shown)?.[1]
}
