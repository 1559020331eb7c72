/**
 * Where a head is asked: places in what was said whose scores mean something, one for each step of an attempt. What a
 * place has seen is a prefix, and prefixes of one sequence are scored with it, once.
 */
import type { Call, Datum, Engine, Renderer, Trajectory } from '../core/index.ts'
import { sequencesOf, tokensOf } from './sequence.ts'

export interface Place {
  /** What begins with all that the place has seen. */
  readonly tokens: readonly number[]
  /** The token whose score it is. */
  readonly at: number
  /** Nothing is learned from it. */
  readonly heldOut: boolean
}

export interface PlaceOptions {
  /** 'prompt': what the policy was shown first in a step. 'answer': what it said last, after all steps included. */
  readonly after: 'prompt' | 'answer'
  /** For turns that no engine of ours sampled: makes tokens of their text. */
  readonly renderer?: Renderer | undefined
}

/** One for each step; one where there was none but something was said. Throws where the policy had no part in a step. */
export function placesOf(trajectory: Trajectory, { after, renderer }: PlaceOptions): Place[] {
  const { steps, trailing, id } = trajectory
  const sequences = sequencesOf(trajectory, renderer ? { renderer } : {}).map(({ tokens }) => tokens)
  const calls_T = steps.map((step) => step.calls.filter(isPolicy))
  const late = after === 'answer' ? trailing.filter(isPolicy) : []
  if (late.length > 0) calls_T.splice(-1, 1, [...(calls_T.at(-1) ?? []), ...late])
  return calls_T.map((calls, t) => {
    const call = after === 'prompt' ? calls[0] : calls.at(-1)
    if (!call) throw new Error(`${id}: no call of the policy's led to step ${t}, so there is no token to score`)
    const { prompt, completion } = tokensOf(call, trajectory, renderer)
    const seen = after === 'prompt' ? prompt : [...prompt, ...completion]
    const tokens = sequences.find((tokens) => seen.every((token, i) => token === tokens[i])) ?? seen
    return { tokens, at: seen.length - 1, heldOut: steps[t]?.observation.heldOut ?? false }
  })
}

const isPolicy = ({ role }: Call): boolean => role === 'policy'

/** Asks the engine once, and not at all for nothing. Throws where it has no head of one output. */
export async function scoresAt(
  engine: Partial<Pick<Engine, 'scores'>>,
  places: readonly Place[],
): Promise<ReadonlyMap<Place, number>> {
  if (!engine.scores) throw new Error("the engine has no head to score with: open it with 'head: { outputs: 1 }'")
  if (places.length === 0) return new Map()
  const asked = [...Map.groupBy(places, ({ tokens }) => tokens)]
  const last = (some: readonly Place[]): number => Math.max(...some.map(({ at }) => at))
  const scores = await engine.scores(asked.map(([tokens, some]) => tokens.slice(0, last(some) + 1)))
  const outputs = scores[0]![0]!.length
  if (outputs !== 1) throw new Error(`a value or a reward needs a head of 1 output, not ${outputs}`)
  return new Map(asked.flatMap(([, some], s) => some.map((place) => [place, scores[s]![place.at]![0]!] as const)))
}

/** What goes to the engine: −∂L/∂score of each place, and no weight on what was said. */
export function weighPlaces(weights: ReadonlyMap<Place, number>): Datum[] {
  return [...Map.groupBy(weights, ([{ tokens }]) => tokens)].map(([tokens, some]) => {
    const weightAt = new Map<number, number>()
    for (const [{ at }, weight] of some) weightAt.set(at, (weightAt.get(at) ?? 0) + weight)
    const scoreWeights = tokens.map((_, i) => (weightAt.has(i) ? [weightAt.get(i)!] : null))
    return { tokens, weights: tokens.map(() => 0), scoreWeights }
  })
}
