/**
 * A sandbox in a box on somebody else's machine, of which one thing is asked: to run a command. A keeper in there holds
 * the interpreter; requests, answers and files travel as arguments and output, so that no box needs more than Python.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Isolation, Sandbox, SandboxSpec } from '../core/index.ts'
import type { Answer } from './channel.ts'
import { added, leadsOut, MOST_READ } from './folder.ts'
import { type End, interpreterOf, type Program } from './interpreter.ts'
import { LIMITS, type Sandboxes } from './provider.ts'

export interface Ran {
  readonly stdout: string
  readonly exitCode: number
}

/** One machine of theirs. */
export interface Box {
  /** Runs a command in the box's own folder. Rejects where it could not be run, or said more than `mostBytes`. */
  run(command: readonly string[], mostBytes: number): Promise<Ran>
  /** Gives the box back, with all that is in it. */
  close(): Promise<void>
}

export interface Boxes {
  readonly isolation: Isolation
  open(spec: SandboxSpec): Promise<Box>
  close?(): Promise<void>
}

/** What an interrupt and its answer may take on the way. */
const JOURNEY_MS = 15_000
/** Of an argument: Linux allows 128 KiB. */
const PIECE = 60_000
const text = (name: string): string => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')
const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString('base64')

export function remote(boxes: Boxes): Sandboxes {
  const live = new Set<Box>()
  return {
    async open(spec, signal) {
      const box = await boxes.open(spec)
      live.add(box)
      const close = async (): Promise<void> => {
        if (live.delete(box)) await box.close()
      }
      try {
        signal.throwIfAborted()
        return await furnish({ ...box, close }, spec, boxes.isolation)
      } catch (error) {
        await close()
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...live].map((box) => box.close()))
      live.clear()
      await boxes.close?.()
    },
  }
}

async function furnish(box: Box, spec: SandboxSpec, isolation: Isolation): Promise<Sandbox> {
  const keeper = text('./remote-keeper.py')
  const call = async (args: readonly string[], mostBytes = 4096): Promise<unknown> => {
    const { stdout, exitCode } = await box.run(['python3', '-c', keeper, ...args], mostBytes)
    if (exitCode !== 0) throw new Error(`the box answered with exit code ${exitCode}: ${stdout.slice(0, 500)}`)
    return stdout.trim() === '' ? {} : JSON.parse(stdout)
  }
  const begun = (await call(['keep', text('./interpreter.py')])) as { place?: unknown; interpreter?: unknown }
  if (typeof begun.place !== 'string') throw new Error('the box did not say where its keeper is')
  const put = async (path: string, bytes: Uint8Array, place = ''): Promise<void> => {
    for (let at = 0; at === 0 || at < bytes.length; at += PIECE) {
      const piece = base64(bytes.subarray(at, at + PIECE))
      const said = (await call(['put', path, piece, at === 0 ? 'wb' : 'ab', place])) as { error?: unknown }
      if (said.error !== undefined) throw new Error(`'${path}' cannot be written: ${said.error}`)
    }
  }
  const program = programOf({ box, place: begun.place, call, put }, spec)
  return {
    about: { isolation, interpreter: `${begun.interpreter}`.slice(0, 100), libraries: {} },
    exec: interpreterOf(program, spec).exec,
    interrupt: async () => program.interrupt(),
    ...files(call, put),
    kill: () => program.kill('it was killed'),
    [Symbol.asyncDispose]: () => program.kill('it was closed'),
  }
}

interface Furniture {
  readonly box: Box
  readonly place: string
  call(args: readonly string[], mostBytes?: number): Promise<unknown>
  put(path: string, bytes: Uint8Array, place?: string): Promise<void>
}

/** The keeper holds the deadlines as well: a signal of ours would come a journey later. */
function programOf({ box, place, call, put }: Furniture, { timeoutMs = LIMITS.timeoutMs }: SandboxSpec): Program {
  const { promise: ended, resolve: end } = Promise.withResolvers<End>()
  let [last, because] = [0, undefined as string | undefined]
  let stopping: Promise<unknown> = Promise.resolve()
  const ask = async (request: object, most: number): Promise<Answer | undefined> => {
    // An interrupt that is still on its way is not meant for what comes next.
    await stopping
    const order = Buffer.from(
      JSON.stringify({ request: { ...request, id: ++last }, most, timeoutMs, ...limitOf(request) }),
    )
    const small = order.length < PIECE
    if (!small) await put('order', order, place)
    const answer = (await call(['ask', place, small ? base64(order) : ''], most)) as Answer
    if (typeof answer['died'] !== 'string') return answer
    end({ why: because ?? answer['died'].slice(0, 300) })
    return undefined
  }
  const gone = async (error: Error): Promise<undefined> => {
    end({ why: because ?? `its keeper answers no more: ${error.message}` })
    return undefined
  }
  return {
    channel: {
      // Whatever is answered or not answered from here on is what its code did to it.
      ask: (request, most) => Promise.race([ask(request, most).catch(gone), ended.then(() => undefined)]),
      close: () => end({ why: 'it was closed' }),
    },
    interrupt() {
      stopping = call(['interrupt', place]).catch(() => {})
    },
    graceMs: JOURNEY_MS,
    ended,
    async kill(why) {
      because ??= why
      end({ why })
      await box.close()
    },
  }
}

const limitOf = (request: object): object => ('timeoutMs' in request ? { timeoutMs: request.timeoutMs } : {})

function files(call: Furniture['call'], put: Furniture['put']): Pick<Sandbox, 'read' | 'write' | 'changes'> {
  return {
    async read(path) {
      const found = (await call(['read', path, `${MOST_READ}`], 1.5 * MOST_READ).catch((error: Error) => {
        throw new Error(/outside/.test(error.message) ? leadsOut(path) : `there is no file '${path}' in the sandbox`)
      })) as { bytes?: unknown; size?: unknown }
      if (typeof found.bytes === 'string') return new Uint8Array(Buffer.from(found.bytes, 'base64'))
      throw new Error(`'${path}' has ${found.size} bytes: more than 16 MiB are not read`)
    },
    async write(path, data) {
      await put(path, typeof data === 'string' ? Buffer.from(data) : data).catch((error: Error) => {
        throw /outside/.test(error.message) ? new Error(leadsOut(path)) : error
      })
    },
    async changes() {
      return added(await call(['changes'], MOST_READ))
    },
  }
}
