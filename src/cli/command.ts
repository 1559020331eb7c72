/** What a command is, and what commands share: the flags of every play, interrupts, and the one line of JSON. */
import type { Run } from '../data/index.ts'
import { openSandboxes, type Sandboxes, sandboxes } from '../sandboxes/index.ts'
import { type Flag, type Flags, type Parsed, usage } from './args.ts'

export interface Command<S extends Readonly<Record<string, Flag>> = Readonly<Record<string, Flag>>> {
  readonly about: string
  /** Names of positional arguments; those that may be left out end in '?'. */
  readonly positionals: readonly string[]
  readonly flags: S
  /** The exit code. Throws UsageError for 2, any other error for 1. */
  run(parsed: Parsed<S>): Promise<number>
}

/** A command as written, with the types of its flags inferred. */
export function command<const S extends Readonly<Record<string, Flag>>>(given: Command<S>): Command<S> {
  return given
}

export const common = {
  runs: { type: 'text', default: 'runs', help: 'folder that runs are kept in' },
  seed: { type: 'number', default: '0', help: 'everything drawn follows from it' },
  json: { type: 'switch', help: 'one JSON object as the last line of standard output' },
} as const satisfies Record<string, Flag>

/** Of commands that open a world. */
export const world = {
  data: { type: 'text', help: 'folder that the world is read from, where it needs one' },
  sandbox: {
    type: 'text',
    default: 'auto',
    help: `where code runs, in worlds that run any: auto, ${Object.keys(sandboxes).join(', ')}`,
  },
} as const satisfies Record<string, Flag>

export type Common = Flags<typeof common>

/** Nothing is started before a world asks for it. Throws UsageError on a name that is not there. */
export async function sandboxed(name: string): Promise<AsyncDisposable & { readonly sandbox: Sandboxes['open'] }> {
  const opened = await usage(() => openSandboxes(name))
  return {
    sandbox: (spec, signal) => opened.open(spec, signal),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}

/** Prints the result: for programs one line of JSON, for people the text. */
export function print(result: unknown, text: string, { json }: { readonly json: boolean }): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${text}\n`)
}

/** Aborts at the first interrupt, so that what is under way can be ended and kept; the second one kills. */
export function interruptible(): AbortSignal & Disposable {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
    process.stderr.write('interrupted: ending what is under way; once more to stop at once\n')
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return Object.assign(controller.signal, {
    [Symbol.dispose]() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  })
}

/** What `work` comes to; where it throws, the run says that it failed, or that it was cancelled by `signal`. */
export async function recorded<T>(run: Run, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work()
  } catch (error) {
    try {
      if (signal?.aborted) run.update({ state: 'cancelled' })
      else run.update({ state: 'failed', result: { error: (error as Error).message } })
    } catch {
      // The disk that failed the work may fail this too: the work's own error is the one to tell.
    }
    throw error
  }
}
