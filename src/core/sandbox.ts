/** A place to run code, as a world sees one. Worlds are handed a Sandbox and never import one. */

/** What keeps the code inside, weakest first. */
export const ISOLATIONS = ['none', 'wasm', 'namespace', 'container', 'vm'] as const
export type Isolation = (typeof ISOLATIONS)[number]

export type Language = 'python' | 'javascript' | 'shell'

export interface SandboxSpec {
  readonly language: Language
  /** The weakest isolation the world accepts. */
  readonly isolation?: Isolation
  /** Of everything in the sandbox together, 512 unless given. */
  readonly memoryMb?: number
  /** Of everything in the working folder together, 64 unless given. */
  readonly diskMb?: number
  /** For one `exec`, 10,000 unless given. */
  readonly timeoutMs?: number
  /** The most of stdout, and of stderr, that one `exec` hands back; 64 KiB unless given. */
  readonly outputBytes?: number
}

export interface ExecOptions {
  /** 'shell' in a sandbox that has one beside its own language. */
  readonly language?: Language
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface ExecResult {
  readonly stdout: string
  readonly stderr: string
  /** 0: done. Another: what the shell or an exit said; 1 where the code threw. null: it did not get to an end. */
  readonly exitCode: number | null
  readonly timedOut: boolean
  /** True where output was cut to the sandbox's cap; the cut is marked in the text. */
  readonly truncated: boolean
  readonly timeMs: number
  /** The most memory that everything in the sandbox together was seen to hold so far, where it is measured. */
  readonly memoryMb?: number
  /**
   * Why the interpreter is gone, where it is: the code killed it, or it had to be killed. Every later `exec` answers
   * so too, and changes nothing: what code does to itself is a result, and no failure of the sandbox.
   */
  readonly died?: string
}

export interface FileChange {
  /** Relative to the working folder. */
  readonly path: string
  readonly kind: 'added' | 'modified' | 'deleted'
  /** Its size now; 0 where deleted. */
  readonly bytes: number
}

/** What a sandbox found to work with; part of a verdict that depends on it. */
export interface SandboxAbout {
  readonly isolation: Isolation
  /** 'CPython 3.11.2', 'QuickJS 2025-04', … */
  readonly interpreter: string
  /** Versions of what its code can import beyond the standard library, by name. */
  readonly libraries: Readonly<Record<string, string>>
}

/** Paths are relative to the working folder, in which code starts; one that leads out of it is refused. */
export interface Sandbox extends AsyncDisposable {
  readonly about: SandboxAbout
  /**
   * Runs code. State persists from one call to the next; calls are answered in their order. Whatever the code does is
   * answered with a result; rejects only where the sandbox itself failed, or with the reason of an aborted signal.
   */
  exec(code: string, options?: ExecOptions): Promise<ExecResult>
  /** Stops what is running, as Ctrl-C does; state persists. */
  interrupt?(): Promise<void>
  /** Rejects with a sentence where there is no such file, or it is larger than 16 MiB. */
  read(path: string): Promise<Uint8Array>
  /** Makes the folders it needs. Rejects where the disk is full. */
  write(path: string, data: string | Uint8Array): Promise<void>
  /** What became of the working folder since it was opened, `write` included, sorted by path. */
  changes(): Promise<readonly FileChange[]>
  /** A second sandbox in the same state, files and variables; neither sees what the other does afterwards. */
  fork?(): Promise<Sandbox>
  /** Ends every process inside, at once. */
  kill(): Promise<void>
}
