/** Ways through a world to survive in: over where one is and looks, with digging and bridging where there are tools. */
import { insideOf } from './draft.ts'
import { type Action, COLLECT, MATERIAL } from './rules.ts'
import type { Survival } from './state.ts'

/** True of a place and a way to look where the way may end; `ahead` is undefined at the edge of the world. */
export type There = (at: number, ahead: number | undefined, facing: number) => boolean

const MOVES = ['move_right', 'move_down', 'move_left', 'move_up'] as const
const { grass, sand, path, water, lava } = MATERIAL
const WALKED = grass + sand + path

export const moveTo = (facing: number): Action => MOVES[facing]!

const FAR = 0x7fffffff
/** Written over by each search: there is never more than one. */
let scratch = new Int32Array(0)

/** The first action of the cheapest way; 'there' where none is needed, undefined where there is no way. */
export function wayTo(state: Survival, there: There): Action | 'there' | undefined {
  const { size, you } = state
  const look = ground(state)
  const start = you.at * 4 + you.facing
  if (scratch.length < 4 * size * size) scratch = new Int32Array(4 * size * size)
  const best = scratch.fill(FAR)
  const first: (Action | undefined)[] = []
  const buckets: number[][] = [[start]]
  best[start] = 0
  for (let cost = 0; cost < buckets.length; cost++) {
    for (const name of buckets[cost] ?? []) {
      if (best[name] !== cost) continue
      const [at, facing] = [name >> 2, name & 3]
      if (there(at, insideOf(state, at, facing), facing)) return first[name] ?? 'there'
      for (let toward = 0; toward < 4; toward++) {
        const next = insideOf(state, at, toward)
        const kind = next === undefined ? BLOCKED : look[next]!
        // Who turns to lava walks into it.
        if (kind === NEVER || (kind === DEADLY && toward !== facing)) continue
        const through = kind === OPEN || (toward === facing && kind !== BLOCKED)
        const to = (through ? next! : at) * 4 + toward
        const total = cost + (through ? COSTS[kind]! : 1)
        if (total >= best[to]!) continue
        best[to] = total
        first[to] = first[name] ?? (through ? passing(kind, toward) : moveTo(toward))
        buckets[total] ??= []
        buckets[total].push(to)
      }
    }
  }
  return undefined
}

/** What a cell is to who would pass: free, to be dug out, bridged, bridged only by who looks at it already, or none. */
const [OPEN, DIGGABLE, BRIDGED, DEADLY, BLOCKED, NEVER] = [0, 1, 2, 3, 4, 5]
/** Steps to get through. */
const COSTS = [1, 2, 3, 3]

const passing = (kind: number, toward: number): Action =>
  kind === OPEN ? moveTo(toward) : kind === DIGGABLE ? 'do' : 'place_stone'

function ground({ cells, creatures, you: { inventory } }: Survival): Uint8Array {
  const bridges = inventory.stone > 0 && inventory.wood_pickaxe > 0
  const kinds = new Map<string, number>([
    ...[...WALKED].map((char) => [char, OPEN] as const),
    [water, bridges ? BRIDGED : BLOCKED],
    [lava, bridges ? DEADLY : NEVER],
  ])
  for (const [char, { gives, tool }] of COLLECT)
    if (gives !== 'drink' && gives !== 'sapling') kinds.set(char, tool && inventory[tool] === 0 ? BLOCKED : DIGGABLE)
  const codes = Uint8Array.from({ length: 128 }, (_, code) => kinds.get(String.fromCharCode(code)) ?? BLOCKED)
  const look = new Uint8Array(cells.length)
  for (let i = 0; i < cells.length; i++) look[i] = codes[cells.charCodeAt(i)]!
  for (const { at } of creatures) look[at] = BLOCKED
  return look
}
