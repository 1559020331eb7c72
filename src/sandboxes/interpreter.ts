/** Our end of an interpreter: asks it to run code, one piece after the other, and keeps its deadlines. */
import { availableParallelism } from 'node:os'
import { type ExecOptions, type ExecResult, type SandboxSpec, semaphore } from '../core/index.ts'
import type { Answer, Channel } from './channel.ts'
import { LIMITS } from './provider.ts'

/** A running interpreter, as whoever launched it hands it over. */
export interface Program {
  readonly channel: Channel
  /** As Ctrl-C does. */
  interrupt(): void
  /** Ends its processes at once, after which `ended` says why. */
  kill(why: string): Promise<void>
  /** How it ended, when it has; rejects where that is the sandbox's failure. */
  readonly ended: Promise<End>
  /** What code that was interrupted has to come to an end, half a second unless given. */
  readonly graceMs?: number
  /** The most memory its sandbox was seen to hold. */
  memoryMb?(): number | undefined
}

export interface End {
  readonly why: string
  /** What it had put out that no answer told of, cut to the cap. */
  readonly output?: Pick<ExecResult, 'stdout' | 'stderr' | 'truncated'>
}

export interface Interpreter {
  exec(code: string, options?: ExecOptions): Promise<ExecResult>
  /** Runs `work` when what was asked for earlier has been answered. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

const GRACE_MS = 500
const PATIENCE_MS = 200
/** Code that runs at a time, everywhere: its deadline is no race with all the other episodes for the cores. */
const running = semaphore(2 * availableParallelism())

export function interpreterOf(program: Program, spec: SandboxSpec): Interpreter {
  const languages = [spec.language, 'shell']
  const cap = spec.outputBytes ?? LIMITS.outputBytes
  let died: string | undefined
  program.ended.then(
    ({ why }) => {
      died = why
    },
    () => {},
  )
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }

  const run = async (code: string, options: ExecOptions): Promise<ExecResult> => {
    const { signal, language = spec.language, timeoutMs = spec.timeoutMs ?? LIMITS.timeoutMs } = options
    signal?.throwIfAborted()
    if (!languages.includes(language)) throw new Error(`this sandbox runs ${languages.join(' and ')}, not ${language}`)
    if (died !== undefined) return gone({ why: died }, 0, false)
    const started = performance.now()
    let timedOut = false
    let grace: NodeJS.Timeout | undefined
    const stop = (): void => {
      program.interrupt()
      grace = setTimeout(
        () => void program.kill('it had to be killed: it did not stop when its time was up'),
        program.graceMs ?? GRACE_MS,
      )
    }
    const limit = setTimeout(() => {
      timedOut = true
      stop()
    }, timeoutMs)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      const answer = await program.channel.ask({ do: 'exec', language, code, cap, timeoutMs }, 12 * cap + 4096)
      const timeMs = performance.now() - started
      const said = answer && resultOf(answer, 2 * cap)
      signal?.throwIfAborted()
      if (!said) {
        // Its end, if that is why there is no answer, is told a moment later; code can also just close its channel.
        const silent = (): void => void program.kill('it gave no result')
        const patience = setTimeout(silent, answer ? 0 : PATIENCE_MS)
        const end = await program.ended.finally(() => clearTimeout(patience))
        return { ...gone(end, timeMs, timedOut), ...memory(program) }
      }
      return { ...said, exitCode: timedOut ? null : said.exitCode, timedOut, timeMs, ...memory(program) }
    } finally {
      clearTimeout(limit)
      clearTimeout(grace)
      signal?.removeEventListener('abort', stop)
    }
  }
  return { exec: (code, options = {}) => inTurn(() => running.run(() => run(code, options))), inTurn }
}

const SILENT = { stdout: '', stderr: '', truncated: false }

function gone({ why, output = SILENT }: End, timeMs: number, timedOut: boolean): ExecResult {
  return { ...output, exitCode: null, timedOut, timeMs, died: why }
}

function memory(program: Program): { memoryMb?: number } {
  const memoryMb = program.memoryMb?.()
  return memoryMb === undefined ? {} : { memoryMb }
}

/** What it says happened, where that has the form of a result. */
function resultOf(answer: Answer, longest: number): Omit<ExecResult, 'timedOut' | 'timeMs'> | undefined {
  const { stdout, stderr, exitCode, truncated } = answer
  const text = (value: unknown): value is string => typeof value === 'string' && value.length <= longest
  if (!text(stdout) || !text(stderr) || !Number.isInteger(exitCode) || typeof truncated !== 'boolean') return undefined
  return { stdout, stderr, exitCode: exitCode as number, truncated }
}
