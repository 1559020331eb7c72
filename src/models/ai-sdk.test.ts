import {
  APICallError,
  type LanguageModelV3,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  LoadAPIKeyError,
} from '@ai-sdk/provider'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type OpenAiServer, type Reply, startOpenAiServer } from '../../test/openai-server.ts'
import { assistant, type Model, type ModelRequest, system, user } from '../core/index.ts'
import { aiSdkModel, loadAiSdkModel } from './ai-sdk.ts'

type ResultV4 = Awaited<ReturnType<LanguageModelV4['doGenerate']>>

const request: ModelRequest = { messages: [user('hello')] }
const tokens = (total: number | undefined) => ({
  inputTokens: { total, noCache: total, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total, text: total, reasoning: 0 },
})
const said = (result: Partial<ResultV4>): ResultV4 => ({
  content: [{ type: 'text', text: 'hi' }],
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: tokens(3),
  warnings: [],
  ...result,
})

/** A language model of the SDK's own interface; `asked` is what it was called with. */
function languageModel(generate: (options: LanguageModelV4CallOptions) => ResultV4 | Promise<ResultV4>) {
  const asked: LanguageModelV4CallOptions[] = []
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'acme.chat',
    modelId: 'a/b',
    supportedUrls: {},
    doGenerate: async (options) => {
      asked.push(options)
      return generate(options)
    },
    doStream: () => Promise.reject(new Error('not streamed')),
  }
  return { model, asked }
}

const image = { type: 'image', mimeType: 'image/png', data: 'AAAA' } as const
const call = { id: 'c1', name: 'look', arguments: { at: 'sky' } }
const conversation: ModelRequest = {
  messages: [
    system('be brief'),
    user([{ type: 'text', text: 'see' }, image]),
    { role: 'assistant', content: '', thinking: 'hm', calls: [call] },
    { role: 'tool', callId: 'c1', content: 'cloudy', isError: true },
    { role: 'tool', callId: 'c1', content: [{ type: 'text', text: 'this' }, image] },
    assistant('I see'),
    assistant(''),
  ],
  tools: [{ name: 'look', description: 'Looks.', parameters: { type: 'object' } }],
  sampling: { temperature: 0, topK: 4, topP: 0.5, maxTokens: 9, stop: ['x'], seed: 2 ** 52 + 5 },
}

