/** Sandboxes that fail as often as they are told to: for whoever wants to see what becomes of a run when they do. */
import { drawFaults, type FaultOptions, orAbort, type Sandbox, type SandboxSpec } from '../core/index.ts'

/** 'fail': the call rejects. 'drop': it is never answered; only a signal ends the wait. 'delay': it is answered late. */
export type SandboxFault = 'fail' | 'drop' | 'delay'

export interface FaultySandboxOptions extends FaultOptions<SandboxFault> {
  /** How late, 1,000 unless given. */
  readonly delayMs?: number
}

type Open = (spec: SandboxSpec, signal: AbortSignal) => Promise<Sandbox>

/** Opening, and everything that is asked of what was opened, meets faults; closing and killing do not. */
export function faultySandboxes(open: Open, options: FaultySandboxOptions): Open {
  const next = drawFaults(options)
  const { delayMs = 1000 } = options

  async function meet<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const fault = next()
    if (fault === 'fail') throw new Error(`the sandbox met a fault: ${what} failed`)
    if (fault === 'drop') return orAbort(new Promise<never>(() => {}), signal)
    if (fault === 'delay') await orAbort(new Promise((resolve) => setTimeout(resolve, delayMs)), signal)
    return work()
  }
  const faulty = (sandbox: Sandbox, life: AbortSignal): Sandbox => ({
    about: sandbox.about,
    exec: (code, given) => meet('exec', given?.signal ?? life, () => sandbox.exec(code, given)),
    ...(sandbox.interrupt && { interrupt: () => sandbox.interrupt!() }),
    read: (path) => meet('read', life, () => sandbox.read(path)),
    write: (path, data) => meet('write', life, () => sandbox.write(path, data)),
    changes: () => meet('changes', life, () => sandbox.changes()),
    ...(sandbox.fork && {
      fork: () => meet('fork', life, async () => faulty(await sandbox.fork!(), life)),
    }),
    kill: () => sandbox.kill(),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  })
  return (spec, signal) => meet('open', signal, async () => faulty(await open(spec, signal), signal))
}
