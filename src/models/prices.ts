/**
 * What models cost, in dollars per million tokens, where their providers publish it. A price here is never lower than
 * what may be charged: where one depends on the hour it is the dearest, and discounts (caches, batches) are left out.
 * Whoever pays something else says so: `--price <model>=<prompt>/<completion>`.
 */
import type { Completion, Usage } from '../core/index.ts'

/** Dollars per million tokens. */
export interface Price {
  readonly prompt: number
  readonly completion: number
  /** What all tokens of a call cost whose prompt has more than `over` tokens. */
  readonly long?: { readonly over: number; readonly prompt: number; readonly completion: number }
}

/** Local and scripted models, which cost nothing. */
export const FREE: Price = { prompt: 0, completion: 0 }

interface Offer {
  /** As the provider's own server names it; a dated snapshot of it ('…-2025-08-07', '…-20251001') costs the same. */
  readonly models: Readonly<Record<string, Price>>
  /** Of `ai:<provider>/<model>`, and the host of `openai:<model>@<base-url>`: elsewhere the same name may cost anything. */
  readonly provider: string
  readonly host: string
  readonly asOf: string
  readonly source: string
}

const long = (over: number, prompt: number, completion: number): Required<Pick<Price, 'long'>> => ({
  long: { over, prompt, completion },
})

/** Those whose figures were found at their source; another model's price has to be given. */
export const OFFERS: readonly Offer[] = [
  {
    ...{ provider: 'openai', host: 'api.openai.com' },
    ...{ asOf: '2026-09', source: 'https://developers.openai.com/api/docs/pricing' },
    models: {
      // Prompts as if all of each were written to the provider's cache, at a quarter more: usage does not say how much was.
      'gpt-6-astra': { prompt: 12.5, completion: 50, ...long(200_000, 25, 75) },
      'gpt-5.6-sol': { prompt: 5, completion: 20, ...long(200_000, 10, 30) },
      'gpt-5.6-terra': { prompt: 2.5, completion: 12, ...long(200_000, 5, 18) },
      'gpt-5.6-luna': { prompt: 0.25, completion: 1.2, ...long(200_000, 0.5, 1.8) },
      'gpt-5.5': { prompt: 5, completion: 30, ...long(272_000, 10, 45) },
      'gpt-5.4': { prompt: 2.5, completion: 15, ...long(272_000, 5, 22.5) },
      'gpt-5.4-mini': { prompt: 0.75, completion: 4.5 },
      'gpt-5.4-nano': { prompt: 0.2, completion: 1.25 },
      'gpt-5-mini': { prompt: 0.25, completion: 2 },
      'gpt-5-nano': { prompt: 0.05, completion: 0.4 },
    },
  },
  {
    ...{ provider: 'anthropic', host: 'api.anthropic.com' },
    ...{ asOf: '2026-10', source: 'https://platform.claude.com/docs/en/models' },
    models: {
      'claude-fable-5-1': { prompt: 10, completion: 50 },
      'claude-opus-5-5': { prompt: 4, completion: 20 },
      'claude-opus-5': { prompt: 5, completion: 25 },
      'claude-opus-4-5': { prompt: 5, completion: 25 },
      'claude-sonnet-5-5': { prompt: 2, completion: 10 },
      'claude-sonnet-5': { prompt: 2, completion: 10 },
      'claude-haiku-5-5': { prompt: 0.1, completion: 0.5, ...long(100_000, 0.5, 2.5) },
      'claude-haiku-4-5': { prompt: 1, completion: 5 },
    },
  },
  {
    ...{ provider: 'google', host: 'generativelanguage.googleapis.com' },
    ...{ asOf: '2026-09', source: 'https://ai.google.dev/gemini-api/docs/pricing' },
    models: {
      // Half of this until the end of 2026.
      'gemini-3.8-flash': { prompt: 1.5, completion: 7.5 },
      'gemini-3.5-flash': { prompt: 1.5, completion: 9 },
      'gemini-3.1-pro-preview': { prompt: 2, completion: 12, ...long(200_000, 4, 18) },
    },
  },
  {
    ...{ provider: 'deepseek', host: 'api.deepseek.com' },
    ...{ asOf: '2026-10', source: 'https://api-docs.deepseek.com/quick_start/pricing' },
    models: {
      // At the peak hours; half of it at the others.
      'deepseek-flash': { prompt: 0.3, completion: 1.2 },
      'deepseek-v4-pro': { prompt: 1.32, completion: 3.96 },
    },
  },
]

export interface OwnPrice {
  /** A model's whole id, or its name at whatever server. */
  readonly model: string
  readonly price: Price
}

/** '<model>=<prompt>/<completion>', in dollars per million tokens: `qwen3=0.1/0.4`. Throws a sentence on anything else. */
export function parsePrice(text: string): OwnPrice {
  const [, model, prompt, completion] = /^(.+)=(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (model === undefined) {
    throw new Error(
      `a price is <model>=<prompt>/<completion>, in dollars per million tokens, like qwen3=0.1/0.4, not '${text}'`,
    )
  }
  return { model, price: { prompt: Number(prompt), completion: Number(completion) } }
}

/** The price of the model with this id, the user's own first; undefined where nobody knows it. */
export function priceOf(id: string, own: readonly OwnPrice[] = []): Price | undefined {
  const named = nameOf(id)
  const given = own.findLast(({ model }) => model === id || model === named?.name)
  if (given || !named) return given?.price
  const { name, provider, host } = named
  const offer = OFFERS.find((offer) => (provider === undefined ? offer.host === host : offer.provider === provider))
  const listed = name.replace(/-(\d{4}-\d{2}-\d{2}|\d{8})$/, '')
  return offer && Object.hasOwn(offer.models, listed) ? offer.models[listed] : undefined
}

/** The parts of `ai:<provider>/<name>` and `openai:<name>@<base-url>`. */
function nameOf(id: string): { name: string; provider?: string; host?: string } | undefined {
  const [, provider, name] = /^ai:([^/]+)\/(.+)$/s.exec(id) ?? []
  if (provider !== undefined && name !== undefined) return { provider, name }
  if (!id.startsWith('openai:')) return undefined
  const at = id.lastIndexOf('@')
  const host = URL.parse(id.slice(at + 1))?.host
  return { name: id.slice('openai:'.length, at), ...(host !== undefined && { host }) }
}

/** In dollars. */
export function costOf({ prompt, completion, long }: Price, { promptTokens, completionTokens }: Usage): number {
  const at = long && promptTokens > long.over ? long : { prompt, completion }
  return (promptTokens * at.prompt + completionTokens * at.completion) / 1e6
}

/** The completion with what it cost, where the provider counted the tokens and did not say. */
export function priced(completion: Completion, price: Price | undefined): Completion {
  if (completion.costUsd !== undefined || !completion.usage || !price) return completion
  return { ...completion, costUsd: costOf(price, completion.usage) }
}
