/**
 * A renderer from the files that lie beside a model's weights on the Hugging Face hub: tokenizer.json, and a chat
 * template. Prompts are what transformers' apply_chat_template makes of the same conversation.
 */
import { z } from 'zod'
import { type AssistantMessage, assistant, type Message, type Renderer, type ToolSpec, user } from '../core/index.ts'
import { type ChatTemplate, chatTemplate, type TemplateSources } from './chat-template.ts'
import { huggingFaceWords, type Words } from './hugging-face-tokenizer.ts'

/** File names to texts. Only tokenizer.json must be there, and a template in one of the places. */
export const HUGGING_FACE_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'generation_config.json',
  'chat_template.jinja',
] as const

export type HuggingFaceFiles = Readonly<Partial<Record<(typeof HUGGING_FACE_FILES)[number], string>>>

const token = z.union([z.string(), z.looseObject({ content: z.string() })])
const tokenizerConfig = z.looseObject({
  eos_token: token.nullish(),
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
})
const id = z.int().nonnegative()
const generationConfig = z.looseObject({ eos_token_id: z.union([id, z.array(id)]).nullish() })

/** `size`: ids run from 0 to size − 1. `folder` is for errors, each a sentence with the file that is wrong. */
export function huggingFaceRenderer(
  files: HuggingFaceFiles,
  folder: string,
): { readonly renderer: Renderer; readonly size: number } {
  const path = (name: string): string => `${folder}/${name}`
  const config = checked(tokenizerConfig, files['tokenizer_config.json'] ?? '{}', path('tokenizer_config.json'))
  const tokenizer = path('tokenizer.json')
  const words = huggingFaceWords(parsed(files['tokenizer.json'] ?? 'null', tokenizer), config, tokenizer)
  const named = specialTokens(config)
  const template = chatTemplate(templatesOf(files['chat_template.jinja'] ?? config.chat_template, folder), named)
  const generation = checked(generationConfig, files['generation_config.json'] ?? '{}', path('generation_config.json'))
  const ends = [generation.eos_token_id ?? []].flat()
  const end = named['eos_token'] === undefined ? undefined : words.id(named['eos_token'])
  const stop = [...new Set([...(end === undefined ? [] : [end]), ...ends])]
  if (stop.length === 0) {
    throw new Error(
      `'${folder}' does not say what ends an answer: neither an eos_token in tokenizer_config.json that the tokenizer ` +
        'knows, nor an eos_token_id in generation_config.json',
    )
  }
  return { renderer: rendererOf(words, template, stop), size: Math.max(words.size, ...stop.map((id) => id + 1)) }
}

/** What a prompt says, so that the next one can be compared with it. */
interface Shown {
  readonly messages: readonly Message[]
  readonly tools: readonly ToolSpec[]
  readonly text: string
}

function rendererOf(words: Words, template: ChatTemplate, stop: readonly number[]): Renderer {
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

interface Language {
  readonly words: Words
  readonly template: ChatTemplate
  readonly stop: readonly number[]
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

/** bos_token, eos_token and their like: strings, or objects that hold one. */
function specialTokens(config: z.infer<typeof tokenizerConfig>): Record<string, string> {
  const entries = Object.entries(config).flatMap(([name, value]) => {
    const { data } = token.safeParse(value)
    if (!name.endsWith('_token') || data === undefined) return []
    return [[name, typeof data === 'string' ? data : data.content] as const]
  })
  return Object.fromEntries(entries)
}

function templatesOf(given: z.infer<typeof tokenizerConfig>['chat_template'], folder: string): TemplateSources {
  if (given == null) {
    throw new Error(
      `'${folder}' has no chat template, neither in chat_template.jinja nor in tokenizer_config.json: a base model ` +
        'needs one to hold a conversation',
    )
  }
  return typeof given === 'string'
    ? { default: given }
    : Object.fromEntries(given.map(({ name, template }) => [name, template]))
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`'${path}' is damaged: it is not JSON`, { cause })
  }
}

function checked<T>(schema: z.ZodType<T>, text: string, path: string): T {
  const { data, error } = schema.safeParse(parsed(text, path))
  if (error) throw new Error(`'${path}' is damaged: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`)
  return data
}
