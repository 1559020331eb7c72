/**
 * A faulty line to any model server: a proxy on a free port of the loopback that passes requests on, and at the rates it
 * is given drops, delays, damages or refuses them, by seed. For tests of whoever stands in front of it.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Dispatcher, Pool } from 'undici'
import { drawFaults, type FaultOptions, type Random, random } from '../core/index.ts'

export const SERVER_FAULTS = [
  'drop', //      no answer, and the connection stays open
  'reset', //     the connection is reset, unanswered
  'delay', //     the answer comes late
  'drip', //      the answer comes in small pieces, the last of them late
  'truncate', //  half of the body, with a length that says it is all
  'close', //     half of the body, with a length that says it is not all, and the connection closed
  'duplicate', // the server is asked twice, and the body says everything twice
  'corrupt', //   one byte of the body has another highest bit
  '429',
  '500',
  '529', //       overloaded, as Anthropic says it
] as const
export type ServerFault = (typeof SERVER_FAULTS)[number]

export interface FaultyServerOptions extends FaultOptions<ServerFault> {
  /** Of the server in front of which it stands: `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string
  /** How late is late, 1,000 unless given. */
  readonly delayMs?: number
  /** What a 429 asks for; nothing unless given. */
  readonly retryAfterMs?: number
}

export interface FaultyServer extends AsyncDisposable {
  /** To be used in place of the server's. */
  readonly baseUrl: string
  /** How often each fault was met so far. */
  readonly met: ReadonlyMap<ServerFault, number>
}

interface Line extends Required<Pick<FaultyServerOptions, 'delayMs'>> {
  readonly server: Pool
  readonly retryAfterMs: number | undefined
  readonly chance: Random
}

/** Throws on rates that are no probabilities. Closing it cuts every connection. */
export async function faultyServer(options: FaultyServerOptions): Promise<FaultyServer> {
  const { origin, pathname } = new URL(options.baseUrl)
  const { delayMs = 1000, retryAfterMs, seed = 0 } = options
  const next = drawFaults(options)
  const server = new Pool(origin, { connections: null, headersTimeout: 0, bodyTimeout: 0 })
  const line: Line = { server, delayMs, retryAfterMs, chance: random(seed).split('damage') }
  const met = new Map<ServerFault, number>()
  const proxy = createServer((request, response) => {
    const fault = next()
    if (fault) met.set(fault, (met.get(fault) ?? 0) + 1)
    // Whoever is on the other side has gone, or the server has: there is nobody to tell.
    serve(request, response, { ...line, fault }).catch(() => response.destroy())
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const { port } = proxy.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}${pathname}`,
    met,
    async [Symbol.asyncDispose]() {
      const closed = once(proxy, 'close')
      proxy.close()
      proxy.closeAllConnections()
      await server.destroy()
      await closed
    },
  }
}

type Serving = Line & { readonly fault: ServerFault | undefined }

async function serve(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { fault, server, delayMs, retryAfterMs } = serving
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const body = await buffer(request)
  if (fault === 'drop') return
  if (fault === 'reset') return void request.socket.resetAndDestroy()
  if (fault === '429' || fault === '500' || fault === '529') {
    const wish = fault === '429' && retryAfterMs !== undefined && { 'retry-after-ms': `${retryAfterMs}` }
    const headers = { 'content-type': 'application/json', ...wish }
    return void response
      .writeHead(Number(fault), headers)
      .end(`{"error": {"message": "the line met the fault ${fault}"}}`)
  }
  const { url: path = '/', method, headers } = request
  const ask = { path, method: method as Dispatcher.HttpMethod, headers: kept(headers), signal: gone.signal }
  const forward = async () => {
    const answer = await server.request({ ...ask, ...(body.length > 0 && { body }) })
    return { answer, bytes: Buffer.from(await answer.body.arrayBuffer()) }
  }
  if (fault === 'duplicate') await forward()
  const { answer, bytes } = await forward()
  if (fault === 'delay') await sleep(delayMs, undefined, gone)
  await send(response, {
    ...serving,
    bytes: damaged(bytes, serving),
    status: answer.statusCode,
    headers: kept(answer.headers),
  })
}

/** Headers of one hop, and of an encoding of which we would not know what half of it is. */
const HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'host',
  'accept-encoding',
  'expect',
])

function kept(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || HOP.has(name) ? [] : [[name, value] as const],
  )
  return Object.fromEntries(given)
}

function damaged(bytes: Buffer, { fault, chance }: Serving): Buffer {
  if (fault === 'truncate') return bytes.subarray(0, bytes.length >> 1)
  if (fault === 'duplicate') return Buffer.concat([bytes, bytes])
  if (fault === 'corrupt' && bytes.length > 0) bytes[chance.int(bytes.length)]! ^= 0x80
  return bytes
}

const PIECES = 10

async function send(
  response: ServerResponse,
  answer: Serving & {
    readonly bytes: Buffer
    readonly status: number
    readonly headers: Record<string, string | string[]>
  },
): Promise<void> {
  const { fault, bytes, status, headers, delayMs } = answer
  response.writeHead(status, { ...headers, 'content-length': bytes.length })
  if (fault === 'close') return void response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
  const size = fault === 'drip' ? Math.ceil(bytes.length / PIECES) : bytes.length
  for (let at = 0; at < bytes.length && !response.closed; at += size) {
    if (at > 0) await sleep(delayMs / PIECES)
    response.write(bytes.subarray(at, at + size))
  }
  response.end()
}