describe('aiSdkModel', () => {
  test('asks in the prompt format of version 4', async () => {
    const { model, asked } = languageModel(() => said({}))
    expect(aiSdkModel(model).id).toBe('ai:acme/a/b')
    await aiSdkModel(model).complete(conversation)
    const { abortSignal, ...options } = asked[0] ?? { prompt: [] }
    expect(abortSignal).toBeInstanceOf(AbortSignal)
    const data = { type: 'data', data: 'AAAA' }
    expect(options).toEqual({
      prompt: [
        { role: 'system', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'file', mediaType: 'image/png', data },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: { at: 'sky' } },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'c1',
              toolName: 'look',
              output: { type: 'error-text', value: 'cloudy' },
            },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'c1',
              toolName: 'look',
              output: {
                type: 'content',
                value: [
                  { type: 'text', text: 'this' },
                  { type: 'file', mediaType: 'image/png', data },
                ],
              },
            },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: 'I see' }] },
        { role: 'assistant', content: [{ type: 'text', text: '' }] },
      ],
      tools: [{ type: 'function', name: 'look', description: 'Looks.', inputSchema: { type: 'object' } }],
      temperature: 0,
      topK: 4,
      topP: 0.5,
      maxOutputTokens: 9,
      stopSequences: ['x'],
      seed: 5,
    })
    await aiSdkModel(model).complete(request)
    expect(Object.keys(asked[1] ?? {}).sort()).toEqual(['abortSignal', 'prompt'])
  })

  test('writes images as version 3 wants them', async () => {
    const doGenerate = vi.fn<LanguageModelV3['doGenerate']>(async () => ({
      ...said({}),
      content: [{ type: 'text', text: 'hi' }],
      finishReason: { unified: 'stop', raw: undefined },
      warnings: [],
    }))
    const doStream = () => Promise.reject(new Error('not streamed'))
    const about = { specificationVersion: 'v3', provider: 'acme', modelId: 'm', supportedUrls: {} } as const
    await aiSdkModel({ ...about, doGenerate, doStream }).complete(conversation)
    const prompt = doGenerate.mock.calls[0]?.[0].prompt
    expect(prompt?.[1]?.content[1]).toEqual({ type: 'file', mediaType: 'image/png', data: 'AAAA' })
    expect(JSON.stringify(prompt?.[4])).toContain('{"type":"image-data","data":"AAAA","mediaType":"image/png"}')
  })

  test('reads text, thinking, calls and usage', async () => {
    const { model } = languageModel(() =>
      said({
        content: [
          { type: 'reasoning', text: '' },
          { type: 'reasoning', text: 'let me' },
          { type: 'reasoning', text: 'see' },
          { type: 'text', text: 'one' },
          { type: 'text', text: ' two' },
          { type: 'tool-call', toolCallId: 'a', toolName: 'add', input: '{"x":1}' },
          { type: 'tool-call', toolCallId: 'b', toolName: 'add', input: '{"x":' },
          { type: 'tool-call', toolCallId: 'w', toolName: 'web_search', input: '{}', providerExecuted: true },
        ],
        finishReason: { unified: 'tool-calls', raw: 'tool_use' },
      }),
    )
    expect(await aiSdkModel(model).complete(request)).toEqual({
      message: {
        role: 'assistant',
        content: 'one two',
        thinking: 'let me\nsee',
        calls: [
          { id: 'a', name: 'add', arguments: { x: 1 } },
          { id: 'b', name: 'add', arguments: '{"x":' },
        ],
      },
      finish: 'tool',
      usage: { promptTokens: 3, completionTokens: 3 },
    })
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['other', 'stop'],
    ['content-filter', 'stop'],
  ] as const)(
    'an answer that ended with %s is finished with %s, and unknown usage is left out',
    async (unified, finish) => {
      const { model } = languageModel(() =>
        said({ finishReason: { unified, raw: undefined }, usage: tokens(undefined) }),
      )
      expect(await aiSdkModel(model).complete(request)).toEqual({ message: assistant('hi'), finish })
    },
  )

  test.each([
    ['error', 'server'],
    ['interrupted', 'connection'],
    ['content-filter', 'refused'],
  ] as const)('nothing said, and %s, is no answer: %s', async (unified, code) => {
    const { model } = languageModel(() => said({ content: [], finishReason: { unified, raw: undefined } }))
    await expect(aiSdkModel(model).complete(request)).rejects.toMatchObject({ name: 'ModelError', code })
  })

  const apiError = (fields: Partial<ConstructorParameters<typeof APICallError>[0]>) =>
    new APICallError({ message: 'oh', url: 'http://a', requestBodyValues: {}, ...fields })
  const withCode = (code: string) => Object.assign(new Error('oh'), { code })

  test.each([
    ['rate-limit', apiError({ statusCode: 429, responseHeaders: { 'retry-after': '3' } }), 3000],
    ['refused', apiError({ statusCode: 429, isRetryable: false }), undefined],
    ['server', apiError({ statusCode: 529 }), undefined],
    ['server', apiError({ statusCode: 409 }), undefined],
    ['refused', apiError({ statusCode: 404 }), undefined],
    ['context', apiError({ statusCode: 400, message: 'prompt is too long: 9 tokens > 8 maximum' }), undefined],
    ['malformed', apiError({ statusCode: 200, message: 'Invalid JSON response' }), undefined],
    ['unreachable', apiError({ isRetryable: true, cause: withCode('ECONNREFUSED') }), undefined],
    ['connection', apiError({ statusCode: 200, cause: withCode('UND_ERR_SOCKET') }), undefined],
    ['timeout', apiError({ isRetryable: true, cause: withCode('UND_ERR_HEADERS_TIMEOUT') }), undefined],
    ['timeout', apiError({ isRetryable: true, cause: withCode('ETIMEDOUT') }), undefined],
    ['connection', withCode('ECONNRESET'), undefined],
    ['refused', new LoadAPIKeyError({ message: 'the key is missing' }), undefined],
    ['refused', new TypeError('a bug'), undefined],
  ])('is %s after %o', async (code, error, retryAfterMs) => {
    const { model } = languageModel(() => Promise.reject(error))
    const refusal = expect(aiSdkModel(model).complete(request)).rejects
    await refusal.toMatchObject({ name: 'ModelError', code, retryAfterMs, cause: error })
  })

  test('ends at the deadline and at an abort, even where the provider heeds neither', async () => {
    const { model, asked } = languageModel(() => new Promise(() => {}))
    await expect(aiSdkModel(model, { timeoutMs: 5 }).complete(request)).rejects.toMatchObject({ code: 'timeout' })
    const controller = new AbortController()
    const call = aiSdkModel(model).complete(request, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    expect(asked.map(({ abortSignal }) => abortSignal?.aborted)).toEqual([true, true])
  })

  test('refuses an image where the format has no place, and an interface too old', async () => {
    const { model } = languageModel(() => said({}))
    const message = { role: 'system', content: [image] } as const
    await expect(aiSdkModel(model).complete({ messages: [message] })).rejects.toMatchObject({ code: 'refused' })
    const old = { ...model, specificationVersion: 'v2' } as unknown as LanguageModelV4
    expect(() => aiSdkModel(old)).toThrow(/version 'v2'.*update/)
  })
})

