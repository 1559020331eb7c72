/** What a failed HTTP call means to whoever asked a model. Knows nothing of any provider's JSON. */
import { ModelError, type ModelErrorCode } from '../core/index.ts'

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Headers
  readonly body: string
}

/** How servers say that the prompt is too long: vLLM, SGLang, OpenAI, llama.cpp, Anthropic, Gemini. */
const TOO_LONG =
  /context[\s_-]*(length|window|size|limit)|prompt is too long|exceeds? the (maximum|limit|max)\b.{0,30}\btokens/i

/** `who` is named in the message, with the status and a short cut of the body. */
export function statusError(who: string, { status, headers, body }: HttpAnswer): ModelError {
  return new ModelError(codeOf(status, body), `${who} answered ${status}: ${excerpt(body)}`, {
    retryAfterMs: retryAfterMs(headers),
  })
}

/** What a status that is no success means. 408 is the server's own timeout. */
export function codeOf(status: number, body: string): ModelErrorCode {
  if (status === 429) return 'rate-limit'
  if (status === 408) return 'timeout'
  if (status >= 500) return 'server'
  return TOO_LONG.test(body) ? 'context' : 'refused'
}

/** How long the server wishes to be left alone, in milliseconds: `retry-after-ms`, or `retry-after` in seconds or as a date. */
export function retryAfterMs(headers: Headers, nowMs = Date.now()): number | undefined {
  const milliseconds = numeric(headers['retry-after-ms'])
  if (milliseconds !== undefined) return milliseconds
  const seconds = numeric(headers['retry-after'])
  if (seconds !== undefined) return seconds * 1000
  const dateMs = Date.parse(String(headers['retry-after']))
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}

function numeric(header: Headers[string]): number | undefined {
  return typeof header === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : undefined
}

/** Before these nothing was sent, so nothing can have been charged. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

/**
 * For what a socket or an HTTP client threw: 'unreachable' where no connection came about, 'timeout' where it says so,
 * 'refused' where we closed it ourselves, else 'connection'.
 */
export function networkError(who: string, cause: unknown): ModelError {
  const code = networkCodeOf(cause) ?? ''
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new ModelError('refused', `${who} was closed and answers no more`, { cause })
  }
  const why = (cause instanceof Error && cause.message) || code || 'for no reason given'
  const late = code.includes('TIMEOUT') || code === 'ETIMEDOUT'
  return new ModelError(
    UNREACHABLE.has(code) ? 'unreachable' : late ? 'timeout' : 'connection',
    `the connection to ${who} failed: ${excerpt(why)}`,
    { cause },
  )
}

/** The first code of a socket or of undici along the chain of causes: 'ECONNRESET', 'UND_ERR_SOCKET', … */
export function networkCodeOf(error: unknown): string | undefined {
  let at = error
  for (let depth = 0; depth < 5 && at instanceof Error; depth++) {
    if ('code' in at && typeof at.code === 'string' && /^(E[A-Z]+$|UND_ERR_|HPE_)/.test(at.code)) return at.code
    at = at.cause
  }
  return undefined
}

/** At most 200 characters, on one line. */
export function excerpt(text: string): string {
  const line = text
    .slice(0, 1000)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
