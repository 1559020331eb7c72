/**
 * A local hub for tests that answers as Hugging Face's does: the listing of a revision, small files from itself with a
 * relative redirect on the way, large ones by a redirect to another server with ranges. It misbehaves on demand.
 */
import { createHash } from 'node:crypto'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What the bytes of a file meet: as they are, half of them, others, more, from the start whatever was asked, silence
 * after half of them, or a few of them at a time.
 */
export type Mischief = 'ok' | 'half' | 'wrong' | 'more' | 'whole' | 'elsewhere' | 'silence' | 'slow' | 503

export interface HubServerOptions {
  readonly files: Readonly<Record<string, Uint8Array>>
  /** 'owner/name' */
  readonly repository?: string
  /** Without it, 401. */
  readonly token?: string
  /** `number` counts the requests for bytes, from 0. */
  mischief?(path: string, number: number): Mischief
  /** Changes what the listing says. */
  listing?(said: Listing): unknown
}

interface Listing {
  readonly sha: string
  readonly siblings: readonly {
    readonly rfilename: string
    readonly size: number
    readonly blobId: string
    readonly lfs?: { readonly sha256: string; readonly size: number; readonly pointerSize: number }
  }[]
}

export interface Asked {
  readonly of: 'hub' | 'store'
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export interface HubServer extends AsyncDisposable {
  readonly endpoint: string
  readonly commit: string
  /** Every request, in order. */
  readonly asked: Asked[]
}

/** Larger files lie in the store. */
const LARGE = 1000

const sha = (kind: 'sha1' | 'sha256', ...parts: (string | Uint8Array)[]): string => {
  const hash = createHash(kind)
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

export async function startHubServer(options: HubServerOptions): Promise<HubServer> {
  const { files, repository = 'owner/name', token, mischief = () => 'ok' as const } = options
  const asked: Asked[] = []
  const commit = sha('sha1', JSON.stringify(Object.keys(files)))
  let number = 0
  const bytes = (request: IncomingMessage, response: ServerResponse, path: string): void => {
    const data = files[path]
    if (!data) refuse(response, 404, 'Entry not found')
    else send(request, response, { data, mischief: mischief(path, number++) })
  }
  const store = await listen(asked, 'store', (request, response, path) => {
    // The signature is part of the address, and nobody else's business.
    if (!request.url?.includes('signature=secret')) return refuse(response, 403, 'no signature')
    bytes(request, response, path.slice(1))
  })
  const hub = await listen(asked, 'hub', (request, response, path) => {
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return refuse(response, 401, `Invalid credentials, not ${request.headers.authorization}`)
    if (path === `/api/models/${repository}/revision/main` || path === `/api/models/${repository}/revision/${commit}`) {
      const said = { sha: commit, siblings: Object.entries(files).map(sibling) }
      return void response.end(JSON.stringify(options.listing?.(said) ?? said))
    }
    const [, direct, file = ''] = /^\/(api\/resolve-cache|owner\/name\/resolve)\/[0-9a-f]{40}\/(.+)$/.exec(path) ?? []
    const data = files[file]
    if (!data) return refuse(response, 404, 'Repository or entry not found')
    if (direct === 'api/resolve-cache') return bytes(request, response, file)
    const large = data.length > LARGE
    response.writeHead(large ? 302 : 307, {
      ...(large && { 'x-linked-etag': `"${sha('sha256', data)}"`, 'x-linked-size': data.length }),
      'x-repo-commit': commit,
      location: large ? `${addressOf(store)}/${file}?signature=secret` : `/api/resolve-cache/${commit}/${file}`,
    })
    response.end('moved')
  })
  const close = async (): Promise<void> => {
    for (const server of [hub, store]) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  return { endpoint: addressOf(hub), commit, asked, [Symbol.asyncDispose]: close }
}

function sibling([rfilename, data]: [string, Uint8Array]): Listing['siblings'][number] {
  const blobId = sha('sha1', `blob ${data.length}\0`, data)
  const common = { rfilename, size: data.length, blobId }
  if (data.length <= LARGE) return common
  return { ...common, lfs: { sha256: sha('sha256', data), size: data.length, pointerSize: 134 } }
}

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function listen(
  asked: Asked[],
  of: Asked['of'],
  answer: (request: IncomingMessage, response: ServerResponse, path: string) => void,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(`http://x${request.url}`).pathname)
    asked.push({ of, path, headers: request.headers })
    answer(request, response, path)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status).end(text)
}

interface Sending {
  readonly data: Uint8Array
  readonly mischief: Mischief
}

function send(request: IncomingMessage, response: ServerResponse, { data, mischief }: Sending): void {
  if (mischief === 503) {
    refuse(response, 503, 'busy')
    return
  }
  const asked = mischief === 'whole' ? undefined : /^bytes=(\d+)-$/.exec(`${request.headers.range}`)?.[1]
  const from = Number(asked ?? 0)
  const rest = Buffer.from(data.subarray(from))
  const stated = mischief === 'elsewhere' ? from + 1 : from
  response.writeHead(asked === undefined ? 200 : 206, {
    ...(mischief !== 'more' && { 'content-length': rest.length }),
    ...(asked !== undefined && { 'content-range': `bytes ${stated}-${data.length - 1}/${data.length}` }),
  })
  if (mischief === 'silence') {
    response.write(rest.subarray(0, from === 0 ? rest.length >> 1 : 0))
    return
  }
  if (mischief === 'slow') {
    const timer = setInterval(() => response.write(rest.subarray(0, 100)), 100)
    response.on('close', () => clearInterval(timer))
    return
  }
  if (mischief === 'half') {
    response.write(rest.subarray(0, rest.length >> 1), () => setTimeout(() => response.destroy(), 20))
    return
  }
  if (mischief === 'wrong') rest.writeUInt8(rest.readUInt8(0) ^ 1, 0)
  response.end(mischief === 'more' ? Buffer.concat([rest, Buffer.alloc(100)]) : rest)
}
