/**
 * Walks the graph of tool dependencies (after APIGen-MT, Prabhakar et al. 2025): an edge leads from a tool to another
 * where what the one hands back is of a type that the other takes. From the tool at the end, the walk goes back along
 * edges drawn at random to what was known at first, and makes every call on the way: what is walked has run.
 */
import type { Json, Random } from '../../core/index.ts'
import { ToolError, type Tools, use } from '../kit/tool-env.ts'

export type Typed = readonly [type: string, value: Json]

export interface Port {
  /** The type of each argument; in brackets where the argument is a list of such. */
  readonly takes: Readonly<Record<string, string | readonly [string]>>
  /** What it hands back, by type. */
  readonly gives?: Readonly<Record<string, (result: never) => readonly Json[]>>
}

export interface Graph<S> {
  readonly tools: Tools<S>
  readonly ports: Readonly<Record<string, Port>>
  /** What nobody has to tell: whoever asks makes it up. */
  readonly wishes: Readonly<Record<string, (random: Random) => Json>>
}

export interface Call {
  readonly name: string
  readonly arguments: Readonly<Record<string, Json>>
  readonly result: Json
  /** The numbers of the calls that handed its arguments back. */
  readonly after: readonly number[]
}

interface Found {
  readonly type: string
  readonly value: Json
  /** The number of the call that handed it back; -1 for what was known at first. */
  readonly by: number
}

/** A walk under way. It grows. */
export interface Trail<S> {
  state: S
  readonly calls: Call[]
  readonly found: Found[]
  /** The number of each call that was made, undefined where it was refused: none is made twice. */
  readonly tried: Map<string, number | undefined>
}

export const trailFrom = <S>(state: S, known: readonly Typed[]): Trail<S> => ({
  state,
  calls: [],
  tried: new Map(),
  found: known.map(([type, value]) => ({ type, value, by: -1 })),
})

/** How often a type that was found is looked for again all the same. */
const AGAIN = 0.25

/** Makes a call of this tool, and first whatever it depends on; its number, or undefined where it was refused. */
export function walkTo<S>(
  graph: Graph<S>,
  trail: Trail<S>,
  { name, random }: { name: string; random: Random },
): number | undefined {
  const { takes, gives } = graph.ports[name]!
  const after: number[] = []
  const given: Record<string, Json> = {}
  for (const [argument, type] of Object.entries(takes)) {
    const found =
      typeof type === 'string'
        ? [reach(graph, trail, { type, random })]
        : several(graph, trail, { type: type[0], random })
    if (found.includes(undefined)) return undefined
    for (const { by } of found as Found[]) if (by >= 0) after.push(by)
    const values = (found as Found[]).map(({ value }) => value)
    given[argument] = typeof type === 'string' ? values[0]! : values
  }
  const key = JSON.stringify([name, given])
  if (trail.tried.has(key)) return trail.tried.get(key)
  trail.tried.set(key, undefined)
  try {
    const { result, state } = use(graph.tools, trail.state, { name, arguments: given })
    const by = trail.calls.push({ name, arguments: given, result, after }) - 1
    for (const [type, read] of Object.entries(gives ?? {}))
      for (const value of read(result as never)) trail.found.push({ type, value, by })
    trail.state = state ?? trail.state
    trail.tried.set(key, by)
    return by
  } catch (error) {
    if (error instanceof ToolError) return undefined
    throw error
  }
}

interface Wanted {
  readonly type: string
  readonly random: Random
}

function reach<S>(graph: Graph<S>, trail: Trail<S>, { type, random }: Wanted): Found | undefined {
  const wish = graph.wishes[type]
  if (wish) return { type, value: wish(random), by: -1 }
  const there = (): Found[] => trail.found.filter((found) => found.type === type)
  const givers = Object.keys(graph.ports).filter((name) => Object.hasOwn(graph.ports[name]!.gives ?? {}, type))
  if (givers.length > 0 && (there().length === 0 || random.next() < AGAIN))
    walkTo(graph, trail, { name: random.pick(givers), random })
  return there().length > 0 ? random.pick(there()) : undefined
}

/** One, or two others. */
function several<S>(graph: Graph<S>, trail: Trail<S>, wanted: Wanted): (Found | undefined)[] {
  const first = reach(graph, trail, wanted)
  const second = wanted.random.next() < 0.4 ? reach(graph, trail, wanted) : undefined
  return second && second.value !== first?.value ? [first, second] : [first]
}

/** The numbers of all calls that these depend on, and their own, in order. */
export function leadingTo(calls: readonly Call[], ends: readonly number[]): number[] {
  const all = new Set(ends)
  for (const number of all) for (const before of calls[number]!.after) all.add(before)
  return [...all].sort((a, b) => a - b)
}
