/**
 * What a training run measured, as curves: one quantity after the other, in each a curve for every arm, or for every
 * arm and seed. x is the arm's environment steps.
 */
import type { Interval, Measurement } from '../../src/serve/view/wire.ts'
import type { Curve } from './ui/chart.tsx'

type Point = Curve['points'][number]

type Seeds = Map<number, Point[]>

export interface Quantity {
  readonly name: string
  readonly curves: readonly Curve[]
  readonly range?: readonly [number, number]
}

export interface Look {
  /** One curve for each seed; otherwise their mean, with a band from the least to the most. */
  readonly each: boolean
  /** Rounds that a point is the mean of: 1 leaves everything as it is. Held-out measurements stay as they are. */
  readonly smooth: number
}

/** In the order in which people look; whatever else there is comes behind, by name. */
const FIRST = [
  ...['success, held out', 'return, held out', 'success', 'return', 'loss', 'kl', 'reverse kl', 'entropy', 'clipped'],
  ...['ratio', 'grad norm', 'value loss', 'explained variance', 'accuracy', 'margin', 'steps', 'completion tokens'],
  ...['tokens/s', 'age'],
]
const SHARES = new Set(['success, held out', 'success', 'clipped', 'accuracy'])
/** As charts say it, where the name alone does not. */
const TITLES: Readonly<Record<string, string>> = {
  ...{ success: 'success, as sampled', return: 'return, as sampled', kl: 'KL', 'reverse kl': 'reverse KL' },
  ...{ clipped: 'clipped fraction', ratio: 'importance ratio', 'grad norm': 'gradient norm' },
  ...{ steps: 'steps an episode', 'completion tokens': 'completion tokens an episode', age: 'age of the data' },
}

export function quantitiesIn(entries: readonly Measurement[], look: Look): Quantity[] {
  const found = new Map<string, Map<string, Seeds>>()
  for (const entry of entries)
    for (const [name, y, band] of figuresOf(entry)) {
      const seeds = within(
        within(found, name, () => new Map<string, Seeds>()),
        entry.arm,
        (): Seeds => new Map(),
      )
      within(seeds, entry.seed, (): Point[] => []).push({ x: entry.envSteps, y, ...band })
    }
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  /** Nothing was ever left out for this reason. */
  const silent = (name: string): boolean => name.startsWith('skipped ') && entries.every(({ values }) => !values[name])
  const told = [...found.keys()].filter((name) => !silent(name))
  const names = told.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const arms = [...new Set(entries.map(({ arm }) => arm))]
  return names.map((name) => ({
    name: Object.hasOwn(TITLES, name) ? TITLES[name]! : name,
    curves: [...found.get(name)!].flatMap(([arm, seeds]) =>
      curvesOf(arm, seeds, { ...look, colour: arms.indexOf(arm) }),
    ),
    ...(SHARES.has(name) && { range: [0, 1] as const }),
  }))
}

function within<K, V>(map: Map<K, V>, key: K, fresh: () => V): V {
  const held = map.get(key) ?? fresh()
  map.set(key, held)
  return held
}

type Figure = readonly [name: string, y: number, band: { low: number | null; high: number | null } | undefined]

function figuresOf({ values, held }: Measurement): Figure[] {
  const known = (name: string, { mean, low, high }: Interval): Figure[] =>
    mean === null ? [] : [[name, mean, { low, high }]]
  return [
    ...(held ? [...known('success, held out', held.success), ...known('return, held out', held.return)] : []),
    ...Object.entries(values).map(([name, y]): Figure => [name, y, undefined]),
  ]
}

interface Drawn extends Look {
  readonly colour: number
}

function curvesOf(arm: string, seeds: ReadonlyMap<number, readonly Point[]>, { each, smooth, colour }: Drawn): Curve[] {
  const smoothed = [...seeds].map(
    ([seed, points]) =>
      [seed, points.some(({ low }) => low !== undefined) ? points : smoothing(points, smooth)] as const,
  )
  if (each || smoothed.length === 1)
    return smoothed.map(([seed, points]) => ({
      ...{ name: seeds.size > 1 ? `${arm}, seed ${seed}` : arm, points, colour },
    }))
  return [{ name: arm, points: meanOf(smoothed.map(([, points]) => points)), colour }]
}

/** Each point the mean of as many around it, of fewer at the ends. */
export function smoothing(points: readonly Point[], over: number): readonly Point[] {
  const half = Math.floor(over / 2)
  if (half === 0) return points
  return points.map(({ x }, i) => {
    const reach = Math.min(half, i, points.length - 1 - i)
    const near = points.slice(i - reach, i + reach + 1)
    return { x, y: near.reduce((sum, { y }) => sum + y, 0) / near.length }
  })
}

/** At most so many points of a mean. */
const POINTS = 200

/**
 * At the places of the seed with most of them, the mean of the seeds that have come so far, straight lines between their points, and a band from the least to
 * the most of them.
 */
export function meanOf(curves: readonly (readonly Point[])[]): Point[] {
  const all = curves.reduce((most, points) => (points.length > most.length ? points : most), []).map(({ x }) => x)
  const every = Math.ceil(all.length / POINTS)
  const xs = all.filter((_, i) => i % every === 0 || i === all.length - 1)
  const at = curves.map(interpolating)
  return xs.map((x) => {
    const ys = at.map((curve) => curve(x)).filter((y) => y !== undefined)
    const y = ys.reduce((sum, value) => sum + value, 0) / ys.length
    return ys.length > 1 ? { x, y, low: Math.min(...ys), high: Math.max(...ys) } : { x, y, low: null, high: null }
  })
}

/** Asked for growing x. undefined outside of what was measured. */
function interpolating(points: readonly Point[]): (x: number) => number | undefined {
  let i = 0
  return (x) => {
    while (i < points.length - 1 && points[i + 1]!.x <= x) i++
    const [here, next] = [points[i], points[i + 1]]
    if (!here || x < here.x || (x > here.x && !next)) return undefined
    return next && x > here.x ? here.y + ((x - here.x) / (next.x - here.x)) * (next.y - here.y) : here.y
  }
}
