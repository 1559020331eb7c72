/** The next state while it is being made: a copy that may be written to, and what moves in it. */
import type { Random } from '../../../core/index.ts'
import { type Achievement, type Inventory, MATERIAL, type Material } from './rules.ts'

export interface Creature {
  readonly kind: 'cow' | 'zombie' | 'skeleton' | 'arrow' | 'plant'
  readonly at: number
  readonly health: number
  /** Steps until a zombie strikes or a skeleton shoots again; how long a plant has grown. */
  readonly clock: number
  /** Of an arrow: where it flies. */
  readonly facing?: number
}

export type Living = { -readonly [K in keyof Creature]: Creature[K] } & { gone?: true }

export interface Player {
  at: number
  /** 0 is east, 1 south, 2 west, 3 north. */
  facing: number
  inventory: Inventory
  sleeping: boolean
  /** How long since food, drink and energy last sank, and health last changed by itself. */
  hunger: number
  thirst: number
  fatigue: number
  recover: number
  lastHealth: number
}

export interface Draft {
  readonly size: number
  readonly random: Random
  readonly you: Player
  readonly creatures: Living[]
  readonly unlocked: Set<Achievement>
  cells: string
  put(at: number, material: Material): void
}

/** The cell next to one; undefined outside of the world. */
export function insideOf({ size }: { readonly size: number }, at: number, facing: number): number | undefined {
  const x = at % size
  if ((facing === 0 && x === size - 1) || (facing === 2 && x === 0)) return undefined
  const next = at + (facing === 0 ? 1 : facing === 1 ? size : facing === 2 ? -1 : -size)
  return next >= 0 && next < size * size ? next : undefined
}

const { grass, sand, path, water, lava } = MATERIAL
const WALKS: Readonly<Record<Living['kind'] | 'you', string>> = {
  ...{ cow: grass + sand + path, zombie: grass + sand + path, skeleton: grass + sand + path, plant: '' },
  arrow: grass + sand + path + water + lava,
  you: grass + sand + path + lava,
}

/** Whether this kind can be where nothing else is. */
export function free({ cells, creatures, you }: Draft, at: number, kind: Living['kind'] | 'you'): boolean {
  if (!WALKS[kind].includes(cells[at]!) || you.at === at) return false
  for (const one of creatures) if (one.at === at && !one.gone) return false
  return true
}

/** Moves it to the next cell; false where that is not free. */
export function stepTo(draft: Draft, creature: Living, facing: number): boolean {
  const at = insideOf(draft, creature.at, facing)
  if (at === undefined || !free(draft, at, creature.kind)) return false
  creature.at = at
  return true
}
