/** The state of a world to survive in, and what follows from an action, by the rules of Crafter. States stay as they are. */
import type { Random } from '../../../core/index.ts'
import { balance } from './balance.ts'
import { distanceTo, live, ripe } from './creatures.ts'
import { type Creature, type Draft, free, insideOf, type Living, type Player } from './draft.ts'
import {
  type Achievement,
  type Action,
  COLLECT,
  damageOf,
  daylight,
  type Good,
  type Item,
  MAKE,
  MATERIAL,
  MOST,
  PLACE,
  type Tool,
} from './rules.ts'
import { middleOf, type Terrain } from './terrain.ts'

export interface Survival {
  readonly size: number
  readonly cells: string
  readonly you: Readonly<Player>
  readonly creatures: readonly Creature[]
  readonly unlocked: readonly Achievement[]
  readonly step: number
}

const NOTHING = { sapling: 0, wood: 0, stone: 0, coal: 0, iron: 0, diamond: 0 }
const BARE = { wood_pickaxe: 0, stone_pickaxe: 0, iron_pickaxe: 0, wood_sword: 0, stone_sword: 0, iron_sword: 0 }

export const startIn = ({ cells, size, creatures }: Terrain): Survival => ({
  ...{ size, cells, creatures, unlocked: [], step: 0 },
  you: {
    ...{
      at: middleOf(size),
      facing: 1,
      sleeping: false,
      hunger: 0,
      thirst: 0,
      fatigue: 0,
      recover: 0,
      lastHealth: MOST,
    },
    inventory: { health: MOST, food: MOST, drink: MOST, energy: MOST, ...NOTHING, ...BARE },
  },
})

/** What moves is not asked further away than this, and stands still. */
const NEAR = 18
/** Every so many steps creatures come and go. */
const BALANCE = 10

const apart = ({ size, you }: Survival, at: number): number =>
  Math.abs((at % size) - (you.at % size)) + Math.abs(((at / size) | 0) - ((you.at / size) | 0))

export function afterAction(state: Survival, action: Action, random: Random): Survival {
  const { size, step } = state
  const draft: Draft = {
    ...{ size, random, cells: state.cells },
    you: { ...state.you, inventory: { ...state.you.inventory } },
    // What is too far to move, or to be hit, needs no copy.
    creatures: state.creatures.map((one): Living => (apart(state, one.at) < NEAR + 2 ? { ...one } : one)),
    unlocked: new Set(state.unlocked),
    put(at, material) {
      draft.cells = draft.cells.slice(0, at) + MATERIAL[material] + draft.cells.slice(at + 1)
    },
  }
  act(draft, action)
  for (const creature of [...draft.creatures]) if (distanceTo(draft, creature.at) < NEAR) live(draft, creature)
  if ((step + 1) % BALANCE === 0) balance(draft, daylight(step + 1))
  return {
    ...{ size, step: step + 1, cells: draft.cells, you: draft.you },
    creatures: draft.creatures.filter(({ gone }) => !gone),
    unlocked: draft.unlocked.size === state.unlocked.length ? state.unlocked : [...draft.unlocked],
  }
}

/** The player's part of a step: what it does, and what that and time do to it. */
function act(draft: Draft, action: Action): void {
  const { you, unlocked } = draft
  if (you.sleeping && you.inventory.energy >= MOST) {
    you.sleeping = false
    unlocked.add('wake_up')
  }
  if (!you.sleeping) perform(draft, action)
  age(you)
  for (const item of Object.keys(you.inventory) as Item[])
    you.inventory[item] = Math.max(0, Math.min(MOST, you.inventory[item]))
  if (you.inventory.health < you.lastHealth) you.sleeping = false
  you.lastHealth = you.inventory.health
}

const FACINGS: ReadonlyMap<Action, number> = new Map<Action, number>([
  ['move_right', 0],
  ['move_down', 1],
  ['move_left', 2],
  ['move_up', 3],
])

function perform(draft: Draft, action: Action): void {
  const { you } = draft
  const facing = FACINGS.get(action)
  if (facing !== undefined) move(draft, facing)
  else if (action === 'do') use(draft)
  else if (action === 'sleep') you.sleeping = you.inventory.energy < MOST
  else if (action.startsWith('place_')) place(draft, action.slice('place_'.length) as keyof typeof PLACE)
  else if (action.startsWith('make_')) make(draft, action.slice('make_'.length) as Tool)
}

