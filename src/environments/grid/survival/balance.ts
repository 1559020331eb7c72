/** How creatures come and go, in squares of 12 by 12 cells: more zombies in the dark, on grass; skeletons in caves. */
import { distanceTo, type Living } from './creatures.ts'
import type { Draft } from './draft.ts'
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
  const { size } = draft
  for (let top = 0; top < size; top += CHUNK)
    for (let left = 0; left < size; left += CHUNK) {
      const chunk = { left, top, right: Math.min(left + CHUNK, size), bottom: Math.min(top + CHUNK, size) }
      for (const kind of KINDS) settle(draft, { ...chunk, light }, kind)
    }
}

interface Chunk {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly light: number
}

function settle(draft: Draft, chunk: Chunk, { kind, on, comes, goes, coming, going, wanted }: Kind): void {
  const { random, creatures, you } = draft
  const here = creatures.filter((one) => one.kind === kind && !one.gone && isIn(chunk, one.at, draft.size))
  const space = cellsOf(draft, chunk, MATERIAL[on])
  const [least, most] = wanted(space.length, chunk.light)
  if (here.length < Math.floor(least) && random.next() < coming) {
    const at = random.pick(space)
    const empty = at !== you.at && !creatures.some((one) => one.at === at && !one.gone)
    if (empty && distanceTo(draft, at) >= comes) creatures.push(newborn(kind, at))
  } else if (here.length > Math.floor(most) && random.next() < going) {
    const one = random.pick(here)
    if (distanceTo(draft, one.at) >= goes) one.gone = true
  }
}

const newborn = (kind: Kind['kind'], at: number): Living => ({
  kind,
  at,
  health: { cow: 3, zombie: 5, skeleton: 3 }[kind],
  clock: 0,
})

const isIn = ({ left, top, right, bottom }: Chunk, at: number, size: number): boolean => {
  const [x, y] = [at % size, Math.floor(at / size)]
  return x >= left && x < right && y >= top && y < bottom
}

function cellsOf({ cells, size }: Draft, { left, top, right, bottom }: Chunk, material: string): number[] {
  const code = material.charCodeAt(0)
  const found: number[] = []
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) if (cells.charCodeAt(y * size + x) === code) found.push(y * size + x)
  return found
}
