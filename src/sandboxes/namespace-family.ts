/** One episode of the namespace sandbox: its first interpreter and the forks of it, which end with it. */
import { posix } from 'node:path'
import type { Sandbox, SandboxSpec } from '../core/index.ts'
import { type Answer, type Channel, openChannel } from './channel.ts'
import { added, leadsOut, MOST_READ } from './folder.ts'
import { type End, interpreterOf, type Program } from './interpreter.ts'
import { LIMITS } from './provider.ts'
import type { Cell, Zygote } from './zygote.ts'

interface Place {
  readonly cell: Cell
  readonly zygote: Zygote
  readonly spec: SandboxSpec
}

interface Family extends Place {
  readonly members: Map<number, Member>
  /** Of everything in it, where the warden watches. */
  peakMb: number | undefined
  count: number
  /** What it came to, where it came to too much. */
  over: string | undefined
}

/** An interpreter, and who is told how it ended. */
interface Member {
  readonly program: Program
  end(how: string, output?: End['output']): void
  fail(failure: Error): void
}

const ANSWER_BYTES = 64 * 1024
const FORK_MS = 10_000

/** Rejects where the sandbox itself failed. */
export async function openFamily(place: Place): Promise<Sandbox> {
  const { cell, spec } = place
  const { memoryMb = LIMITS.memoryMb, diskMb = LIMITS.diskMb, outputBytes: cap = LIMITS.outputBytes } = spec
  const family: Family = { ...place, members: new Map(), peakMb: undefined, count: 0, over: undefined }
  const channel = cell.interpreter
  const member = createMember(family, 0, channel)
  cell.onNews = (news) => hear(family, news)
  cell.onEnd = (failure) => {
    for (const { end, fail } of family.members.values()) {
      if (failure) fail(failure)
      else end('its processes ended')
    }
  }
  try {
    cell.group?.limit(memoryMb)
    const asked = { memoryMb, diskMb, cap, watch: cell.group === undefined }
    const begun = [cell.warden.ask({ do: 'open', ...asked }, ANSWER_BYTES)]
    for (const answer of await Promise.all([...begun, channel.ask({ do: 'begin', ...asked }, ANSWER_BYTES)]))
      good(answer, 'be opened')
  } catch (error) {
    await cell.end()
    throw error
  }
  return sandboxOf(family, 0, { channel, member })
}

/** The answer, unless it is none or an error. */
function good(answer: Answer | undefined, what: string): Answer {
  if (!answer) throw new Error(`the python sandbox cannot ${what}: it has ended`)
  if (typeof answer['error'] === 'string') throw new Error(`the python sandbox cannot ${what}: ${answer['error']}`)
  return answer
}

/** What the warden tells: a member ended, memory grew, or was too much. */
function hear(family: Family, news: Answer): void {
  if ('peak' in news) family.peakMb = Number(news['peak']) / 2 ** 20
  if ('over' in news) family.over = tooMuch(family)
  if (!('member' in news)) return
  const { status, stdout, stderr, truncated } = news
  const how = Number(status) < 0 ? `it was ended by signal ${-Number(status)}` : `it exited with ${status}`
  const output = { stdout: `${stdout}`, stderr: `${stderr}`, truncated: truncated === true }
  family.members.get(Number(news['member']))?.end(how, output)
}

const tooMuch = ({ spec }: Family): string =>
  `out of memory: everything in it together may hold ${spec.memoryMb ?? LIMITS.memoryMb} MB`

const overrun = (family: Family): string | undefined =>
  family.over ?? (family.cell.group?.exceeded() ? tooMuch(family) : undefined)

function createMember(family: Family, number: number, channel: Channel): Member {
  const { warden, group, end: endAll } = family.cell
  const { promise: ended, resolve, reject } = Promise.withResolvers<End>()
  ended.catch(() => {})
  let because: string | undefined
  const end = (how: string, output?: End['output']): void =>
    resolve({ why: because ?? overrun(family) ?? how, ...(output && { output }) })
  const program: Program = {
    ...{ channel, ended },
    interrupt: () => void warden.ask({ do: 'interrupt', member: number }, ANSWER_BYTES),
    async kill(why) {
      because ??= why
      const answer = await Promise.race([warden.ask({ do: 'kill', member: number }, ANSWER_BYTES), after(KILL_MS)])
      // A warden that does not answer is ended with all that it wards.
      if (!answer) await endAll()
      end(why)
    },
    memoryMb: () => group?.peakMb() ?? family.peakMb,
  }
  const member = { program, end, fail: reject }
  family.members.set(number, member)
  return member
}