describe('loadAiSdkModel', () => {
  let answer: string | Reply = 'hi'
  let server: OpenAiServer
  let model: Model
  beforeAll(async () => {
    const chaos = (number: number) => (server.requests[number]?.body.model === 'busy' ? 429 : 'ok')
    server = await startOpenAiServer({ reply: () => answer, chaos })
    // The package reads its URL when it is first imported.
    vi.stubEnv('OPENAI_BASE_URL', server.baseUrl)
    vi.stubEnv('OPENAI_API_KEY', 'sk-test')
    model = await loadAiSdkModel('openai/gpt-test')
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await server.close()
  })

  test('talks to a server through the real package', async () => {
    answer = 'hello there'
    const completion = await model.complete({ messages: [system('be brief'), user('hello')] })
    expect(model.id).toBe('ai:openai/gpt-test')
    expect(completion).toEqual({
      message: assistant('hello there'),
      finish: 'stop',
      usage: { promptTokens: 7, completionTokens: 12 },
    })
    expect(server.requests.at(-1)).toMatchObject({
      path: '/v1/responses',
      headers: { authorization: 'Bearer sk-test' },
    })
  })

  test('passes thinking, tool calls and their results', async () => {
    answer = { thinking: 'hm', calls: [{ id: 'c9', name: 'look', arguments: '{"at":"sky"}' }] }
    const { message, finish } = await model.complete({ ...conversation, messages: [user('look')] })
    expect(finish).toBe('tool')
    expect(message).toEqual({
      role: 'assistant',
      content: '',
      thinking: 'hm',
      calls: [{ id: 'c9', name: 'look', arguments: { at: 'sky' } }],
    })
    answer = 'blue'
    await model.complete({ messages: [user('look'), message, { role: 'tool', callId: 'c9', content: 'all blue' }] })
    const input = JSON.stringify(server.requests.at(-1)?.body['input'])
    expect(input).toContain('"call_id":"c9","name":"look","arguments":"{\\"at\\":\\"sky\\"}"')
    expect(input).toContain('"type":"function_call_output","call_id":"c9","output":"all blue"')
  })

  test('a failure keeps its code', async () => {
    const busy = await loadAiSdkModel('openai/busy')
    await expect(busy.complete(request)).rejects.toMatchObject({
      code: 'rate-limit',
      retryAfterMs: 20,
      message: 'ai:openai/busy answered 429: slow down',
    })
    expect(server.requests.filter(({ body }) => body.model === 'busy')).toHaveLength(1)
  })

  test.each([
    ['gpt-5', "'gpt-5' is not <provider>/<model>, like openai/gpt-5"],
    ['../evil/x', "'../evil/x' is not <provider>/<model>, like openai/gpt-5"],
    ['no-such/model', '@ai-sdk/no-such is not installed; run: npm install @ai-sdk/no-such'],
    ['provider/model', "@ai-sdk/provider exports no provider 'provider'; make the model yourself"],
  ])('%s is answered with a sentence', async (name, sentence) => {
    await expect(loadAiSdkModel(name)).rejects.toThrow(sentence)
  })
})
