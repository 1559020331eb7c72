/** Requests to a service that runs boxes. Its key is a header and nothing else: no error repeats it. */
import { type Dispatcher, request } from 'undici'

export interface Service {
  readonly name: string
  readonly url: string
  /** Header by header, keys included. */
  readonly headers: Readonly<Record<string, string>>
  readonly dispatcher?: Dispatcher
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Sent as JSON, or as it is. */
  readonly body?: object | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly mostBytes?: number
  /** An answer that is none of ours to complain of. */
  readonly allowed?: readonly number[]
}

const DEADLINE_MS = 600_000

/** The body. Rejects with a sentence on a status that is no success, and where there is more than `mostBytes`. */
export async function callService(service: Service, path: string, call: Call = {}): Promise<Buffer> {
  const { method = 'GET', body, mostBytes = 1 << 20, allowed = [] } = call
  const raw = body instanceof Uint8Array
  const response = await request(service.url + path, {
    ...{ method, bodyTimeout: DEADLINE_MS, headersTimeout: DEADLINE_MS },
    headers: { ...(body && !raw && { 'content-type': 'application/json' }), ...service.headers, ...call.headers },
    ...(body && { body: raw ? body : JSON.stringify(body) }),
    ...(service.dispatcher && { dispatcher: service.dispatcher }),
  }).catch((cause: Error) => {
    throw new Error(`${service.name} cannot be reached: ${discreet(cause.message, service)}`)
  })
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of response.body) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > mostBytes) throw new Error(`${service.name} answered with more than ${mostBytes} bytes`)
  }
  const answer = Buffer.concat(pieces)
  const { statusCode } = response
  if (statusCode < 400 || allowed.includes(statusCode)) return answer
  const said = discreet(answer.toString().slice(0, 300), service)
  throw new Error(`${service.name} answered ${method} ${path.split('?')[0]} with ${statusCode}: ${said}`)
}

function discreet(text: string, { headers }: Service): string {
  const secrets = Object.values(headers).flatMap((value) => [value, value.split(' ').at(-1)!])
  return secrets.filter((secret) => secret.length > 3).reduce((said, secret) => said.replaceAll(secret, '[key]'), text)
}

export async function callJson(service: Service, path: string, call?: Call): Promise<Record<string, unknown>> {
  const answer = (await callService(service, path, call)).toString()
  try {
    const value: unknown = JSON.parse(answer)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below.
  }
  throw new Error(`${service.name} answered ${path} with no JSON object: ${discreet(answer.slice(0, 200), service)}`)
}

/** A field that must be there. */
export function textIn(answer: Record<string, unknown>, field: string, name: string): string {
  const value = answer[field]
  if (typeof value === 'string' && value !== '') return value
  throw new Error(`${name} answered without '${field}'`)
}