const KILL_MS = 3000
const after = (timeMs: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(resolve, timeMs, undefined).unref())

function sandboxOf(family: Family, number: number, { channel, member }: { channel: Channel; member: Member }): Sandbox {
  const { cell, zygote, spec } = family
  const { program } = member
  const { exec, inTurn } = interpreterOf(program, spec)
  const { interpreter, libraries } = zygote
  return {
    about: { isolation: 'namespace', interpreter, libraries },
    exec,
    ...files(cell.warden, number),
    fork: () => inTurn(() => forkOf(family, number, channel)),
    async interrupt() {
      program.interrupt()
    },
    kill: () => program.kill('it was killed'),
    async [Symbol.asyncDispose]() {
      if (!family.members.delete(number)) return
      member.end('it was closed')
      channel.close()
      if (family.members.size > 0) await cell.warden.ask({ do: 'kill', member: number, gone: true }, ANSWER_BYTES)
      else await cell.end()
    },
  }
}

/** The interpreter forks itself; the warden has given it a folder and a channel for the other one. */
async function forkOf(family: Family, parent: number, channel: Channel): Promise<Sandbox> {
  const { cell, zygote } = family
  const number = ++family.count
  const { token, came } = zygote.door.expect()
  const asked = { do: 'fork', member: parent, number, token }
  const { folder } = good(await cell.warden.ask(asked, ANSWER_BYTES), 'be forked')
  const socket = await came
  if (!socket) throw new Error('the python sandbox cannot be forked: nobody came')
  const its = openChannel(socket)
  const member = createMember(family, number, its)
  try {
    const timely = (answer: Promise<Answer | undefined>): Promise<Answer | undefined> =>
      Promise.race([answer, after(FORK_MS)])
    good(await timely(channel.ask({ do: 'fork', folder }, ANSWER_BYTES)), 'be forked')
    const { pid } = good(await timely(its.ask({ do: 'who' }, ANSWER_BYTES)), 'be forked')
    await cell.warden.ask({ do: 'adopt', member: number, pid: Number.isInteger(pid) ? pid : 0 }, ANSWER_BYTES)
    return sandboxOf(family, number, { channel: its, member })
  } catch (error) {
    family.members.delete(number)
    its.close()
    await cell.warden.ask({ do: 'kill', member: number, gone: true }, ANSWER_BYTES)
    throw error
  }
}

/** Of the working folder, by the warden: what the interpreter says of it is not asked. */
function files(warden: Channel, member: number): Pick<Sandbox, 'read' | 'write' | 'changes'> {
  const ask = async (path: string, request: object, mostBytes = ANSWER_BYTES): Promise<Answer> => {
    const whole = posix.normalize(path)
    if (posix.isAbsolute(whole) || whole === '..' || whole.startsWith('../')) throw new Error(leadsOut(path))
    const answer = await warden.ask({ ...request, member, path: whole }, mostBytes)
    if (answer?.['code'] === 'ENOENT') throw new Error(`there is no file '${path}' in the sandbox`)
    if (answer?.['code'] === 'EXDEV') throw new Error(leadsOut(path))
    if (answer?.['code'] === 'EFBIG') throw new Error(`'${path}' is larger than the 16 MiB that are read`)
    if (!answer || 'error' in answer)
      throw new Error(`'${path}' in the sandbox: ${answer?.['error'] ?? 'the sandbox has ended'}`)
    return answer
  }
  return {
    async read(path) {
      const { data } = await ask(path, { do: 'read', most: MOST_READ }, 1.4 * MOST_READ)
      return Buffer.from(`${data}`, 'base64')
    },
    async write(path, data) {
      await ask(path, { do: 'write', data: Buffer.from(data as Uint8Array).toString('base64') })
    },
    async changes() {
      const { files: found } = await ask('.', { do: 'changes' }, 64 * MOST_READ)
      return added(found)
    },
  }
}
