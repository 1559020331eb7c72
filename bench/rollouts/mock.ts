/**
 * An OpenAI-compatible server that costs next to nothing, in a process of its own: `node bench/rollouts/mock.ts`. What it
 * answers follows from the request alone, so that a run that is resumed hears the same. It prints its base URL, and
 * ends with its standard input where `--with-stdin` is given.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { faultyServer } from '../../src/models/index.ts'

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    /** Milliseconds before an answer. */
    latency: { type: 'string', default: '0' },
    /** Words in an answer. */
    tokens: { type: 'string', default: '16' },
    /** Tool calls before the answer in words. */
    turns: { type: 'string', default: '0' },
    /** Token ids and logprobs where they are asked for, as vLLM sends them. */
    ids: { type: 'boolean', default: false },
    /** Rates of faults, like 429=0.1,reset=0.05: src/models/faulty-server.ts says which there are. */
    faults: { type: 'string', default: '' },
    seed: { type: 'string', default: '0' },
    /** Remembers which requests there were, for /v1/count. */
    count: { type: 'boolean', default: false },
    'with-stdin': { type: 'boolean', default: false },
  },
})
const [latencyMs, tokens, turns] = [Number(flags.latency), Number(flags.tokens), Number(flags.turns)]
const words = Array.from({ length: tokens }, (_, i) => `word${i}`).join(' ')
const ids = Array.from({ length: tokens }, (_, i) => i)
const captured = flags.ids && {
  token_ids: ids,
  logprobs: { content: ids.map((i) => ({ token: `${i ? ' ' : ''}word${i}`, logprob: -0.25 })) },
}

interface Asked {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: unknown }[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

/** FNV-1a of the text, for what an answer says. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

function answer(text: string): string {
  const { model, messages, tools } = JSON.parse(text) as Asked
  const said = messages.reduce((count, { role }) => count + Number(role === 'assistant'), 0)
  const tool = said < turns ? tools?.[0]?.function.name : undefined
  const number = hash(JSON.stringify(messages.at(-1)?.content))
  const call = tool && {
    id: `call-${said}`,
    type: 'function',
    function: { name: tool, arguments: `{"n":${number % 100}}` },
  }
  const prompt = Math.ceil(text.length / 4)
  return JSON.stringify({
    ...{ id: `chatcmpl-${number}`, object: 'chat.completion', created: 0, model },
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: call ? null : words, ...(call && { tool_calls: [call] }) },
        finish_reason: call ? 'tool_calls' : 'stop',
        ...(!call && captured),
      },
    ],
    usage: { prompt_tokens: prompt, completion_tokens: tokens, total_tokens: prompt + tokens },
  })
}

/** What `GET /v1/count` says: answers begun, and how many different requests they were to. */
let requests = 0
const different = new Set<number>()

function serve(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET') return void response.end(JSON.stringify({ requests, different: different.size }))
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const asked = (parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString()
    requests++
    if (flags.count) different.add(hash(asked) * 2 ** 20 + (asked.length % 2 ** 20))
    const body = answer(asked)
    const send = (): void => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      response.end(body)
    }
    if (latencyMs > 0) setTimeout(send, latencyMs)
    else send()
  })
}

const server = createServer({ keepAliveTimeout: 60_000 }, serve)
server.listen({ port: Number(flags.port), host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
let baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
if (flags.faults !== '') {
  const rates = Object.fromEntries(
    flags.faults.split(',').map((text) => [text.split('=')[0], Number(text.split('=')[1])]),
  )
  baseUrl = (await faultyServer({ baseUrl, rates, seed: Number(flags.seed) })).baseUrl
}
process.stdout.write(`${baseUrl}\n`)
if (flags['with-stdin']) process.stdin.resume().on('end', () => process.exit())
