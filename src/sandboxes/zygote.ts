/** Our end of the fork-server: starts it, has it fork episodes and end them, and puts each where its memory is bounded. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { type Answer, type Channel, openChannel, parse } from './channel.ts'
import { type Door, openDoor } from './door.ts'
import { type MemoryGroup, memoryGroups } from './memory-group.ts'
import { LIMITS } from './provider.ts'
import type { PythonFound } from './python-found.ts'
import { seccompFilter } from './seccomp.ts'

/** An episode's processes: a warden that is ours, and an interpreter that waits for its first request. */
export interface Cell {
  readonly warden: Channel
  readonly interpreter: Channel
  /** Absent where there are no memory cgroups to be had: then the warden watches. */
  readonly group: MemoryGroup | undefined
  /** What the warden tells unasked. */
  onNews: (news: Answer) => void
  /** Told when everything of it is gone, and where that is our failure, of that. */
  onEnd: (failure: Error | undefined) => void
  /** Ends all of it at once; back when it is gone. */
  end(): Promise<void>
}

export interface Zygote extends AsyncDisposable {
  readonly interpreter: string
  readonly libraries: Readonly<Record<string, string>>
  readonly door: Door
  spawn(): Promise<Cell>
  /** Why it is gone, when it is. */
  readonly lost: Promise<Error>
}

const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/tmp',
  LANG: 'C.UTF-8',
  PYTHONDONTWRITEBYTECODE: '1',
  // Threads of a library would not survive the fork.
  OPENBLAS_NUM_THREADS: '1',
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
}

const BOOT =
  'import sys, json; config = json.loads(sys.stdin.buffer.readline()); exec(compile(config["zygote"], "<zygote>", "exec"))'

const START_MS = 30_000

/** Rejects with a sentence where it cannot do its work here. */
export async function startZygote(python: PythonFound): Promise<Zygote> {
  const door = await openDoor(python.uid)
  const user = python.uid === undefined ? {} : { uid: python.uid, gid: python.uid }
  const child = spawn(python.path, ['-I', '-B', '-c', BOOT], {
    ...user,
    cwd: '/',
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe', door.fd],
  })
  try {
    return await converse(child, door, python)
  } catch (error) {
    child.kill('SIGKILL')
    await door[Symbol.asyncDispose]()
    throw error
  }
}

async function converse(child: ChildProcess, door: Door, python: PythonFound): Promise<Zygote> {
  const source = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
  const orders = child.stdin as Writable
  orders.on('error', () => {})
  const order = (what: object): boolean => orders.write(`${JSON.stringify(what)}\n`)
  let complaint = ''
  child.stderr?.on('data', (data: Buffer) => {
    complaint = `${complaint}${data}`.slice(-2000)
  })
  const lost = new Promise<Error>((resolve) => {
    child.on('error', resolve)
    child.on('exit', (code, signal) =>
      resolve(
        new Error(`the fork-server of the python sandbox ended (${signal ?? code}): ${complaint.trim() || 'no word'}`),
      ),
    )
  })
  const hear = new Map<unknown, (news: Answer) => void>()
  const ready = new Promise<Answer>((resolve) => hear.set(undefined, resolve))
  createInterface({ input: child.stdout! }).on('line', (line) => {
    // A library that prints as it is imported says nothing to us.
    const news = parse(line)
    if (news) hear.get(news['spawned'] ?? news['ended'])?.(news)
  })
  order({
    readable: python.readable,
    environment: ENVIRONMENT,
    seccomp: seccompFilter(process.arch)?.toString('base64'),
    interpreter: source('./interpreter.py'),
    zygote: source('./zygote.py'),
  })
  const began = await Promise.race([ready, lost, after(START_MS)])
  if (began instanceof Error) throw began
  if (typeof began['failed'] === 'string')
    throw new Error(`the python sandbox could not be built here: ${began['failed']}`)
  const spawner = createSpawner({ child, door, lost, hear, order })
  return {
    interpreter: `${began['ready']}`.replace(/^cpython/, 'CPython'),
    libraries: began['libraries'] as Record<string, string>,
    ...{ door, lost, ...spawner },
    async [Symbol.asyncDispose]() {
      orders.end()
      const slow = setTimeout(() => child.kill('SIGKILL'), 2000)
      await lost
      clearTimeout(slow)
      await spawner.clear()
      await door[Symbol.asyncDispose]()
    },
  }
}

