/**
 * Stands in for the services that run boxes: answers as Docker's Engine, E2B and Daytona document, checks their keys,
 * and runs the commands here, each box in a folder of its own. It keeps nothing inside: no test of walls.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const KEY = 'key-of-the-service-7f3a'
const TOKEN = 'token-of-the-machine-91bc'

interface Ran {
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly exitCode: number
}

export interface BoxServer {
  readonly url: string
  /** The bodies of all requests. */
  readonly bodies: readonly string[]
  /** Boxes that were opened and not closed. */
  open(): number
  close(): Promise<void>
}

interface Asked {
  /** 'POST /sandboxes' */
  readonly route: string
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
}

interface Reply {
  readonly status?: number
  readonly body: object | Buffer | string
}

const json = (body: Buffer): Record<string, unknown> => JSON.parse(body.toString() || '{}')
const refused = (status: number, message: string): Reply => ({ status, body: { message } })

/** The boxes themselves: a folder each. */
class Boxes {
  readonly root = mkdtempSync(join(tmpdir(), 'ludus-boxes-'))
  readonly open = new Set<string>()

  add(): string {
    const box = randomBytes(8).toString('hex')
    this.open.add(box)
    mkdirSync(join(this.root, box))
    return box
  }

  remove(box: string): Reply {
    if (!this.open.delete(box)) return refused(404, `no such box: ${box}`)
    // As a machine that is switched off: whatever was started in its folder ends.
    for (const pid of startedIn(join(this.root, box))) process.kill(pid, 'SIGKILL')
    rmSync(join(this.root, box), { recursive: true, force: true })
    return { status: 204, body: '' }
  }

  run(box: string, [program = '', ...args]: readonly string[]): Promise<Ran> {
    if (!this.open.has(box)) throw new Error(`no such box: ${box}`)
    return finished(
      spawn(program, args, { cwd: join(this.root, box), env: { PATH: process.env['PATH'], TMPDIR: this.root } }),
    )
  }
}

type Api = (asked: Asked) => Promise<Reply | undefined>

