/**
 * Where what runs in namespaces comes to us: a socket whose path is gone before any foreign code runs. Who comes says a
 * token that is good once; who says none, or another, is shown out.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Door extends AsyncDisposable {
  /** The socket itself, for a child to inherit and connect to by: /proc/self/fd. Whoever holds it needs no path. */
  readonly fd: number
  /** Whoever comes with `token`; undefined where nobody has in time. */
  expect(): { readonly token: string; readonly came: Promise<Socket | undefined> }
}

/** Opens what lies there without opening it: the only way to hold a socket's file. The same on all of Linux. */
const O_PATH = 0o10000000
const WAIT_MS = 20_000

/** Its socket belongs to `uid`, where that is given. */
export async function openDoor(uid: number | undefined): Promise<Door> {
  const folder = await mkdtemp(join(tmpdir(), 'ludus-door-'))
  const path = join(folder, 'door')
  const expected = new Map<string, (socket: Socket) => void>()
  const server = createServer((socket) => {
    let heard = ''
    socket.on('error', () => {})
    const timer = setTimeout(() => socket.destroy(), WAIT_MS).unref()
    socket.on('data', function listen(data: Buffer) {
      heard += data.toString('latin1')
      if (!heard.includes('\n') && heard.length < 200) return
      clearTimeout(timer)
      socket.off('data', listen)
      const let_in = expected.get(tokenIn(heard))
      if (!let_in) return socket.destroy()
      let_in(socket)
      return undefined
    })
  })
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(path, resolve))
  await chmod(path, 0o600)
  if (uid !== undefined) await chown(path, uid, uid)
  const fd = openSync(path, O_PATH)
  await rm(folder, { recursive: true, force: true })
  return {
    fd,
    expect() {
      const token = randomBytes(16).toString('hex')
      const came = new Promise<Socket | undefined>((resolve) => {
        const leave = (socket?: Socket): void => {
          clearTimeout(timer)
          expected.delete(token)
          resolve(socket)
        }
        const timer = setTimeout(leave, WAIT_MS).unref()
        expected.set(token, leave)
      })
      return { token, came }
    },
    async [Symbol.asyncDispose]() {
      closeSync(fd)
      server.close()
    },
  }
}

function tokenIn(line: string): string {
  return /^\{"hello": "([0-9a-f]{32})"\}\n$/.exec(line)?.[1] ?? ''
}
