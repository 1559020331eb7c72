import { execFile } from 'node:child_process'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { END, startOpenAiServer } from '../../test/openai-server.ts'
import { assistant, type ModelRequest, system, user } from '../core/index.ts'
import { openaiModel } from './openai.ts'

const request: ModelRequest = { messages: [system('be brief'), user('hello')] }

/** A server that is only what a test makes of it. */
async function rawServer(listener: RequestListener): Promise<{ baseUrl: string } & AsyncDisposable> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await promisify(server.close.bind(server))()
  }
  const { port } = server.address() as AddressInfo
  return { baseUrl: `http://127.0.0.1:${port}/v1`, [Symbol.asyncDispose]: close }
}

interface Canned {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: string
}

const answering = (answer: (body: string, headers: IncomingHttpHeaders) => Canned) =>
  rawServer(async (request, response) => {
    const { status = 200, headers = {}, body } = answer(await text(request), request.headers)
    response.writeHead(status, headers).end(body)
  })

const saying = (message: object, rest: object = {}): string => JSON.stringify({ choices: [{ message, ...rest }] })

describe('openaiModel', () => {
  test('asks as OpenAI’s chat completions want it, and only for what was asked', async () => {
    await using server = await startOpenAiServer({ reply: () => 'hi' })
    await using model = openaiModel({ model: 'qwen', baseUrl: `${server.baseUrl}/` })
    expect(model.id).toBe(`openai:qwen@${server.baseUrl}`)
    const image = { type: 'image', mimeType: 'image/png', data: 'AAAA' } as const
    const call = { id: 'c1', name: 'look', arguments: { at: 'the sky' } }
    const parameters = { type: 'object', properties: { at: { type: 'string' } } }
    await model.complete({
      messages: [
        system('be brief'),
        user([{ type: 'text', text: 'see' }, image]),
        { role: 'assistant', content: 'hm', thinking: 'not sent', calls: [call] },
        { role: 'tool', callId: 'c1', content: 'blue' },
      ],
      tools: [{ name: 'look', description: 'Looks.', parameters }],
      sampling: { temperature: 0, topK: 5, topP: 0.9, maxTokens: 64, stop: ['\n'], seed: 7 },
    })
    await model.complete({ ...request, tools: [], sampling: { stop: [] } })
    const [full, bare] = server.requests
    expect(full?.path).toBe('/v1/chat/completions')
    expect(full?.body).toEqual({
      model: 'qwen',
      messages: [
        { role: 'system', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        {
          role: 'assistant',
          content: 'hm',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"the sky"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'blue' },
      ],
      tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters } }],
      temperature: 0,
      top_k: 5,
      top_p: 0.9,
      max_tokens: 64,
      stop: ['\n'],
      seed: 7,
      logprobs: true,
      return_token_ids: true,
    })
    expect(Object.keys(bare?.body ?? {}).sort()).toEqual(['logprobs', 'messages', 'model', 'return_token_ids'])
  })

  test('a seed of 53 bits goes out as one of 31', async () => {
    await using server = await startOpenAiServer({ reply: () => 'hi' })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    await model.complete({ ...request, sampling: { seed: 2 ** 52 + 5 } })
    expect(server.requests[0]?.body['seed']).toBe(5)
  })

  test.each(['vllm', 'sglang'] as const)('captures the tokens of %s', async (shape) => {
    await using server = await startOpenAiServer({ reply: () => 'Grüße', shape })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    const completion = await model.complete(request)
    const bytes = [...Buffer.from('Grüße')]
    const { prompt = [], ...tokens } = completion.tokens ?? {}
    expect(tokens).toEqual({
      completion: [...bytes, END.id],
      logprobs: [...bytes, END.id].map((id) => -((id % 7) + 1) / 8),
    })
    expect(Buffer.from(prompt).toString()).toBe('system:"be brief"\nuser:"hello"\n')
    expect(completion).toMatchObject({
      message: assistant('Grüße'),
      finish: 'stop',
      usage: { promptTokens: prompt.length, completionTokens: bytes.length + 1 },
    })
    expect(completion).not.toHaveProperty('tokensRefused')
    expect(completion).not.toHaveProperty('costUsd')
  })

  test('says nothing of tokens where the server sends none', async () => {
    await using server = await startOpenAiServer({ reply: () => 'hi', shape: 'plain' })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    expect(Object.keys(await model.complete(request)).sort()).toEqual(['finish', 'message', 'usage'])
  })

  test('a completion of no tokens is captured as one', async () => {
    await using server = await startOpenAiServer({ reply: () => 'hi' })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    const completion = await model.complete({ ...request, sampling: { maxTokens: 0 } })
    expect(completion).toMatchObject({ finish: 'length', tokens: { completion: [], logprobs: [] } })
  })

  test.each([
    ['count', /2 completion ids, but a usage of 3/],
    ['token', /the tokens spell "ii<|end|>", but the text is "hi"/],
    ['logprob', /logprob 0 is 0.5/],
  ] as const)('does not believe a server that lies about a %s', async (lie, why) => {
    await using server = await startOpenAiServer({ reply: () => 'hi', lie })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    const completion = await model.complete(request)
    expect(completion.message.content).toBe('hi')
    expect(completion).not.toHaveProperty('tokens')
    expect(completion.tokensRefused).toMatch(why)
  })

  test('a server that refuses the capture is asked without it, and remembered', async () => {
    await using server = await startOpenAiServer({ reply: () => 'hi', strict: true })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    expect(await model.complete(request)).not.toHaveProperty('attempts')
    await model.complete(request)
    expect(server.requests.map(({ body }) => 'return_token_ids' in body)).toEqual([true, false, false])
    expect(server.requests.map(({ body }) => 'logprobs' in body)).toEqual([true, false, false])
  })

  test('a refusal that only echoes the request does not end the capture', async () => {
    let asked = 0
    await using server = await answering((body) =>
      asked++ < 2
        ? { status: 400, body: JSON.stringify({ detail: 'user is banned', input: body }) }
        : { body: saying({ content: body.includes('return_token_ids') ? 'captured' : 'not captured' }) },
    )
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    await expect(model.complete(request)).rejects.toMatchObject({ code: 'refused' })
    expect((await model.complete(request)).message.content).toBe('captured')
  })

  test('reads thinking and tool calls, and sends unreadable arguments back as readable JSON', async () => {
    const calls = [
      { id: 'a', name: 'add', arguments: '{"x":1}' },
      { name: 'add', arguments: '{"x":' },
      { id: '', name: 'now', arguments: '' },
    ]
    await using server = await startOpenAiServer({ reply: () => ({ thinking: 'hmm', calls }) })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    const { message, finish, tokens } = await model.complete(request)
    expect(finish).toBe('tool')
    expect(message).toEqual({
      role: 'assistant',
      content: '',
      thinking: 'hmm',
      calls: [
        { id: 'a', name: 'add', arguments: { x: 1 } },
        { id: 'call-2-1', name: 'add', arguments: '{"x":' },
        { id: 'call-2-2', name: 'now', arguments: {} },
      ],
    })
    // What the server cut out of the text cannot be compared with it, and is captured all the same.
    expect(Buffer.from(tokens?.completion.slice(0, -1) ?? []).toString()).toMatch(/^<think>hmm<\/think>\{/)
    await model.complete({ messages: [...request.messages, message] })
    const again = server.requests[1]?.body.messages.at(-1)?.['tool_calls'] as { function: { arguments: string } }[]
    expect(again.map((call) => JSON.parse(call.function.arguments))).toEqual([{ x: 1 }, '{"x":', {}])
  })

  test('an empty thought still means that the text was rewritten', async () => {
    await using server = await startOpenAiServer({ reply: () => ({ thinking: '', content: 'hi' }) })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    const { message, tokens } = await model.complete(request)
    expect(message).toEqual(assistant('hi'))
    expect(tokens).toBeDefined()
  })

  test.each([
    [429, '{}', { 'retry-after': '2' }, 'rate-limit', 2000],
    [429, '{}', { 'retry-after': '9', 'retry-after-ms': '25' }, 'rate-limit', 25],
    [429, '{}', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 'rate-limit', 0],
    [503, 'busy', { 'retry-after': '1' }, 'server', 1000],
    [500, 'oh', {}, 'server', undefined],
    [408, '', {}, 'timeout', undefined],
    [404, 'no such model', {}, 'refused', undefined],
    [302, '', { location: 'http://127.0.0.1:1/' }, 'refused', undefined],
    [400, "This model's maximum context length is 4096 tokens.", {}, 'context', undefined],
    [400, '{"code":"context_length_exceeded"}', {}, 'context', undefined],
    [200, 'not json', {}, 'malformed', undefined],
    [200, '{"error":{"message":"overloaded"}}', {}, 'malformed', undefined],
    [200, '{"choices":[]}', {}, 'malformed', undefined],
    [200, '{"choices":[{"message":null}]}', {}, 'malformed', undefined],
    [200, saying({ content: 'ha' }, { finish_reason: 'abort' }), {}, 'server', undefined],
    [200, saying({ content: null }, { finish_reason: 'content_filter' }), {}, 'refused', undefined],
  ])('%d %s %j is %s', async (status, body, headers, code, retryAfterMs) => {
    await using server = await answering(() => ({ status, body, headers: headers as Record<string, string> }))
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    await expect(model.complete(request)).rejects.toMatchObject({ name: 'ModelError', code, retryAfterMs })
  })

  test.each([
    ['no usage, no finish reason, no content', saying({ content: null }), ''],
    ['what the provider has besides', saying({ content: 'hi', annotations: [] }, { index: 0 }), 'hi'],
    ['a refusal', saying({ content: null, refusal: 'no' }), 'no'],
    ['a filter that let something through', saying({ content: 'hi' }, { finish_reason: 'content_filter' }), 'hi'],
  ])('an answer with %s is one', async (_, body, content) => {
    await using server = await answering(() => ({ body }))
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    expect(await model.complete(request)).toEqual({ message: assistant(content), finish: 'stop' })
  })

  test('an error names the model and the status, and cuts the body short', async () => {
    await using server = await answering(() => ({ status: 500, body: `<html>\n${'x'.repeat(5000)}` }))
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    const error = await model.complete(request).catch((error) => error)
    expect(error.message).toMatch(/^openai:m@http:\S+ answered 500: <html> x{100,193}…$/)
  })

  test.each([401, 200])(
    'the key goes out in its header and comes back nowhere, with a status of %d',
    async (status) => {
      const apiKey = 'sk-very-secret'
      const echo = ({ authorization }: IncomingHttpHeaders): string => `${' '.repeat(150)}bad key: ${authorization}`
      await using server = await answering((_, headers) => ({ status, body: echo(headers) }))
      await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl, apiKey })
      const error = await model.complete(request).catch((error) => error)
      expect(error.message).toContain('bad key: Bearer [api key]')
      expect(`${model.id} ${error.stack} ${JSON.stringify(error)}`).not.toContain(apiKey)
    },
  )

  test('a key that is a common word leaves answers as they are', async () => {
    await using server = await startOpenAiServer({ reply: () => 'a banana' })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl, apiKey: 'a' })
    expect(await model.complete(request)).toMatchObject({ message: assistant('a banana'), tokens: {} })
  })

  test.each([
    ['silence', 'timeout', 'timeout'],
    ['half an answer', 'drop', 'connection'],
    ['half a JSON', 'malformed', 'malformed'],
  ] as const)('%s is %s', async (_, chaos, code) => {
    await using server = await startOpenAiServer({ reply: () => 'hi', chaos: () => chaos })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl, timeoutMs: 100 })
    await expect(model.complete(request)).rejects.toMatchObject({ code, retryable: true })
  })

  test('the deadline holds for the body too', async () => {
    await using server = await rawServer((_, response) => void response.writeHead(200).write('{"choices'))
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl, timeoutMs: 50 })
    await expect(model.complete(request)).rejects.toMatchObject({
      code: 'timeout',
      message: `${model.id} did not answer within 50 ms`,
    })
  })

  test('a port where nobody listens is a connection refused', async () => {
    const server = await startOpenAiServer({ reply: () => 'hi' })
    await server.close()
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    await expect(model.complete(request)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('an abort ends a call with its reason, before, in flight and in the queue', async () => {
    await using server = await startOpenAiServer({ reply: () => 'hi', chaos: () => 'timeout' })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl, connections: 1 })
    const controller = new AbortController()
    const { signal } = controller
    const calls = [model.complete(request, { signal }), model.complete(request, { signal })]
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const reason = new Error('enough')
    controller.abort(reason)
    for (const call of [...calls, model.complete(request, { signal })]) await expect(call).rejects.toBe(reason)
    expect(server.requests).toHaveLength(1)
  })

  test('asks over so many sockets at once and no more', async () => {
    let busy = 0
    let most = 0
    const reply = async (): Promise<string> => {
      most = Math.max(most, ++busy)
      await new Promise((resolve) => setTimeout(resolve, 5))
      busy--
      return 'hi'
    }
    await using server = await startOpenAiServer({ reply })
    await using model = openaiModel({ model: 'm', baseUrl: server.baseUrl, connections: 3 })
    await Promise.all(Array.from({ length: 12 }, () => model.complete(request)))
    expect(most).toBe(3)
  })

  test('closing ends what is in flight, and nothing can be asked afterwards', async () => {
    await using server = await startOpenAiServer({ reply: () => 'hi', chaos: () => 'timeout' })
    const model = openaiModel({ model: 'm', baseUrl: server.baseUrl })
    const call = model.complete(request)
    call.catch(() => {})
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await model[Symbol.asyncDispose]()
    await expect(call).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('was closed') })
    await expect(model.complete(request)).rejects.toMatchObject({ code: 'refused', retryable: false })
  })

  test('a process that forgets to close it still ends', async () => {
    await using server = await startOpenAiServer({ reply: () => 'hi' })
    const program = `
      import { openaiModel } from ${JSON.stringify(new URL('./openai.ts', import.meta.url).href)}
      const model = openaiModel({ model: 'm', baseUrl: ${JSON.stringify(server.baseUrl)} })
      console.log((await model.complete({ messages: [{ role: 'user', content: 'hello' }] })).message.content)`
    const args = ['--input-type=module', '-e', program]
    // The server keeps its side of the socket open for five seconds.
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 4000 })
    expect(stdout).toBe('hi\n')
  })

  test.each([
    [{ baseUrl: 'localhost:8000' }, /http:\/\/localhost:8000\/v1, not 'localhost:8000'/],
    [{ baseUrl: 'ftp://a/v1' }, /not 'ftp:/],
    [{ baseUrl: 'http://user:sesame@a/v1' }, /^(?!.*sesame).*base URL at a carries credentials/],
    [{ baseUrl: 'http://a/v1?key=sesame' }, /^(?!.*sesame).*query/],
    [{ baseUrl: 'http://a/v1', apiKey: 'sesame\n' }, /^(?!.*sesame).*API key/],
    [{ baseUrl: 'http://a/v1', timeoutMs: Number.NaN }, /positive number of milliseconds, not NaN/],
  ])('%j is refused', (options, why) => {
    expect(() => openaiModel({ model: 'm', ...options })).toThrow(why)
  })
})