interface Wires {
  readonly child: ChildProcess
  readonly door: Door
  readonly lost: Promise<Error>
  /** Who is told what of which episode. */
  readonly hear: Map<unknown, (news: Answer) => void>
  order(what: object): boolean
}

function createSpawner({ child, door, lost, hear, order }: Wires): Pick<Zygote, 'spawn'> & { clear(): Promise<void> } {
  let groups = memoryGroups()
  const open = new Set<MemoryGroup>()
  let count = 0
  /** Where the kernel will not have it, wardens watch from now on. */
  const admitted = (number: number, pid: number): MemoryGroup | undefined => {
    const group = groups?.create(`${number}`)
    if (!group) return undefined
    open.add(group)
    try {
      group.admit(hostPid(child.pid!, pid))
      return group
    } catch {
      groups = undefined
      void remove(group)
      return undefined
    }
  }
  const remove = async (group: MemoryGroup): Promise<void> => {
    await group.remove()
    open.delete(group)
  }
  return {
    async clear() {
      await Promise.all([...open].map(remove))
    },
    async spawn() {
      const number = ++count
      const { token, came } = door.expect()
      const events = {
        spawned: Promise.withResolvers<number>(),
        ended: Promise.withResolvers<Answer | undefined>(),
      }
      hear.set(number, (news) => {
        if (news['spawned'] === number) events.spawned.resolve(news['pid'] as number)
        else events.ended.resolve(news)
      })
      void lost.then(() => events.ended.resolve(undefined))
      order({ do: 'spawn', episode: number, token })
      const ended = events.ended.promise.then((news) => {
        hear.delete(number)
        return news
      })
      const failed = ended.then((news) => {
        throw new Error(`the python sandbox could not start an episode: ${news?.['why'] ?? 'it ended at once'}`)
      })
      failed.catch(() => {})
      const socket = await Promise.race([came, failed])
      if (!socket) throw new Error('the python sandbox could not start an episode in time')
      const group = admitted(number, await events.spawned.promise)
      const gone = ended.then(async (news) => {
        cell.onEnd(news ? undefined : await lost)
        if (group) await remove(group)
      })
      const end = async (): Promise<void> => {
        order({ do: 'kill', episode: number })
        await gone
      }
      const cell: Pick<Cell, 'onNews' | 'onEnd' | 'group' | 'end'> = { onNews() {}, onEnd() {}, group, end }
      try {
        const warden = openChannel(socket, (news) => cell.onNews(news))
        const first = door.expect()
        await warden.ask({ do: 'start', token: first.token }, 4096)
        const visitor = await Promise.race([first.came, failed])
        if (!visitor) throw new Error('the python sandbox could not start an interpreter in time')
        const interpreter = openChannel(visitor)
        await warmUp(warden, interpreter)
        return Object.assign(cell, { warden, interpreter })
      } catch (error) {
        await end()
        throw error
      }
    },
  }
}

/** What is done for the first time after a fork copies the pages that it touches: better now than when somebody waits. */
async function warmUp(warden: Channel, interpreter: Channel): Promise<void> {
  const { diskMb, memoryMb, outputBytes: cap } = LIMITS
  await Promise.all([
    warden.ask({ do: 'open', diskMb, memoryMb, cap, watch: false }, 4096),
    interpreter.ask({ do: 'exec', language: 'python', code: '', cap }, 4096),
  ])
}

/** From a process id as the zygote, the only child of the process that we started, sees it to ours. */
function hostPid(outer: number, inner: number): number {
  const children = (pid: number): number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
  for (const pid of children(children(outer)[0]!).reverse()) {
    const [, ids = ''] = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    if (Number(ids.split(/\s+/).at(-2)) === inner) return pid
  }
  throw new Error(`the python sandbox has lost sight of its process ${inner}`)
}

function after(timeMs: number): Promise<Error> {
  return new Promise((resolve) =>
    setTimeout(
      resolve,
      timeMs,
      new Error(`the fork-server of the python sandbox was not ready within ${timeMs} ms`),
    ).unref(),
  )
}
