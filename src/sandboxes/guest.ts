/**
 * Our end of a guest: an interpreter with a virtual working folder of its own, in a thread or a process of ours that
 * can be ended at any moment. Whatever comes from there is looked at before it is believed.
 */
import type { Sandbox, SandboxAbout, SandboxSpec } from '../core/index.ts'
import type { Answer, Channel } from './channel.ts'
import { added, MOST_READ } from './folder.ts'
import { type End, interpreterOf, type Program } from './interpreter.ts'
import { LIMITS, type Sandboxes } from './provider.ts'

/** A thread or a process, as whoever started it hands it over. */
export interface Carrier {
  send(message: object): void
  /** `onEnd` is told once, with the reason. */
  listen(onMessage: (message: unknown) => void, onEnd: (why: string) => void): void
  /** Asks what runs to stop, where it can; the carrier is ended where it does not. */
  interrupt?(): void
  end(): Promise<unknown>
}

/** A way to start guests, and what they are. */
export interface Nursery {
  readonly about: SandboxAbout
  start(spec: SandboxSpec): Carrier
}

export function guests(nursery: Nursery): Sandboxes {
  const live = new Set<Sandbox>()
  const open = async (spec: SandboxSpec, signal?: AbortSignal, snapshot?: unknown): Promise<Sandbox> => {
    const sandbox = await openGuest({ nursery, spec, snapshot, fork: (state) => open(spec, undefined, state) })
    live.add(sandbox)
    if (signal?.aborted) await sandbox.kill()
    signal?.throwIfAborted()
    return {
      ...sandbox,
      async [Symbol.asyncDispose]() {
        live.delete(sandbox)
        await sandbox.kill()
      },
    }
  }
  return {
    open: (spec, signal) => open(spec, signal),
    async [Symbol.asyncDispose]() {
      await Promise.all([...live].map((sandbox) => sandbox.kill()))
    },
  }
}

interface Opening {
  readonly nursery: Nursery
  readonly spec: SandboxSpec
  /** Of another one, to go on from. */
  readonly snapshot: unknown
  fork(snapshot: unknown): Promise<Sandbox>
}

async function openGuest({ nursery, spec, snapshot, fork }: Opening): Promise<Sandbox> {
  const carrier = nursery.start(spec)
  const program = programOf(carrier)
  const { exec, inTurn } = interpreterOf(program, spec)
  const ask = (request: object): Promise<Answer | undefined> => inTurn(() => program.channel.ask(request, 0))
  try {
    const ready = await ask({ do: 'open', snapshot })
    if (!ready || 'error' in ready)
      throw new Error(`the sandbox did not start: ${ready?.['error'] ?? (await program.ended).why}`)
  } catch (error) {
    await program.kill('it was closed')
    throw error
  }
  return {
    about: nursery.about,
    exec: (code, options) => {
      if (options?.language === undefined || options.language === spec.language) return exec(code, options)
      return Promise.reject(new Error(`this sandbox runs ${spec.language}, not ${options.language}`))
    },
    ...(carrier.interrupt && { interrupt: async () => program.interrupt() }),
    ...files(ask, program),
    async fork() {
      const answer = await ask({ do: 'snapshot' })
      if (!answer || 'error' in answer)
        throw new Error(`there is nothing to fork: ${answer?.['error'] ?? (await program.ended).why}`)
      return fork(answer['snapshot'])
    },
    kill: () => program.kill('it was killed'),
    [Symbol.asyncDispose]: () => program.kill('it was closed'),
  }
}

/** The folder is in the guest: when the guest ends, the files are gone with it. */
function files(
  ask: (request: object) => Promise<Answer | undefined>,
  { ended }: Program,
): Pick<Sandbox, 'read' | 'write' | 'changes'> {
  return {
    async read(path) {
      const answer = await ask({ do: 'read', path, most: MOST_READ })
      if (!answer) throw new Error(`there is no file '${path}' in the sandbox any more: ${(await ended).why}`)
      const { bytes, error } = answer
      if (bytes instanceof Uint8Array && bytes.length <= MOST_READ) return bytes
      throw new Error(typeof error === 'string' ? error : `'${path}' could not be read`)
    },
    async write(path, data) {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
      const answer = await ask({ do: 'write', path, bytes })
      if (!answer) throw new Error(`'${path}' cannot be written: ${(await ended).why}`)
      if (typeof answer['error'] === 'string') throw new Error(answer['error'])
    },
    async changes() {
      return added((await ask({ do: 'list' }))?.['files'])
    },
  }
}

function programOf(carrier: Carrier): Program & { channel: Channel } {
  const waiting = new Map<number, (answer: Answer | undefined) => void>()
  let [last, peakMb] = [0, 0]
  let because: string | undefined
  let open = true
  const { promise: ended, resolve: end } = Promise.withResolvers<End>()
  const close = (): void => {
    open = false
    for (const resolve of waiting.values()) resolve(undefined)
    waiting.clear()
  }
  carrier.listen(
    (message) => {
      if (typeof message !== 'object' || message === null) return
      const { id, memoryMb, ...answer } = message as Record<string, unknown>
      if (typeof memoryMb === 'number') peakMb = Math.max(peakMb, memoryMb)
      const resolve = typeof id === 'number' ? waiting.get(id) : undefined
      waiting.delete(id as number)
      resolve?.(answer)
    },
    (why) => {
      end({ why: because ?? why })
      close()
    },
  )
  return {
    channel: {
      close,
      ask(request) {
        if (!open) return Promise.resolve(undefined)
        const id = ++last
        return new Promise((resolve) => {
          waiting.set(id, resolve)
          carrier.send({ ...request, id })
        })
      },
    },
    interrupt: () => carrier.interrupt?.(),
    memoryMb: () => peakMb,
    ended,
    async kill(why) {
      because ??= why
      await carrier.end()
      await ended
    },
  }
}

/** What a spec means, in full. */
export const limitsOf = (spec: SandboxSpec): Required<Pick<SandboxSpec, keyof typeof LIMITS>> => ({
  ...LIMITS,
  ...spec,
})
