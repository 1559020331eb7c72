/**
 * The facts of Crafter (Hafner 2022, MIT; the figures of its release 1.8.3): what there is to do, what it takes, and
 * the 22 achievements with their score.
 */

export const ACTIONS = [
  'noop',
  'move_left',
  'move_right',
  'move_up',
  'move_down',
  'do',
  'sleep',
  'place_stone',
  'place_table',
  'place_furnace',
  'place_plant',
  'make_wood_pickaxe',
  'make_stone_pickaxe',
  'make_iron_pickaxe',
  'make_wood_sword',
  'make_stone_sword',
  'make_iron_sword',
] as const
export type Action = (typeof ACTIONS)[number]

export const ACHIEVEMENTS = [
  'collect_coal',
  'collect_diamond',
  'collect_drink',
  'collect_iron',
  'collect_sapling',
  'collect_stone',
  'collect_wood',
  'defeat_skeleton',
  'defeat_zombie',
  'eat_cow',
  'eat_plant',
  'make_iron_pickaxe',
  'make_iron_sword',
  'make_stone_pickaxe',
  'make_stone_sword',
  'make_wood_pickaxe',
  'make_wood_sword',
  'place_furnace',
  'place_plant',
  'place_stone',
  'place_table',
  'wake_up',
] as const
export type Achievement = (typeof ACHIEVEMENTS)[number]

/** A character for each material. */
export const MATERIAL = {
  grass: '.',
  sand: ',',
  path: '_',
  water: '~',
  stone: '#',
  tree: 'T',
  lava: '!',
  coal: 'c',
  iron: 'i',
  diamond: 'd',
  table: 't',
  furnace: 'f',
} as const
export type Material = keyof typeof MATERIAL

export const VITALS = ['health', 'food', 'drink', 'energy'] as const
export const GOODS = ['sapling', 'wood', 'stone', 'coal', 'iron', 'diamond'] as const
export const TOOLS = [
  'wood_pickaxe',
  'stone_pickaxe',
  'iron_pickaxe',
  'wood_sword',
  'stone_sword',
  'iron_sword',
] as const
export type Good = (typeof GOODS)[number]
export type Tool = (typeof TOOLS)[number]
export type Item = (typeof VITALS)[number] | Good | Tool
export type Inventory = Record<Item, number>
/** The most that one has of anything. */
export const MOST = 9

export interface Yield {
  readonly gives: Good | 'drink'
  /** The tool that has to be there. */
  readonly tool?: Tool
  readonly leaves: Material
  /** How often it gives anything; always unless given. */
  readonly chance?: number
}

/** What 'do' makes of a material. */
export const COLLECT: ReadonlyMap<string, Yield> = new Map<string, Yield>([
  [MATERIAL.tree, { gives: 'wood', leaves: 'grass' }],
  [MATERIAL.stone, { gives: 'stone', tool: 'wood_pickaxe', leaves: 'path' }],
  [MATERIAL.coal, { gives: 'coal', tool: 'wood_pickaxe', leaves: 'path' }],
  [MATERIAL.iron, { gives: 'iron', tool: 'stone_pickaxe', leaves: 'path' }],
  [MATERIAL.diamond, { gives: 'diamond', tool: 'iron_pickaxe', leaves: 'path' }],
  [MATERIAL.water, { gives: 'drink', leaves: 'water' }],
  [MATERIAL.grass, { gives: 'sapling', leaves: 'grass', chance: 0.1 }],
])

type Uses = Readonly<Partial<Record<Good, number>>>
const ground: readonly Material[] = ['grass', 'sand', 'path']

export interface Placing {
  readonly uses: Uses
  readonly where: readonly Material[]
}

export const PLACE: Readonly<Record<'stone' | 'table' | 'furnace' | 'plant', Placing>> = {
  stone: { uses: { stone: 1 }, where: [...ground, 'water', 'lava'] },
  table: { uses: { wood: 2 }, where: ground },
  furnace: { uses: { stone: 4 }, where: ground },
  plant: { uses: { sapling: 1 }, where: ['grass'] },
}

export interface Making {
  readonly uses: Uses
  readonly nearby: readonly ('table' | 'furnace')[]
}

export const MAKE: Readonly<Record<Tool, Making>> = {
  wood_pickaxe: { uses: { wood: 1 }, nearby: ['table'] },
  stone_pickaxe: { uses: { wood: 1, stone: 1 }, nearby: ['table'] },
  iron_pickaxe: { uses: { wood: 1, coal: 1, iron: 1 }, nearby: ['table', 'furnace'] },
  wood_sword: { uses: { wood: 1 }, nearby: ['table'] },
  stone_sword: { uses: { wood: 1, stone: 1 }, nearby: ['table'] },
  iron_sword: { uses: { wood: 1, coal: 1, iron: 1 }, nearby: ['table', 'furnace'] },
}

/** A plant that has grown for longer can be eaten. */
export const RIPE = 300

/** A blow's damage, by the best sword. */
export const damageOf = ({ wood_sword, stone_sword, iron_sword }: Inventory): number =>
  iron_sword > 0 ? 5 : stone_sword > 0 ? 3 : wood_sword > 0 ? 2 : 1

/** How light it is, from 0 to 1: a day lasts 300 steps, and its night is around the 210th. */
export const daylight = (step: number): number => 1 - Math.abs(Math.cos(Math.PI * (((step / 300) % 1) + 0.3))) ** 3

/**
 * Crafter's score: exp(mean ln(1 + s)) - 1 over how often each achievement was unlocked, s, in percent. Achievements
 * that are not given were never unlocked. Throws on what is no percentage.
 */
export function crafterScore(rates: Readonly<Partial<Record<Achievement, number>>>): number {
  const logs = ACHIEVEMENTS.map((name) => {
    const rate = rates[name] ?? 0
    if (!(rate >= 0 && rate <= 100))
      throw new Error(`the rate of '${name}' is a percentage, from 0 to 100, not ${rate}`)
    return Math.log1p(rate)
  })
  return Math.expm1(logs.reduce((sum, log) => sum + log, 0) / logs.length)
}
