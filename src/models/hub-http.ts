/** Asks a hub for a URL and follows where it points. The token goes to the hub itself and to nobody else. */
import { Agent, type Dispatcher } from 'undici'
import { ModelError } from '../core/index.ts'
import { checkTimeout } from './deadline.ts'
import { excerpt, networkError, statusError } from './http-error.ts'

export interface HubAddress {
  /** https://huggingface.co unless given; of a mirror, up to where its paths begin. */
  readonly endpoint?: string | undefined
  /** Sent to the endpoint in the Authorization header, and written nowhere. */
  readonly token?: string | undefined
  /** The longest wait for a connection, for an answer, and between two pieces of one: 30 s unless given. */
  readonly timeoutMs?: number
}

export interface Hub extends AsyncDisposable {
  /** Its URL, without a slash at the end. */
  readonly endpoint: string
  readonly timeoutMs: number
  /**
   * A 200, or a 206 where a range was asked for, its body still to be read. Rejects with a ModelError that has the URL,
   * without its query: what a hub redirects to may carry a signature there.
   */
  get(url: string, options?: Asking): Promise<Dispatcher.ResponseData>
}

export interface Asking {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

const MAX_REDIRECTS = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** Throws a sentence on an endpoint or a token that cannot work. Closing it ends what is under way. */
export function openHub({ endpoint: given, token, timeoutMs = 30_000 }: HubAddress): Hub {
  checkTimeout(timeoutMs)
  const home = endpointOf(given || 'https://huggingface.co')
  const authorization = token ? { authorization: bearer(token) } : {}
  const agent = new Agent({
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    allowH2: false,
  })
  const once = async (url: URL, { headers, signal }: Asking): Promise<Dispatcher.ResponseData> => {
    try {
      return await agent.request({
        ...{ method: 'GET', origin: url.origin, path: `${url.pathname}${url.search}` },
        headers: { 'accept-encoding': 'identity', ...headers, ...(url.origin === home.origin && authorization) },
        ...(signal && { signal }),
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw networkError(plain(url), error)
    }
  }
  return {
    endpoint: home.href.replace(/\/+$/, ''),
    timeoutMs,
    async get(text, asking = {}) {
      let url = new URL(text)
      for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
        const answer = await once(url, asking)
        if (answer.statusCode === 200 || answer.statusCode === 206) return answer
        if (!REDIRECTS.includes(answer.statusCode)) throw await refusal(plain(url), answer, token)
        await answer.body.dump()
        url = next(url, answer.headers['location'])
      }
      throw new ModelError('refused', `${plain(new URL(text))} redirects more than ${MAX_REDIRECTS} times`)
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

/** For messages: without query and credentials. */
export const plain = (url: URL): string => `${url.origin}${url.pathname}`

function next(from: URL, location: string | string[] | undefined): URL {
  const to = typeof location === 'string' ? URL.parse(location, from.href) : null
  const safe = to && (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:'))
  if (!safe) throw new ModelError('refused', `${plain(from)} redirects to what is no https URL`)
  return to
}

/** What a hub says in its header is shorter than its page. */
async function refusal(
  who: string,
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  token: string | undefined,
): Promise<ModelError> {
  const said = headers['x-error-message']
  const text = typeof said === 'string' ? said : await textOf(body, 4096).catch(() => '')
  const error = statusError(who, { status, headers, body: token ? text.replaceAll(token, '[token]') : text })
  const advice = ADVICE[status]
  return advice === undefined ? error : new ModelError(error.code, `${excerpt(error.message)}: ${advice}`)
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'there is no such model, or it is private: name it as the hub does, and where it is yours put a token that may read it into HF_TOKEN',
  403: 'the model is gated: ask for access on its page, and put a token of that account into HF_TOKEN',
  404: 'the hub has no such model, revision or file',
}

/** A body as text; of one with more than `most` characters only a little more than those. */
export async function textOf(body: Dispatcher.ResponseData['body'], most: number): Promise<string> {
  let text = ''
  for await (const chunk of body.setEncoding('utf8')) {
    text += chunk
    if (text.length > most) break
  }
  return text
}

function endpointOf(text: string): URL {
  const url = URL.parse(text)
  // Not repeated: it may carry a password.
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new Error("a hub's address (HF_ENDPOINT) is a URL like https://huggingface.co, without password or query")
  return url
}

function bearer(token: string): string {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Error(
      'the token (HF_TOKEN) holds a character that no HTTP header can carry: a space or a line end, perhaps',
    )
  return `Bearer ${token}`
}