function move(draft: Draft, facing: number): void {
  const { you } = draft
  you.facing = facing
  const at = insideOf(draft, you.at, facing)
  if (at === undefined || !free(draft, at, 'you')) return
  you.at = at
  if (draft.cells[at] === MATERIAL.lava) you.inventory.health = 0
}

function use(draft: Draft): void {
  const { you, creatures } = draft
  const at = insideOf(draft, you.at, you.facing)
  if (at === undefined) return
  const creature = creatures.find((one) => one.at === at)
  if (creature) strike(draft, creature)
  else collect(draft, at)
}

function strike({ you, unlocked }: Draft, creature: Living): void {
  const { inventory } = you
  if (creature.kind === 'plant') {
    if (!ripe(creature)) return
    creature.clock = 0
    inventory.food += 4
    unlocked.add('eat_plant')
    return
  }
  if (creature.kind === 'arrow') return
  creature.health -= damageOf(inventory)
  if (creature.health > 0) return
  if (creature.kind !== 'cow') {
    unlocked.add(`defeat_${creature.kind}`)
    return
  }
  inventory.food += 6
  you.hunger = 0
  unlocked.add('eat_cow')
}

function collect(draft: Draft, at: number): void {
  const { you, unlocked, random } = draft
  const found = COLLECT.get(draft.cells[at]!)
  if (!found) return
  if (found.gives === 'drink') you.thirst = 0
  if (found.tool && you.inventory[found.tool] === 0) return
  if (draft.cells[at] !== MATERIAL[found.leaves]) draft.put(at, found.leaves)
  if (found.chance !== undefined && random.next() > found.chance) return
  you.inventory[found.gives]++
  unlocked.add(`collect_${found.gives}`)
}

type Uses = Readonly<Partial<Record<Good, number>>>

/** Takes what it needs; false where that is not there. */
function spend({ inventory }: Player, uses: Uses): boolean {
  const needed = Object.entries(uses) as [Good, number][]
  if (needed.some(([good, count]) => inventory[good] < count)) return false
  for (const [good, count] of needed) inventory[good] -= count
  return true
}

function place(draft: Draft, what: keyof typeof PLACE): void {
  const { you, creatures, unlocked } = draft
  const at = insideOf(draft, you.at, you.facing)
  if (at === undefined || creatures.some((one) => one.at === at)) return
  const { uses, where } = PLACE[what]
  if (!where.some((material) => MATERIAL[material] === draft.cells[at]) || !spend(you, uses)) return
  if (what === 'plant') creatures.push({ kind: 'plant', at, health: 1, clock: 0 })
  else draft.put(at, what)
  unlocked.add(`place_${what}`)
}

function make(draft: Draft, tool: Tool): void {
  const { you, unlocked } = draft
  const { uses, nearby } = MAKE[tool]
  const around = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => draft.cells[you.at + y * draft.size + x]))
  if (!nearby.every((thing) => around.includes(MATERIAL[thing])) || !spend(you, uses)) return
  you.inventory[tool]++
  unlocked.add(`make_${tool}`)
}

/** Hunger, thirst and fatigue grow; health comes back while there is enough of everything, and goes where not. */
function age(you: Player): void {
  const { inventory, sleeping } = you
  you.hunger += sleeping ? 0.5 : 1
  if (you.hunger > 25) {
    you.hunger = 0
    inventory.food--
  }
  you.thirst += sleeping ? 0.5 : 1
  if (you.thirst > 20) {
    you.thirst = 0
    inventory.drink--
  }
  you.fatigue = sleeping ? Math.min(you.fatigue - 1, 0) : you.fatigue + 1
  if (you.fatigue < -10 || you.fatigue > 30) {
    inventory.energy += you.fatigue < 0 ? 1 : -1
    you.fatigue = 0
  }
  const well = inventory.food > 0 && inventory.drink > 0 && (inventory.energy > 0 || sleeping)
  you.recover += well ? (sleeping ? 2 : 1) : sleeping ? -0.5 : -1
  if (you.recover > 25 || you.recover < -15) {
    inventory.health += you.recover > 0 ? 1 : -1
    you.recover = 0
  }
}
