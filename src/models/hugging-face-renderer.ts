/**
 * A renderer from the files that lie beside a model's weights on the Hugging Face hub: tokenizer.json, and a chat
 * template. Prompts are what transformers' apply_chat_template makes of the same conversation; where that is ChatML, we
 * write it by hand, so that no text forges a mark.
 */
import { z } from 'zod'
import type { Renderer } from '../core/index.ts'
import { chatMlInEffect } from './chat-ml-in-effect.ts'
import { chatTemplate, type TemplateSources } from './chat-template.ts'
import { huggingFaceWords } from './hugging-face-tokenizer.ts'
import { templateRenderer } from './template-renderer.ts'

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
  const language = { words, template, stop }
  const renderer = chatMlInEffect(language) ?? templateRenderer(language)
  return { renderer, size: Math.max(words.size, ...stop.map((id) => id + 1)) }
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
