/** What a world may ask of the machine, with everything counted, remembered and closed when the episode ends. */
import type { Host } from './env.ts'
import { boundary, orAbort } from './failure.ts'
import type { EpisodeJournal } from './journal.ts'
import type { Owner } from './lifetime.ts'
import { type Meter, spend } from './meter.ts'
import type { Completion, Model } from './model.ts'
import { seedOf } from './random.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'

export type OpenSandbox = (spec: SandboxSpec, signal: AbortSignal) => Promise<Sandbox>

interface Hosting {
  /** The world's, and the one that what models draw follows from. */
  readonly seed: number
  readonly drawing: number
  readonly signal: AbortSignal
  readonly meter: Meter
  readonly journal: EpisodeJournal
  model(role: string): Model
  sandbox(spec: SandboxSpec): Promise<Sandbox>
}

export function hostOf({ seed, drawing, signal, meter, journal, model, sandbox }: Hosting): Host {
  let calls = 0
  /** The world's own calls cost and are remembered like the agent's, but are no part of what it did. */
  const playing = (role: string): Model => {
    const seated = model(role)
    return {
      id: seated.id,
      async complete(request, given = {}) {
        const number = calls++
        const sampling = { seed: seedOf(drawing, 'world', number) % 2 ** 31, ...request.sampling }
        const asked = { ...request, messages: [...request.messages], sampling }
        const own = given.signal ? AbortSignal.any([given.signal, signal]) : signal
        const ask = (): Promise<Completion> =>
          boundary('model', () => orAbort(seated.complete(asked, { signal: own }), own))
        const { completion } = await journal.answer({ call: `world/${number}`, model: seated.id, request: asked }, ask)
        spend(meter, completion)
        return completion
      },
    }
  }
  return { seed, signal, model: playing, sandbox }
}

/** Opens a sandbox that its owner closes. Rejects where the run was given none. */
export async function sandboxFor(
  needs: SandboxSpec,
  open: OpenSandbox | undefined,
  { signal, owner }: { readonly signal: AbortSignal; readonly owner: Owner },
): Promise<Sandbox> {
  if (!open) throw new Error(`this world needs a ${needs.language} sandbox, and the run was given none`)
  const opening = boundary('sandbox', () => open(needs, signal))
  opening.then(
    (opened) => owner.own(() => opened[Symbol.asyncDispose]()),
    () => {},
  )
  return orAbort(opening, signal)
}
