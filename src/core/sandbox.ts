/** A place to run code, as a world sees one. Worlds are handed a Sandbox and never import one. */

/** What keeps the code inside, weakest first. */
export type Isolation = 'none' | 'wasm' | 'namespace' | 'container' | 'vm'

export interface SandboxSpec {
  readonly language: 'python' | 'javascript' | 'shell'
  /** The weakest isolation the world accepts. */
  readonly isolation?: Isolation
  readonly memoryMb?: number
  readonly timeoutMs?: number
}

export interface ExecResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
  readonly timedOut: boolean
  /** True where output was cut to the sandbox's cap. */
  readonly truncated: boolean
  readonly timeMs: number
}

export interface Sandbox extends AsyncDisposable {
  readonly isolation: Isolation
  /** Runs code in the sandbox's language. State persists from one call to the next. */
  exec(code: string, options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<ExecResult>
  read(path: string): Promise<Uint8Array>
  write(path: string, data: string | Uint8Array): Promise<void>
  fork?(): Promise<Sandbox>
  /** Ends every process inside. */
  kill(): Promise<void>
}
