/**
 * Models behind an OpenAI-compatible server, with the token ids and log-probabilities where it gives them (vLLM,
 * SGLang). One pool of kept-alive sockets per model; knows nothing of retries.
 */
import { isUtf8 } from 'node:buffer'
import { type Dispatcher, Pool } from 'undici'
import { type Completion, type Model, ModelError, type ModelRequest } from '../core/index.ts'
import { checkTimeout, within } from './deadline.ts'
import { excerpt, type HttpAnswer, networkError, statusError } from './http-error.ts'
import { bodyOf, completionOf } from './openai-wire.ts'

export interface OpenAiOptions {
  /** As the server names it. */
  readonly model: string
  /** Up to and without `/chat/completions`: `http://localhost:8000/v1`. */
  readonly baseUrl: string
  /** Sent in the Authorization header, and written nowhere else. */
  readonly apiKey?: string | undefined
  /** For a whole call, waiting for a socket included. 120 s unless given. */
  readonly timeoutMs?: number
  /** Sockets, 256 unless given; calls beyond them wait. */
  readonly connections?: number
}

/** What is asked for besides the answer. Logprobs without ids, or ids without logprobs, are of no use to anyone. */
const CAPTURE = { logprobs: true, return_token_ids: true }

/** Throws on a base URL or a key that cannot work. Closing it ends the calls in flight. */
export function openaiModel(options: OpenAiOptions): Model & AsyncDisposable {
  const { model, apiKey, timeoutMs = 120_000, connections = 256 } = options
  checkTimeout(timeoutMs)
  const { origin, path, baseUrl } = endpoint(options.baseUrl)
  const who = `openai:${model}@${baseUrl}`
  const headers = { 'content-type': 'application/json', ...(apiKey && { authorization: bearer(apiKey) }) }
  // The deadline of a call is its own; undici's would cut a longer one short.
  const pool = new Pool(origin, { connections, headersTimeout: 0, bodyTimeout: 0, allowH2: false })
  // Servers echo what they refuse.
  const redacted = (body: string): string => (apiKey ? body.replaceAll(apiKey, '[api key]') : body)
  let captures = true

  const post = async (json: object, signal: AbortSignal): Promise<HttpAnswer> => {
    const sent = { method: 'POST', path, headers, body: JSON.stringify(json), signal } as const
    const {
      status,
      headers: said,
      bytes,
    } = await exchange(pool, sent).catch((error) => {
      throw networkError(who, error)
    })
    const answer = { status, headers: said, body: bytes.toString() }
    // A damaged byte in the middle of a text would else become part of what the model said.
    if (succeeded(answer) && !isUtf8(bytes))
      throw new ModelError('malformed', `${who} answered with bytes that are no UTF-8`)
    return answer
  }
  const ask = async (request: ModelRequest, signal: AbortSignal): Promise<Completion> => {
    const plain = bodyOf(model, request)
    const capturing = captures
    let answer = await post(capturing ? { ...plain, ...CAPTURE } : plain, signal)
    if (capturing && refusesCapture(answer)) {
      answer = await post(plain, signal)
      // Only now is it known that this was all the server minded.
      if (succeeded(answer)) captures = false
    }
    if (!succeeded(answer)) throw statusError(who, { ...answer, body: redacted(answer.body) })
    return completionOf(answer.body, { request, who, quote: (body) => excerpt(redacted(body)) })
  }
  return {
    id: who,
    complete: (request, { signal } = {}) => within({ who, timeoutMs, signal }, (ended) => ask(request, ended)),
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}

async function exchange(pool: Pool, request: Dispatcher.RequestOptions) {
  const { statusCode: status, headers, body } = await pool.request(request)
  const { buffer, byteOffset, byteLength } = await body.bytes()
  return { status, headers, bytes: Buffer.from(buffer, byteOffset, byteLength) }
}

const succeeded = ({ status }: Pick<HttpAnswer, 'status'>): boolean => status >= 200 && status < 300

const refusesCapture = ({ status, body }: HttpAnswer): boolean =>
  (status === 400 || status === 422) && Object.keys(CAPTURE).some((field) => body.includes(field))

function endpoint(given: string): { origin: string; path: string; baseUrl: string } {
  const url = URL.parse(given)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(`a base URL looks like http://localhost:8000/v1, not '${given}'`)
  }
  // The base URL is part of the model's id, and ids are written down everywhere. So this message must not repeat it.
  if (url.username || url.password || url.search || url.hash) {
    throw new Error(`the base URL at ${url.host} carries credentials or a query; give the key as apiKey instead`)
  }
  const path = url.pathname.replace(/\/+$/, '')
  return { origin: url.origin, path: `${path}/chat/completions`, baseUrl: `${url.origin}${path}` }
}

function bearer(apiKey: string): string {
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new Error('the API key holds a character that no HTTP header can carry: a space or a line end, perhaps')
  }
  return `Bearer ${apiKey}`
}
