/**
 * A local OpenAI-compatible server for tests, on a free port of the loopback: `/v1/chat/completions` with vLLM's or
 * SGLang's token ids, and as much of `/v1/responses` as the AI SDK needs. One token per byte; it misbehaves on demand.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a request meets: an answer, a status, silence, half a body, or 200 with broken JSON. */
export type Chaos = 'ok' | 429 | 500 | 'timeout' | 'drop' | 'malformed'

export interface ChatBody {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content?: unknown; readonly [key: string]: unknown }[]
  readonly [key: string]: unknown
}

export interface Reply {
  readonly content?: string
  readonly thinking?: string
  /** `arguments` is text, as a model would have written it. */
  readonly calls?: readonly { readonly id?: string; readonly name: string; readonly arguments: string }[]
  /** The finish reason, where it is not to follow from the rest. */
  readonly finish?: string
}

export interface OpenAiServerOptions {
  /** `number` counts every request, from 0. */
  reply(body: ChatBody, number: number): string | Reply | Promise<string | Reply>
  chaos?(number: number): Chaos
  /** Whose token ids are sent where `return_token_ids` asks for them; 'plain' sends none. 'vllm' unless given. */
  readonly shape?: 'vllm' | 'sglang' | 'plain'
  /** Answers 400 to `return_token_ids`. */
  readonly strict?: boolean
  /** False where there are too many requests to remember. */
  readonly keep?: boolean
  /** One completion id too few; a token that is not the text's; a log-probability above 0. */
  readonly lie?: 'count' | 'token' | 'logprob'
}

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: ChatBody
}

export interface OpenAiServer extends AsyncDisposable {
  /** Ends in `/v1`. */
  readonly baseUrl: string
  /** Every request whose body has arrived, in order. */
  readonly requests: readonly Received[]
  close(): Promise<void>
}

/** The token that ends every finished completion. Its text is not in the content. */
export const END = { id: 256, text: '<|end|>' }

export async function startOpenAiServer(options: OpenAiServerOptions): Promise<OpenAiServer> {
  const requests: Received[] = []
  let number = 0
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const received = { path: request.url ?? '', headers: request.headers, body: JSON.parse(text) as ChatBody }
    if (options.keep !== false) requests.push(received)
    await answer(response, received, { ...options, number: number++ })
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => send(response, { status: 500, json: { error: String(error) } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const { port } = server.address() as AddressInfo
  return { baseUrl: `http://127.0.0.1:${port}/v1`, requests, close, [Symbol.asyncDispose]: close }
}

type Answering = OpenAiServerOptions & { readonly number: number }

async function answer(response: ServerResponse, { path, body }: Received, options: Answering): Promise<void> {
  const chaos = options.chaos?.(options.number) ?? 'ok'
  if (chaos === 'timeout') return
  if (chaos === 429) return send(response, { status: 429, json: oops('slow down'), headers: { 'retry-after': '0.02' } })
  if (chaos === 500) return send(response, { status: 500, json: oops('the server is on fire') })
  if (chaos === 'malformed') return void response.writeHead(200).end('{"choices": [')
  if (options.strict && 'return_token_ids' in body) {
    return send(response, { status: 400, json: oops('Unrecognized request argument supplied: return_token_ids') })
  }
  const said = await options.reply(body, options.number)
  const reply = typeof said === 'string' ? { content: said } : said
  const json = path.endsWith('/responses') ? responseJson(body, reply) : chatJson(body, reply, options)
  if (chaos === 'drop') return drop(response, JSON.stringify(json))
  send(response, { status: 200, json })
}

const oops = (message: string) => ({ error: { message, type: 'test', code: 'test' } })

function send(
  response: ServerResponse,
  { status, json, headers = {} }: { status: number; json: unknown; headers?: Record<string, string> },
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json))
}

function drop(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.write(text.slice(0, text.length / 2), () => response.destroy())
}

const bytesOf = (text: string): number[] => [...Buffer.from(text)]

/** The text as a model would have written it, before a server took thinking and calls out. */
const rawText = ({ thinking, content = '', calls = [] }: Reply): string =>
  (thinking === undefined ? '' : `<think>${thinking}</think>`) +
  content +
  calls.map((call) => JSON.stringify(call)).join('')

/** Ids are bytes; the end token follows unless `max_tokens` came first. */
function generate(reply: Reply, maxTokens: unknown): { ids: number[]; cut: boolean } {
  const ids = [...bytesOf(rawText(reply)), END.id]
  const limit = typeof maxTokens === 'number' ? maxTokens : ids.length
  return { ids: ids.slice(0, limit), cut: ids.length > limit }
}

const spell = (id: number): number[] => (id === END.id ? bytesOf(END.text) : [id])

function chatJson(body: ChatBody, reply: Reply, { shape = 'vllm', lie }: OpenAiServerOptions): object {
  const { ids, cut } = generate(reply, body['max_tokens'])
  const promptIds = bytesOf(body.messages.map(({ role, content }) => `${role}:${JSON.stringify(content)}\n`).join(''))
  const content = cut ? Buffer.from(ids).toString() : (reply.content ?? null)
  const calls = cut ? [] : (reply.calls ?? [])
  const entries = ids.map((id, i) => {
    const bytes = spell(lie === 'token' && i === 0 ? (id + 1) % 128 : id)
    const logprob = lie === 'logprob' && i === 0 ? 0.5 : -((id % 7) + 1) / 8
    return { token: Buffer.from(bytes).toString(), logprob, bytes, top_logprobs: [] }
  })
  const asked = body['return_token_ids'] === true && shape !== 'plain'
  const prompt = asked && { prompt_token_ids: promptIds }
  const choice = {
    index: 0,
    message: {
      role: 'assistant',
      content,
      ...(reply.thinking !== undefined && { reasoning_content: reply.thinking }),
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ id, ...call }) => ({
          ...(id !== undefined && { id }),
          type: 'function',
          function: call,
        })),
      }),
    },
    finish_reason: reply.finish ?? (cut ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop'),
    logprobs: body['logprobs'] === true ? { content: entries } : null,
    ...(shape === 'sglang' && prompt),
    ...(asked && { token_ids: lie === 'count' ? ids.slice(1) : ids }),
  }
  return {
    id: 'chatcmpl-test',
    object: 'chat.completion',
    model: body.model,
    choices: [choice],
    ...(shape === 'vllm' && prompt),
    usage: { prompt_tokens: promptIds.length, completion_tokens: ids.length },
  }
}

function responseJson(body: ChatBody, reply: Reply): object {
  const { ids } = generate(reply, undefined)
  const text = { type: 'output_text', text: reply.content ?? '', annotations: [] }
  const summary = [{ type: 'summary_text', text: reply.thinking ?? '' }]
  const calls = (reply.calls ?? []).map(({ id = 'call-0', ...call }, i) => ({
    type: 'function_call',
    id: `fc-${i}`,
    call_id: id,
    status: 'completed',
    ...call,
  }))
  return {
    id: 'resp-test',
    object: 'response',
    created_at: 0,
    model: body.model,
    status: reply.finish ? 'incomplete' : 'completed',
    incomplete_details: reply.finish ? { reason: reply.finish } : null,
    output: [
      ...(reply.thinking === undefined ? [] : [{ type: 'reasoning', id: 'rs-0', summary }]),
      ...(reply.content === undefined
        ? []
        : [{ type: 'message', id: 'msg-0', role: 'assistant', status: 'completed', content: [text] }]),
      ...calls,
    ],
    usage: { input_tokens: 7, output_tokens: ids.length, total_tokens: 7 + ids.length },
  }
}
