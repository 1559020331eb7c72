/**
 * One file from a hub, put in its place when it is whole and its checksum holds. Each process writes into a part of its
 * own, so that no two can spoil each other; what others left of the file is copied first, and the rest asked for.
 */
import { createHash, type Hash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ModelError } from '../core/index.ts'
import { pause } from './deadline.ts'
import { networkError } from './http-error.ts'
import { type Hub, plain } from './hub-http.ts'

export interface HubFile {
  /** Within the repository. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** 64 digits of SHA-256, or where the file lies in git itself the 40 of its blob's SHA-1. */
  readonly checksum: string
}

export interface Download {
  readonly url: string
  /** The path it shall have. */
  readonly to: string
  readonly signal?: AbortSignal | undefined
  /** The first wait after a failure; it doubles with every further one that brought nothing. */
  readonly baseMs: number
  /** How much of the file is there. */
  onBytes(bytes: number): void
}

/** Failures in a row that brought nothing. */
const TRIES = 5
/** A part that nobody has written to for so long is nobody's. */
const STALE_MS = 60_000

/** Whether the file is in its place: only what was checked is ever put there. */
export async function isThere({ size }: HubFile, path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true && found.size === size
}

/** Rejects with a ModelError, and keeps what has arrived; what has another checksum is not kept. */
export async function download(hub: Hub, file: HubFile, options: Download): Promise<void> {
  const { to, onBytes } = options
  await mkdir(dirname(to), { recursive: true })
  const part = await beginPart(file, to)
  let whole = false
  try {
    const before = part.length
    onBytes(before)
    await receiveAll(hub, part, file, options)
    let found = checksum(part)
    if (found !== file.checksum && before > 0) {
      // What was left may have been damaged.
      await empty(part)
      await receiveAll(hub, part, file, options)
      found = checksum(part)
    }
    if (found !== file.checksum) {
      await empty(part)
      throw new ModelError(
        'refused',
        `${options.url} came with the checksum ${found}, and the hub lists ${file.checksum}: nothing of it is kept; try again later`,
      )
    }
    await part.handle.sync()
    whole = true
  } finally {
    await part.handle.close()
    if (whole) await rename(part.path, to)
    else if (part.length > 0) await rename(part.path, `${to}.part`)
    else await rm(part.path, { force: true })
  }
  await clear(to)
}

/** What is fetched of a file so far. */
interface Part {
  readonly path: string
  readonly handle: FileHandle
  readonly size: number
  readonly git: boolean
  length: number
  hash: Hash
}

async function beginPart(file: HubFile, to: string): Promise<Part> {
  const path = `${to}.${randomUUID()}.part`
  const git = file.checksum.length === 40
  const handle = await open(path, 'wx')
  const part: Part = { path, handle, size: file.size, git, length: 0, hash: hashOf(git, file.size) }
  try {
    const left = (await parts(to)).filter((other) => other.path !== path && other.size <= file.size)
    const largest = left.sort((a, b) => b.size - a.size)[0]
    if (!largest || largest.size === 0) return part
    for await (const chunk of createReadStream(largest.path, { end: largest.size - 1 })) await append(part, chunk)
    if (largest.free) await rm(largest.path, { force: true })
    return part
  } catch {
    // Somebody else may have taken it away while it was read.
    await empty(part)
    return part
  }
}

/** git's checksum is that of a header and the bytes. */
const hashOf = (git: boolean, size: number): Hash =>
  git ? createHash('sha1').update(`blob ${size}\0`) : createHash('sha256')

const checksum = ({ hash }: Part): string => hash.copy().digest('hex')

async function append(part: Part, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await part.handle.write(chunk, done, chunk.length - done, part.length + done)
    done += bytesWritten
  }
  part.hash.update(chunk)
  part.length += chunk.length
}

async function empty(part: Part): Promise<void> {
  await part.handle.truncate(0)
  part.length = 0
  part.hash = hashOf(part.git, part.size)
}

interface Left {
  readonly path: string
  readonly size: number
  /** Nobody is writing to it. */
  readonly free: boolean
}

/** Parts of a file, this process's own among them. */
async function parts(to: string): Promise<Left[]> {
  const [folder, name] = [dirname(to), basename(to)]
  // Not those of a file whose name begins with this one's.
  const own = (other: string): boolean =>
    other.startsWith(`${name}.`) && /^([0-9a-f-]{36}\.)?part$/.test(other.slice(name.length + 1))
  const names = (await readdir(folder)).filter(own)
  const found = await Promise.all(
    names.map(async (other): Promise<Left[]> => {
      const path = join(folder, other)
      const at = await stat(path).catch(() => undefined)
      if (!at) return []
      return [{ path, size: at.size, free: other === `${name}.part` || Date.now() - at.mtimeMs > STALE_MS }]
    }),
  )
  return found.flat()
}

/** Takes away what nobody needs once the file is in its place. */
async function clear(to: string): Promise<void> {
  for (const { path, free } of await parts(to)) if (free) await rm(path, { force: true })
}

async function receiveAll(hub: Hub, part: Part, file: HubFile, options: Download): Promise<void> {
  for (let failures = 0; part.length < file.size; ) {
    const before = part.length
    try {
      await receive(hub, part, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!(error instanceof ModelError && error.retryable)) throw error
      failures = part.length > before ? 1 : failures + 1
      if (failures === TRIES) throw error
      await pause(Math.max(error.retryAfterMs ?? 0, options.baseMs * 2 ** (failures - 1)), options.signal)
    }
  }
}

/** The rest of the file, or all of it from a server that knows no ranges. */
async function receive(hub: Hub, part: Part, { url, signal, onBytes }: Download): Promise<void> {
  const headers: Record<string, string> = part.length > 0 ? { range: `bytes=${part.length}-` } : {}
  const answer = await hub.get(url, { headers, signal })
  const who = plain(new URL(url))
  const from = /^bytes (\d+)-/.exec(`${answer.headers['content-range']}`)?.[1]
  if (answer.statusCode === 200) await empty(part)
  else if (Number(from) !== part.length) {
    answer.body.destroy()
    throw new ModelError('refused', `${who} was asked for the bytes from ${part.length} on and sent those from ${from}`)
  }
  const pieces = answer.body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  while (true) {
    const piece = await pieces.next().catch((error) => {
      signal?.throwIfAborted()
      throw networkError(who, error)
    })
    if (piece.done) break
    if (part.length + piece.value.length > part.size) {
      await pieces.return?.()
      throw new ModelError('refused', `${who} sends more than the ${part.size} bytes that the hub lists`)
    }
    await append(part, piece.value)
    onBytes(part.length)
  }
  if (part.length < part.size)
    throw new ModelError('connection', `${who} ended after ${part.length} of ${part.size} bytes`)
}
