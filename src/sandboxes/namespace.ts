/**
 * The default sandbox for Python, with a shell and sqlite in it: processes in Linux namespaces, forked from one that
 * waits. Nothing to install but a python3; no root needed, and none used.
 */
import { openFamily } from './namespace-family.ts'
import type { Sandboxes, SandboxKind } from './provider.ts'
import { findPython, type PythonFound } from './python-found.ts'
import { seccompFilter } from './seccomp.ts'
import { type Cell, startZygote, type Zygote } from './zygote.ts'

let python: Promise<PythonFound | string> | undefined
const found = (): Promise<PythonFound | string> => {
  python ??= findPython()
  return python
}

export const namespaceSandbox: SandboxKind = {
  async missing() {
    if (!seccompFilter(process.arch)) return `it needs an x86_64 or aarch64 machine, and this is ${process.arch}`
    const answer = await found()
    return typeof answer === 'string' ? answer : undefined
  },
  start,
}

/** Episodes that wait to be opened, so that no caller waits for a fork. */
const STANDBY = 4

function start(): Sandboxes {
  let zygote: Promise<Zygote> | undefined
  const waiting: Promise<Cell>[] = []
  const begin = async (): Promise<Zygote> => {
    const answer = await found()
    if (typeof answer === 'string') throw new Error(`the sandbox 'python' cannot run here: ${answer}`)
    return startZygote(answer)
  }
  let closed = false
  const refill = (from: Zygote): void => {
    while (!closed && waiting.length < STANDBY) {
      const cell = from.spawn()
      cell.catch(() => {})
      waiting.push(cell)
    }
  }
  return {
    async open(spec, signal) {
      zygote ??= begin()
      const from = await zygote
      signal.throwIfAborted()
      if (waiting.length === 0) refill(from)
      const cell = await waiting.shift()!
      if (signal.aborted) {
        await cell.end()
        throw signal.reason
      }
      // Afterwards: forking the next ones must not slow this one down.
      return openFamily({ cell, zygote: from, spec }).finally(() => refill(from))
    },
    async [Symbol.asyncDispose]() {
      closed = true
      const started = await zygote?.catch(() => undefined)
      await started?.[Symbol.asyncDispose]()
    },
  }
}
