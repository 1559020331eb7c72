/** Where tests run Python: the sandbox that the command line would choose; processes of ours where it cannot run here. */
import { afterAll } from 'vitest'
import type { Sandbox, SandboxSpec } from '../src/core/index.ts'
import { openSandboxes, sandboxes } from '../src/sandboxes/index.ts'

export async function pythonPlaces(): Promise<(spec: SandboxSpec, signal?: AbortSignal) => Promise<Sandbox>> {
  const missing = await sandboxes['python']?.load().then((kind) => kind.missing())
  const all = openSandboxes(missing === undefined && sandboxes['python'] ? 'auto' : 'unsafe-local')
  afterAll(() => all[Symbol.asyncDispose]())
  return (spec, signal = new AbortController().signal) => all.open(spec, signal)
}
