/**
 * A player that knows the whole world and goes for one achievement: it makes the tools that this takes, eats and drinks
 * when it has to, and fights what comes close. It goes by the state alone, whoever acted before.
 */
import { ripe } from './creatures.ts'
import { type Creature, insideOf } from './draft.ts'
import { type Achievement, type Action, COLLECT, type Good, MAKE, MATERIAL, MOST, PLACE, type Tool } from './rules.ts'
import type { Survival } from './state.ts'
import { moveTo, type There, wayTo } from './way.ts'

/** The tools that an achievement takes, in the order they are made. */
const PICKAXES: readonly Tool[] = ['wood_pickaxe', 'stone_pickaxe', 'iron_pickaxe']
const TAKES: Readonly<Partial<Record<Achievement, readonly Tool[]>>> = {
  collect_stone: PICKAXES.slice(0, 1),
  collect_coal: PICKAXES.slice(0, 1),
  collect_iron: PICKAXES.slice(0, 2),
  collect_diamond: ['wood_pickaxe', 'stone_pickaxe', 'stone_sword', 'iron_pickaxe'],
  place_stone: PICKAXES.slice(0, 1),
  place_furnace: PICKAXES.slice(0, 1),
  eat_plant: ['wood_pickaxe', 'stone_sword'],
  defeat_skeleton: ['wood_pickaxe', 'stone_sword'],
  defeat_zombie: ['wood_pickaxe', 'stone_sword'],
  make_wood_pickaxe: PICKAXES.slice(0, 1),
  make_stone_pickaxe: PICKAXES.slice(0, 2),
  make_iron_pickaxe: PICKAXES,
  make_wood_sword: ['wood_sword'],
  make_stone_sword: ['wood_pickaxe', 'stone_sword'],
  make_iron_sword: ['wood_pickaxe', 'stone_pickaxe', 'iron_sword'],
}

/** From here on it looks for food and water, and for sleep. */
const [LOW, TIRED] = [3, 1]
/** Foes nearer than this are driven off before it sleeps; it waits no further than this from what grows. */
const [ALARM, CLOSE] = [8, 8]

export function bestAction(state: Survival, target: Achievement): Action {
  if (state.you.sleeping) return 'noop'
  return fight(state) ?? refresh(state) ?? pursue(state, target) ?? 'noop'
}

const isFoe = ({ kind }: Creature): boolean => kind === 'zombie' || kind === 'skeleton'

/** Strikes what is beside it, or turns to it. */
function fight(state: Survival): Action | undefined {
  const { you, creatures, size } = state
  const foes = creatures.filter(isFoe)
  const facing = [you.facing, 0, 1, 2, 3].find((d) => {
    const at = insideOf({ size }, you.at, d)
    return foes.some((foe) => foe.at === at)
  })
  return facing === undefined ? undefined : facing === you.facing ? 'do' : moveTo(facing)
}

function refresh(state: Survival): Action | undefined {
  const { drink, food, energy } = state.you.inventory
  const ahead = insideOf(state, state.you.at, state.you.facing)
  const drinking = drink < MOST && ahead !== undefined && state.cells[ahead] === MATERIAL.water
  if (drink <= LOW || drinking) return gather(state, MATERIAL.water)
  if (food <= LOW) return hunt(state, ({ kind }) => kind === 'cow')
  return energy <= TIRED ? 'sleep' : undefined
}

function pursue(state: Survival, target: Achievement): Action | undefined {
  const missing = (TAKES[target] ?? []).filter((tool) => state.you.inventory[tool] === 0)
  if (missing.length > 0) return equip(state, missing)
  if (target === 'eat_plant') return farm(state)
  if (target === 'wake_up') return rest(state)
  if (target === 'eat_cow') return hunt(state, ({ kind }) => kind === 'cow')
  if (target === 'defeat_zombie') return hunt(state, ({ kind }) => kind === 'zombie')
  if (target === 'defeat_skeleton') return hunt(state, ({ kind }) => kind === 'skeleton')
  const [verb, what] = [target.slice(0, target.indexOf('_')), target.slice(target.indexOf('_') + 1)]
  if (verb === 'place') return place(state, what as keyof typeof PLACE)
  return gather(state, MATERIAL[sourceOf(what as Good | 'drink')])
}

const sourceOf = (good: Good | 'drink'): keyof typeof MATERIAL => {
  const found = Object.entries(MATERIAL).find(([, char]) => COLLECT.get(char)?.gives === good)
  return found![0] as keyof typeof MATERIAL
}

/** Goes to where it looks at such a cell with nothing on it, and acts there. */
function at(state: Survival, there: There, action: Action): Action | undefined {
  const way = wayTo(state, there)
  return way === 'there' ? action : way
}

const emptyOf =
  ({ cells, creatures }: Survival, chars: string): There =>
  (_, ahead) =>
    ahead !== undefined && chars.includes(cells[ahead]!) && !creatures.some((one) => one.at === ahead)

const gather = (state: Survival, char: string): Action | undefined => at(state, emptyOf(state, char), 'do')

const getting = (state: Survival, good: Good): Action | undefined => gather(state, MATERIAL[sourceOf(good)])

function hunt(state: Survival, prey: (creature: Creature) => boolean): Action | undefined {
  const places = new Set(state.creatures.filter(prey).map((one) => one.at))
  return at(state, (_, ahead) => ahead !== undefined && places.has(ahead), 'do')
}

