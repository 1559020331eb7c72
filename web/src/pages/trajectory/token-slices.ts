/** The tokens of a trajectory, slice by slice, as they come into view. */
import { useMemo, useReducer } from 'preact/hooks'
import type { TokenOutline, TokenSlice } from '../../../../src/serve/view/wire.ts'
import { api, get } from '../../api.ts'
import type { Token } from './token-colours.ts'
import { type At, slicesOf } from './token-layout.ts'

export interface Slices {
  /** undefined while it is on its way. */
  token(at: At): Token | undefined
  load(call: number, from: number, to: number): void
  /** Changes when more is here. */
  readonly stamp: number
  readonly error: string | undefined
}

interface Held {
  readonly slices: Map<string, TokenSlice | undefined>
  error: string | undefined
}

export function useSlices(run: string, id: string, { calls, slice }: TokenOutline): Slices {
  const [stamp, redraw] = useReducer((n: number) => n + 1, 0)
  // Another outline is another trajectory.
  const held = useMemo((): Held => ({ slices: new Map(), error: undefined }), [calls])
  const ask = (call: number, from: number): void => {
    const key = `${call}/${from}`
    if (held.slices.has(key)) return
    held.slices.set(key, undefined)
    get<TokenSlice>(api(['runs', run, 'token-slice'], { id, call, from, to: from + slice })).then(
      (got) => {
        held.slices.set(key, got)
        held.error = undefined
        redraw(undefined)
      },
      (error) => {
        held.slices.delete(key)
        held.error = error.message
        redraw(undefined)
      },
    )
  }
  return {
    token({ call, place }) {
      const from = Math.floor(place / slice) * slice
      const got = held.slices.get(`${call}/${from}`)
      return got && tokenIn(got, place - from, place >= calls[call]!.prompt.count)
    },
    load(call, from, to) {
      for (const first of slicesOf(from, to, slice)) ask(call, first)
    },
    stamp,
    error: held.error,
  }
}

const tokenIn = (slice: TokenSlice, i: number, sampled: boolean): Token | undefined => {
  const id = slice.ids[i]
  if (id === undefined) return undefined
  return {
    ...{ id, sampled, text: slice.texts?.[i] ?? null, mask: slice.mask[i] ?? 0 },
    ...{ logprob: slice.logprobs[i] ?? null, entropy: slice.entropies[i] ?? null },
    ...{ weight: slice.weights[i] ?? null, advantage: slice.advantages[i] ?? null },
  }
}
