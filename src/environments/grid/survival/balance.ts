/** How creatures come and go, in squares of 12 by 12 cells: more zombies in the dark, on grass; skeletons in caves. */
import { distanceTo } from './creatures.ts'
import type { Draft, Living } from './draft.ts'
import { MATERIAL } from './rules.ts'

const CHUNK = 12

interface Kind {
  readonly kind: 'zombie' | 'skeleton' | 'cow'
  readonly on: 'grass' | 'path'
  /** No nearer to the player than this they come, and go. */
  readonly comes: number
  readonly goes: number
  readonly coming: number
  readonly going: number
  /** The least and the most there should be, by the cells for them and the light. */
  wanted(space: number, light: number): readonly [least: number, most: number]
}

const KINDS: readonly Kind[] = [
  {
    ...{ kind: 'zombie', on: 'grass', comes: 6, goes: 0, coming: 0.3, going: 0.4 },
    wanted: (space, light) => [space < 50 ? 0 : 3.5 - 3 * light, 3.5 - 3 * light],
  },
  {
    ...{ kind: 'skeleton', on: 'path', comes: 7, goes: 7, coming: 0.1, going: 0.1 },
    wanted: (space) => [space < 6 ? 0 : 1, 2],
  },
  {
    ...{ kind: 'cow', on: 'grass', comes: 5, goes: 5, coming: 0.01, going: 0.1 },
    wanted: (space, light) => [space < 30 ? 0 : 1, 1.5 + light],
  },
]

export function balance(draft: Draft, light: number): void {
  const { size, creatures } = draft
  const across = Math.ceil(size / CHUNK)
  const chunkOf = (at: number): number =>
    Math.floor(Math.floor(at / size) / CHUNK) * across + Math.floor((at % size) / CHUNK)
  const inChunks = Map.groupBy(
    creatures.filter(({ gone }) => !gone),
    ({ at }) => chunkOf(at),
  )
  for (let top = 0; top < size; top += CHUNK)
    for (let left = 0; left < size; left += CHUNK) {
      const inside = inChunks.get(chunkOf(top * size + left)) ?? []
      const chunk = { left, top, right: Math.min(left + CHUNK, size), bottom: Math.min(top + CHUNK, size) }
      for (const kind of KINDS) settle(draft, { ...chunk, light, inside }, kind)
    }
}

interface Chunk {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly light: number
  /** The creatures in it. */
  readonly inside: readonly Living[]
}

function settle(draft: Draft, chunk: Chunk, kind: Kind): void {
  const { random, creatures, you } = draft
  const here = chunk.inside.filter((one) => one.kind === kind.kind)
  // The cells are counted last: there is seldom need to.
  const [least, most] = kind.wanted(Number.POSITIVE_INFINITY, chunk.light)
  if (here.length < Math.floor(least)) {
    if (random.next() >= kind.coming) return
    const space = cellsOf(draft, chunk, MATERIAL[kind.on])
    if (here.length >= Math.floor(kind.wanted(space.length, chunk.light)[0])) return
    const at = random.pick(space)
    const empty = at !== you.at && !creatures.some((one) => one.at === at && !one.gone)
    if (empty && distanceTo(draft, at) >= kind.comes) creatures.push(newborn(kind.kind, at))
  } else if (here.length > Math.floor(most) && random.next() < kind.going) {
    const one = random.pick(here)
    if (distanceTo(draft, one.at) >= kind.goes) creatures[creatures.indexOf(one)] = { ...one, gone: true }
  }
}

const newborn = (kind: Kind['kind'], at: number): Living => ({
  kind,
  at,
  health: { cow: 3, zombie: 5, skeleton: 3 }[kind],
  clock: 0,
})

function cellsOf({ cells, size }: Draft, { left, top, right, bottom }: Chunk, material: string): number[] {
  const code = material.charCodeAt(0)
  const found: number[] = []
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) if (cells.charCodeAt(y * size + x) === code) found.push(y * size + x)
  return found
}