function dockerApi(boxes: Boxes): Api {
  const commands = new Map<string, { box: string; command: string[]; ran?: Ran }>()
  return async ({ route, body }) => {
    if (route.endsWith('/_ping')) return { body: 'OK' }
    const [, id = '', verb] = /^\w+ \/v[\d.]+\/(?:containers|exec)\/(\w+)\/?(\w*)/.exec(route) ?? []
    if (id === 'create') {
      const { NetworkMode, ReadonlyRootfs, CapDrop } = json(body)['HostConfig'] as Record<string, unknown>
      if (NetworkMode !== 'none' || !ReadonlyRootfs || `${CapDrop}` !== 'ALL') return refused(400, 'too open')
      return { status: 201, body: { Id: boxes.add(), Warnings: [] } }
    }
    if (verb === 'start' && boxes.open.has(id)) return { status: 204, body: '' }
    if (/^DELETE.*\/containers\//.test(route)) return boxes.remove(id)
    if (verb === 'exec') {
      const exec = randomBytes(8).toString('hex')
      commands.set(exec, { box: id, command: json(body)['Cmd'] as string[] })
      return { status: 201, body: { Id: exec } }
    }
    const command = commands.get(id)
    if (!command) return undefined
    if (verb !== 'start') return { body: { Running: false, ExitCode: command.ran?.exitCode ?? null } }
    command.ran = await boxes.run(command.box, command.command)
    return { body: Buffer.concat([framed(1, command.ran.stdout), framed(2, command.ran.stderr)]) }
  }
}

function e2bApi(boxes: Boxes): Api {
  return async ({ route, body, headers }) => {
    if (route.startsWith('POST /process.Process/Start')) {
      if (headers['x-access-token'] !== TOKEN) return refused(401, 'no token')
      const { process } = JSON.parse(body.subarray(5).toString()) as { process: { cmd: string; args: string[] } }
      const { stdout, stderr, exitCode } = await boxes.run(`${headers['e2b-sandbox-id']}`, [
        process.cmd,
        ...process.args,
      ])
      const said = { stdout: stdout.toString('base64'), stderr: stderr.toString('base64') }
      const data = Object.fromEntries(Object.entries(said).filter(([, text]) => text !== ''))
      const end = { exited: true, status: `exit status ${exitCode}`, ...(exitCode && { exitCode }) }
      const events = [{ start: { pid: 1 } }, { data }, { end }].map((event) => enveloped(0, { event }))
      return { body: Buffer.concat([...events, enveloped(2, {})]) }
    }
    if (!/^\w+ \/sandboxes/.test(route)) return undefined
    // A careless service: it repeats the key that it refuses.
    if (headers['x-api-key'] !== KEY) return refused(401, `invalid key ${headers['x-api-key']}`)
    if (route.startsWith('DELETE')) return boxes.remove(route.split('/').at(-1)!)
    if (json(body)['allow_internet_access'] !== false) return refused(400, 'too open')
    const made = {
      sandboxID: boxes.add(),
      templateID: 'base',
      envdVersion: '0.4.0',
      envdAccessToken: TOKEN,
      domain: null,
    }
    return { status: 201, body: made }
  }
}

function daytonaApi(boxes: Boxes): Api {
  const looks = new Map<string, number>()
  return async ({ route, body, headers }) => {
    if (!/^\w+ \/(sandbox|toolbox)(\/|$)/.test(route)) return undefined
    if (headers.authorization !== `Bearer ${KEY}`) return refused(401, `invalid: ${headers.authorization}`)
    const [, box = ''] = /\/(?:sandbox|toolbox)\/(\w+)/.exec(route) ?? []
    if (route === 'POST /sandbox') {
      if (json(body)['networkBlockAll'] !== true) return refused(400, 'too open')
      return { body: { id: boxes.add(), state: 'creating' } }
    }
    if (route.startsWith('DELETE')) return boxes.remove(box)
    if (route.startsWith('GET')) {
      looks.set(box, (looks.get(box) ?? 0) + 1)
      return { body: { id: box, state: looks.get(box)! > 1 ? 'started' : 'starting' } }
    }
    const { stdout, stderr, exitCode } = await boxes.run(box, ['sh', '-c', `${json(body)['command']}`])
    return { body: { exitCode, result: `${stdout}${stderr}` } }
  }
}

/** On a port, or on a socket at `path`. */
export async function boxServer(path?: string): Promise<BoxServer> {
  const boxes = new Boxes()
  const bodies: string[] = []
  const [docker, ...others] = [dockerApi(boxes), e2bApi(boxes), daytonaApi(boxes)]
  const reply = async (asked: Asked): Promise<Reply> => {
    for (const api of /\/v[\d.]+\//.test(asked.route) ? [docker!] : others) {
      const said = await api(asked).catch((error: Error) => refused(404, error.message))
      if (said) return said
    }
    return refused(404, `no route ${asked.route}`)
  }
  const server = createServer(async (asked, answer) => {
    const body = Buffer.concat(await Array.fromAsync(asked))
    bodies.push(body.toString())
    const route = `${asked.method} ${asked.url?.split('?')[0]}`
    const { status = 200, body: said } = await reply({ route, body, headers: asked.headers })
    answer.writeHead(status).end(Buffer.isBuffer(said) || typeof said === 'string' ? said : JSON.stringify(said))
  })
  await new Promise<void>((resolve) => server.listen(path ?? { port: 0, host: '127.0.0.1' }, resolve))
  const { port } = (path ? { port: 0 } : server.address()) as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    open: () => boxes.open.size,
    async close() {
      for (const box of boxes.open) boxes.remove(box)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(boxes.root, { recursive: true, force: true })
    },
  }
}

function startedIn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)
    } catch {
      return false
    }
  })
}

function framed(stream: number, said: Buffer): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(said.length, 4)
  return Buffer.concat([header, said])
}

function enveloped(flags: number, message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const header = Buffer.from([flags, 0, 0, 0, 0])
  header.writeUInt32BE(body.length, 1)
  return Buffer.concat([header, body])
}

async function finished(child: ChildProcess): Promise<Ran> {
  const exited = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 137))
  })
  const [stdout, stderr] = await Promise.all([child.stdout!, child.stderr!].map((stream) => Array.fromAsync(stream)))
  return {
    stdout: Buffer.concat(stdout as Buffer[]),
    stderr: Buffer.concat(stderr as Buffer[]),
    exitCode: await exited,
  }
}
