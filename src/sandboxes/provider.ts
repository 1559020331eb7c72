/** What stands behind a name of the catalogue: a way to open sandboxes, loaded when it is first asked for. */
import type { Isolation, Language, Sandbox, SandboxSpec } from '../core/index.ts'

/** Opens sandboxes; disposing it closes them all, with whatever was started for them. */
export interface Sandboxes extends AsyncDisposable {
  /** Rejects with a sentence where this machine or the spec does not allow it, or with the reason of the signal. */
  open(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox>
}

/** What a module of this room exports. */
export interface SandboxKind {
  /** What this machine lacks for it, as the rest of a sentence ('it needs …'); undefined where it can run. */
  missing(): Promise<string | undefined>
  /** Starts nothing yet: that is for the first `open`. */
  start(): Sandboxes
}

export interface SandboxEntry {
  /** One line. */
  readonly about: string
  readonly languages: readonly Language[]
  readonly isolation: Isolation
  load(): Promise<SandboxKind>
}

/** What a spec means where it does not say. */
export const LIMITS = { memoryMb: 512, diskMb: 64, timeoutMs: 10_000, outputBytes: 64 * 1024 } as const