function place(state: Survival, what: keyof typeof PLACE): Action | undefined {
  const { uses, where } = PLACE[what]
  const lacking = (Object.keys(uses) as Good[]).find((good) => state.you.inventory[good] < uses[good]!)
  if (lacking) return getting(state, lacking)
  return at(state, emptyOf(state, where.map((material) => MATERIAL[material]).join('')), `place_${what}`)
}

/** Makes the first of the missing tools, having gathered on the way what the others take. */
function equip(state: Survival, missing: readonly Tool[]): Action | undefined {
  const { inventory } = state.you
  const has = (char: string): boolean => state.cells.includes(char)
  const iron = missing.filter((tool) => tool.startsWith('iron')).length
  const stony = missing.filter((tool) => tool.startsWith('stone')).length
  const wood = missing.length + (has(MATERIAL.table) ? 0 : PLACE.table.uses.wood!)
  if (inventory.wood < wood) return getting(state, 'wood')
  const [tool] = missing as readonly [Tool]
  if (!tool.startsWith('wood')) {
    const stone = stony + (iron > 0 && !has(MATERIAL.furnace) ? PLACE.furnace.uses.stone! : 0)
    if (inventory.stone < stone) return getting(state, 'stone')
  }
  for (const good of ['coal', 'iron'] as const)
    if (tool.startsWith('iron') && inventory[good] < iron) return getting(state, good)
  return craft(state, tool)
}

/** Goes to where the tool can be made, and puts up there what is not there yet. */
function craft(state: Survival, tool: Tool): Action | undefined {
  const around = MAKE[tool].nearby.map((thing) => besideOf(state, MATERIAL[thing]))
  const way = at(state, (cell) => around.every((cells) => cells.has(cell)), `make_${tool}`)
  if (way) return way
  const tables = around[0]!
  if (tables.size === 0) return place(state, 'table')
  const spot = emptyOf(state, PLACE.furnace.where.map((material) => MATERIAL[material]).join(''))
  return at(state, (cell, ahead, facing) => tables.has(cell) && spot(cell, ahead, facing), 'place_furnace')
}

/** The cells from which such a thing is near enough to work with. */
function besideOf({ cells, size }: Survival, char: string): Set<number> {
  const found = new Set<number>()
  for (let i = cells.indexOf(char); i >= 0; i = cells.indexOf(char, i + 1))
    for (const y of [-size, 0, size]) for (const x of [-1, 0, 1]) found.add(i + y + x)
  return found
}

/** Sleeps once nothing is near that would disturb it. */
function rest(state: Survival): Action | undefined {
  const { you, size } = state
  const near = (foe: Creature): boolean => isFoe(foe) && distance(size, foe.at, you.at) <= ALARM
  return hunt(state, near) ?? (you.inventory.energy < MOST ? 'sleep' : undefined)
}

/** Plants, walls the plant in so that nothing eats it, stays near until it is ripe, and opens the wall again. */
function farm(state: Survival): Action | undefined {
  const { cells, size, you, creatures } = state
  const plant = creatures.find(({ kind }) => kind === 'plant')
  if (!plant) {
    if (you.inventory.stone < 4) return getting(state, 'stone')
    return place(state, 'plant')
  }
  if (ripe(plant)) return hunt(state, (one) => one === plant)
  const sides = [0, 1, 2, 3].map((d) => insideOf({ size }, plant.at, d))
  const open = sides.filter((side) => side !== undefined && '.,_'.includes(cells[side]!))
  if (open.length === 0) return shelter(state, plant.at)
  if (you.inventory.stone === 0) return getting(state, 'stone')
  return at(
    state,
    (cell, ahead) => cell !== ahead && open.includes(ahead) && emptyOf(state, '.,_')(cell, ahead, 0),
    'place_stone',
  )
}

const distance = (size: number, a: number, b: number): number =>
  Math.abs((a % size) - (b % size)) + Math.abs(Math.floor(a / size) - Math.floor(b / size))

/** Waits where nothing can come: at the end of a tunnel with a stone set into its mouth. */
function shelter(state: Survival, near: number): Action | undefined {
  const { size, you, cells } = state
  if (isShut(state)) return you.inventory.energy < MOST ? 'sleep' : 'noop'
  const solid = (cell: number | undefined): boolean => cell === undefined || !'.,_!'.includes(cells[cell]!)
  const mouth: There = (cell, ahead, facing) => {
    const end = insideOf({ size }, cell, (facing + 2) & 3)
    if (ahead === undefined || end === undefined || distance(size, cell, near) > CLOSE) return false
    if (![cell, end, ahead].every((one) => '#_.,'.includes(cells[one]!))) return false
    const sides = [1, 3].map((turn) => (facing + turn) & 3)
    const walls = [
      ...sides.map((side) => insideOf({ size }, cell, side)),
      ...sides.map((side) => insideOf({ size }, end, side)),
    ]
    return [...walls, insideOf({ size }, end, (facing + 2) & 3)].every(solid)
  }
  if (you.inventory.stone === 0) return getting(state, 'stone')
  return at(state, mouth, 'place_stone')
}

/** Whether nobody can come to where it is, nor go: as far as it can look, which is two cells. */
function isShut({ size, you, cells }: Survival): boolean {
  const seen = [you.at]
  for (const cell of seen) {
    for (const facing of [0, 1, 2, 3]) {
      const next = insideOf({ size }, cell, facing)
      if (next !== undefined && !seen.includes(next) && '.,_!'.includes(cells[next]!)) seen.push(next)
    }
    if (seen.length > 2) return false
  }
  return true
}
