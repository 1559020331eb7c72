/** The guest's end of the wire, in a thread or a process that it may bring down as it likes; and what guests share. */
import { parentPort } from 'node:worker_threads'

export interface GuestRequest {
  readonly id: number
  readonly do: 'open' | 'exec' | 'read' | 'write' | 'list' | 'snapshot'
  readonly code: string
  readonly cap: number
  readonly timeoutMs: number
  readonly path: string
  readonly most: number
  readonly bytes: Uint8Array
  readonly snapshot: unknown
}

/** Answers each request with what `handle` makes of it, one after the other; what it throws is answered as `error`. */
export function serveGuest(handle: (request: GuestRequest) => object | Promise<object>): void {
  let turn = Promise.resolve()
  const answer = async (request: GuestRequest): Promise<void> => {
    const said = await Promise.resolve()
      .then(() => handle(request))
      .catch((error: Error) => ({ error: error.message }))
    const message = { ...said, id: request.id }
    if (parentPort) parentPort.postMessage(message)
    else process.send?.(message)
  }
  const receive = (request: GuestRequest): void => {
    turn = turn.then(() => answer(request))
  }
  if (parentPort) parentPort.on('message', receive)
  else process.on('message', receive)
}

/** The path below the working folder, without '.' and '..'. Throws a sentence where it leads out of it. */
export function within(path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/work/') ? path.slice(6) : path).split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.pop() === undefined) throw new Error(`'${path}' leads out of the working folder`)
    if (part !== '..') parts.push(part)
  }
  if (path.startsWith('/') && !path.startsWith('/work/')) throw new Error(`'${path}' leads out of the working folder`)
  if (parts.length === 0) throw new Error(`'${path}' names no file`)
  return parts.join('/')
}

/** Keeps the beginning and the end of what is said: at most `cap` bytes of it, the cut marked. */
export function outlet(cap: number): { say(text: string): void; take(): { text: string; cut: boolean } } {
  const half = Math.max(cap - 64, 0) >> 1
  let head = Buffer.alloc(0)
  let later: Buffer[] = []
  let [held, bytes] = [0, 0]
  return {
    say(text) {
      const piece = Buffer.from(text)
      bytes += piece.length
      later.push(piece)
      held += piece.length
      if (held < 4 * cap + 4096) return
      const all = Buffer.concat(later)
      if (head.length === 0) head = all.subarray(0, half)
      later = [all.subarray(-cap)]
      held = later[0]!.length
    },
    take() {
      const all = Buffer.concat(later)
      if (bytes <= cap) return { text: all.toString(), cut: false }
      const start = head.length > 0 ? head : all.subarray(0, half)
      const end = all.subarray(all.length - half)
      return { text: `${start}\n[... ${bytes - 2 * half} bytes cut ...]\n${end}`, cut: true }
    },
  }
}
