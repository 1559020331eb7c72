/** A renderer from any chat template: it writes the text, the tokenizer cuts it, and what comes back is text. */
import { type AssistantMessage, assistant, type Message, type Renderer, type ToolSpec, user } from '../core/index.ts'
import type { ChatTemplate } from './chat-template.ts'
import type { Words } from './hugging-face-tokenizer.ts'

/** What a prompt says, so that the next one can be compared with it. */
interface Shown {
  readonly messages: readonly Message[]
  readonly tools: readonly ToolSpec[]
  readonly text: string
}

export interface Language {
  readonly words: Words
  readonly template: ChatTemplate
  /** Ids that end an answer. */
  readonly stop: readonly number[]
}

/** Text of the world that spells a special token becomes it, as in transformers. */
export function templateRenderer({ words, template, stop }: Language): Renderer {
  // By the very array that was handed out: other ids may spell the same conversation.
  const shown = new WeakMap<readonly number[], Shown>()
  const remember = (ids: number[], what: Shown): number[] => {
    shown.set(ids, what)
    return ids
  }
  const parse = (ids: readonly number[]): AssistantMessage =>
    assistant(words.decode(ids.filter((id) => !stop.includes(id))))
  return {
    id: `hugging-face-${words.size}`,
    stop,
    parse,
    spelling: () => words.spelling(),
    prompt(messages, tools = []) {
      const text = template.render(messages, { tools, open: true })
      return remember(words.encode(text), { messages: [...messages], tools, text })
    },
    completion: (message) => completion(message, { words, template, stop }),
    bridge(prompt, sampled, since) {
      const before = shown.get(prompt)
      const said = addition(prompt, sampled, words)
      if (!before || said === undefined) return null
      const messages = [...before.messages, parse(sampled), ...since]
      const text = template.render(messages, { tools: before.tools, open: true })
      // Templates may trim, move or drop what was said; then the model would have seen something else.
      if (!text.startsWith(before.text + said)) return null
      const added = continuation(said, text.slice(before.text.length), words)
      return added && remember([...prompt, ...sampled, ...added], { messages, tools: before.tools, text })
    },
  }
}

/** What the template writes after opening the assistant's turn, up to the end token. */
function completion(message: AssistantMessage, { words, template, stop }: Language): number[] {
  const asked = [user('?')]
  const open = template.render(asked, { tools: [], open: true })
  const whole = template.render([...asked, message], { tools: [], open: false })
  if (!whole.startsWith(open)) {
    throw new Error(
      'the chat template writes an answer in history otherwise than it opens one, so there are no tokens to learn ' +
        'an answer by: train on what the model samples itself, or give the model another template',
    )
  }
  const ids = continuation(open, whole, words)
  if (!ids) throw new Error('the tokenizer cannot write an answer apart from the prompt before it')
  const end = ids.findIndex((id) => stop.includes(id))
  if (end < 0) {
    throw new Error(
      `the chat template ends no answer with an end token of the model's (${stop.join(', ')}): name the one it uses ` +
        'as eos_token_id in generation_config.json',
    )
  }
  if (ids.slice(end + 1).some((id) => stop.includes(id)))
    throw new Error(`an answer to be learned spells out an end token: '${message.content.slice(0, 200)}'`)
  return ids.slice(0, end + 1)
}

/** The text that `sampled` adds to a prompt's; undefined where an id means nothing. */
function addition(prompt: readonly number[], sampled: readonly number[], words: Words): string | undefined {
  // Not spelled alone: some tokenizers drop the space that a text begins with.
  const [first, all] = [words.spell(prompt), words.spell([...prompt, ...sampled])]
  return first !== undefined && all?.startsWith(first) ? all.slice(first.length) : undefined
}

/** The ids of what `whole` adds to its beginning `open`; null where they cannot be told from those of `open`. */
function continuation(open: string, whole: string, words: Words): number[] | null {
  const [first, all] = [words.encode(open), words.encode(whole)]
  if (first.every((id, i) => id === all[i])) return all.slice(first.length)
  // A token would reach over the boundary, where a turn must begin with a token of its own.
  const rest = whole.slice(open.length)
  const ids = words.encode(rest)
  return words.spell(ids) === rest ? ids : null
}
