/** Reads what a command printed at its end. Nobody promises its shape, so that whatever looks otherwise is left out. */
import type { Interval } from '../../src/serve/view/wire.ts'

export interface Measured {
  /** Whose: an arm, or a player. */
  readonly name: string
  /** How it acted: 'greedy'; '' as it is. */
  readonly way: string
  readonly success: Interval
  readonly return: Interval
  readonly steps: number | null
  readonly tokens: number | null
}

export interface Comparison {
  readonly arm: string
  readonly baseline: string
  readonly kind: string
  readonly metric: string
  readonly delta: Interval
  readonly seeds: number | null
  readonly verdict: string
}

type Thing = Readonly<Record<string, unknown>>

const isThing = (value: unknown): value is Thing => typeof value === 'object' && value !== null && !Array.isArray(value)
const own = (of: unknown, name: string): unknown => (isThing(of) && Object.hasOwn(of, name) ? of[name] : undefined)
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)

function intervalOf(value: unknown): Interval | undefined {
  if (!isThing(value) || !('mean' in value)) return undefined
  return { mean: number(value['mean']), low: number(value['low']), high: number(value['high']) }
}

/** Players first, then arms, each in every way that it acted in. */
export function measuredIn(result: unknown): Measured[] {
  const arms = list(own(result, 'arms')).map((arm) => [text(own(arm, 'name')), arm] as const)
  const players = own(result, 'players')
  const named = [...(isThing(players) ? Object.entries(players) : []), ...arms]
  return named.flatMap(([name, thing]) => waysOf(name, thing, ''))
}

/** The thing itself where it was measured, and whatever was measured within it. */
function waysOf(name: string, thing: unknown, way: string): Measured[] {
  if (!isThing(thing)) return []
  const [success, paid] = [intervalOf(own(thing, 'success')), intervalOf(own(thing, 'return'))]
  const { steps, tokens } = { steps: number(own(thing, 'steps')), tokens: number(own(thing, 'tokens')) }
  const here = success && paid ? [{ name, way, success, return: paid, steps, tokens }] : []
  const inner = Object.entries(thing).filter(([key]) => key !== 'success' && key !== 'return' && key !== 'metrics')
  return [...here, ...inner.flatMap(([key, value]) => waysOf(name, value, key))]
}

export function comparisonsIn(result: unknown): Comparison[] {
  return list(own(result, 'comparisons')).flatMap((one) => {
    const delta = intervalOf(own(one, 'delta'))
    if (!delta) return []
    const said = (name: string): string => text(own(one, name))
    const { arm, baseline, kind, metric } = {
      arm: said('arm'),
      baseline: said('baseline'),
      kind: said('kind'),
      metric: said('metric'),
    }
    return [{ arm, baseline, kind, metric, delta, seeds: number(own(one, 'seeds')), verdict: said('verdict') }]
  })
}
