/** The bodies of a trajectory's steps, piece by piece, as they come into view. */
import { useMemo, useReducer } from 'preact/hooks'
import type { StepBody, Steps, TrajectoryHead } from '../../../../src/serve/view/wire.ts'
import { api, get } from '../../api.ts'

export interface Bodies {
  body(step: number): StepBody | undefined
  /** Asks for those of these steps that are not here. */
  load(from: number, to: number): void
  readonly error: string | undefined
}

export function useBodies(run: string, { id, pieces, steps }: TrajectoryHead): Bodies {
  const [, redraw] = useReducer((n: number) => n + 1, 0)
  const key = `${run}\n${id}`
  // Another trajectory has other bodies.
  const held = useMemo(() => ({ steps: new Map<number, StepBody>(), asked: new Set<number>(), error: '' }), [key])
  const ask = (piece: number): void => {
    if (held.asked.has(piece)) return
    held.asked.add(piece)
    const query = { id, from: pieces[piece]!, to: pieces[piece + 1] ?? steps.length }
    get<Steps>(api(['runs', run, 'steps'], query)).then(
      (got) => {
        for (const body of got.steps) held.steps.set(body.step, body)
        held.error = ''
        redraw(undefined)
      },
      (error) => {
        held.asked.delete(piece)
        held.error = error.message
        redraw(undefined)
      },
    )
  }
  return {
    body: (step) => held.steps.get(step),
    load(from, to) {
      for (let piece = pieceOf(pieces, from); piece < pieces.length && pieces[piece]! < to; piece++) ask(piece)
    },
    error: held.error || undefined,
  }
}

/** The piece that the step is in. */
export const pieceOf = (pieces: readonly number[], step: number): number => {
  const after = pieces.findIndex((first) => first > step)
  return after < 0 ? Math.max(0, pieces.length - 1) : Math.max(0, after - 1)
}
