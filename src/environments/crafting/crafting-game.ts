/**
 * The game of TextCraft (Prasad et al. 2024, "ADaPT"): fetch things and craft others of them, by recipes that are told,
 * until the goal is made. Nothing is paid on the way. Unlike there, a kind's name is no thing's name, and what is said
 * is read to its end.
 */
import type { EnvSpec, Random } from '../../core/index.ts'
import { type GameEnv, gameEnv, type Played, quoted, type Wrong } from '../kit/game-env.ts'
import type { Index, Need } from './book.ts'
import { countOf, type Inventory, plan } from './planner.ts'

export interface Crafting {
  readonly inventory: Inventory
  readonly done?: true
}

/** What a task of it has to hold. */
export interface CraftingTask {
  readonly goal: string
  /** The recipes that are told, as commands. */
  readonly commands: readonly string[]
}

export interface CraftingWorld<D extends CraftingTask> extends Pick<EnvSpec<D>, 'id' | 'tasks' | 'limits'> {
  indexOf(data: D): Index
}

export function craftingGame<D extends CraftingTask>(world: CraftingWorld<D>): EnvSpec<D, GameEnv<Crafting>> {
  const { id, tasks, limits, indexOf } = world
  return gameEnv<Crafting, D>({
    id,
    tasks,
    ...(limits && { limits }),
    rules: (data) => rulesFor(data, indexOf(data)),
    start: () => ({ inventory: {} }),
    show: ({ inventory }, { goal }) => `${carried(inventory)}\nGoal: craft ${goal}.`,
    play: (state, said, { data }) => play(state, said, { index: indexOf(data), goal: data.goal }),
    success: ({ done }) => (done ? 1 : 0),
    successWeight: 1,
    best: ({ inventory }, data) => plan(data.goal, inventory, indexOf(data))?.[0] ?? 'inventory',
    guess: (data, random) => anyCommand(data, indexOf(data), random),
  })
}

function rulesFor({ goal, commands }: CraftingTask, { kinds }: Index): string {
  const told = new Set(commands.flatMap((command) => needsIn(command).map(({ what }) => what)))
  const some = [...kinds].filter(([kind]) => told.has(kind))
  return [
    'You make things out of others. Each turn, say one command:',
    'get <number> <thing>: fetch something that no recipe makes',
    'craft <number> <thing> using <number> <thing>, <number> <thing>: use one of the recipes, as it stands there',
    'inventory: see what you carry',
    '',
    'Crafting commands:',
    ...commands,
    ...(some.length > 0 ? ['', 'Where a recipe names a kind of things, name one of them instead:'] : []),
    ...some.map(([kind, things]) => `${kind}: ${things.join(', ')}`),
    '',
    `Goal: craft ${goal}.`,
  ].join('\n')
}

function carried(inventory: Inventory): string {
  const things = Object.entries(inventory).map(([thing, count]) => `[${thing}] (${count})`)
  return `Inventory: ${things.join(' ') || 'You are not carrying anything.'}`
}

interface Rules {
  readonly index: Index
  readonly goal: string
}

/** Nobody says more than a recipe. */
const MOST = 500

function play(state: Crafting, said: string, rules: Rules): Played<Crafting> | Wrong<Crafting> {
  const command = said.length > MOST ? '' : said.toLowerCase()
  if (command === 'inventory') return { state, says: carried(state.inventory) }
  const [, count, thing] = /^get (\d{1,4}) (\S.*)$/.exec(command) ?? []
  if (count && thing) return get(state, { what: thing, count: Number(count) }, rules)
  const [, makes, using] = /^craft (?:\d{1,4} )?(\S.*?) using (\S.*)$/.exec(command) ?? []
  if (makes && using) return craft(state, { makes, needs: needsIn(command) }, rules)
  return { wrong: `Could not execute '${quoted(said)}': say get, craft or inventory, as the rules have it.` }
}

function get({ inventory }: Crafting, { what, count }: Need, { index }: Rules): Played<Crafting> | Wrong<Crafting> {
  if (!index.found.has(what))
    return {
      wrong: index.recipesOf.has(what)
        ? `Could not find ${quoted(what)}: it has to be crafted.`
        : `Could not find ${quoted(what)}: there is no such thing.`,
    }
  if (count === 0) return { wrong: `Could not get 0 ${what}: take one or more.` }
  return { state: { inventory: changed(inventory, what, count) }, says: `Got ${count} ${what}.` }
}

interface Order {
  readonly makes: string
  readonly needs: readonly Need[]
}

function craft({ inventory }: Crafting, order: Order, { index, goal }: Rules): Played<Crafting> | Wrong<Crafting> {
  const { makes, needs } = order
  const recipe = index.recipesOf.get(makes)?.find((one) => fits(one.needs, needs, index))
  if (!recipe) return { wrong: whyNot(order, index) }
  let left = inventory
  for (const { what, count } of needs) {
    if (countOf(left, what) < count)
      return { wrong: `Could not find enough items to craft ${makes}: ${count} ${what} are needed.` }
    left = changed(left, what, -count)
  }
  const says = `Crafted ${recipe.count} ${makes}.`
  const after = changed(left, makes, recipe.count)
  return makes === goal
    ? { state: { inventory: after, done: true }, says, end: 'terminated' }
    : { state: { inventory: after }, says }
}

function whyNot({ makes, needs }: Order, index: Index): string {
  const kind = needs.find(({ what }) => index.kinds.has(what) && !index.depths.has(what))
  if (!index.recipesOf.has(makes)) return `Could not find a valid recipe for ${quoted(makes)}: nothing makes that.`
  if (needs.length === 0) return `Wrong item format: say how many of what, with commas between, behind 'using'.`
  if (kind) return `Could not use '${quoted(kind.what)}': that is a kind of things, name one of them.`
  return `Could not find a valid recipe for ${makes} using just that.`
}

/** Whether each need is met by one of those given, and none is given for nothing. */
function fits(needs: readonly Need[], given: readonly Need[], index: Index): boolean {
  const [first, ...rest] = needs
  if (!first || needs.length !== given.length) return needs.length === given.length
  return given.some(({ what, count }, i) => {
    const meets = first.kind ? (index.kinds.get(first.what)?.includes(what) ?? false) : first.what === what
    return meets && count === first.count && fits(rest, given.toSpliced(i, 1), index)
  })
}

/** What stands behind 'using'; nothing where one of it is no number with a thing. */
function needsIn(command: string): Need[] {
  const parts = command.split(' using ').slice(1).join(' using ').split(',')
  const needs = parts.map((part) => /^(\d{1,4}) (\S.*)$/.exec(part.trim()))
  return needs.every((need) => need !== null)
    ? needs.map(([, count, what]) => ({ what: what!, count: Number(count) }))
    : []
}

function changed(inventory: Inventory, thing: string, by: number): Inventory {
  const { [thing]: _, ...others } = inventory
  const count = countOf(inventory, thing) + by
  return count === 0 ? others : { ...inventory, [thing]: count }
}

/** A recipe's command, or the fetching of something that one needs. */
function anyCommand({ goal, commands }: CraftingTask, index: Index, random: Random): string {
  const command = random.pick(commands)
  const recipes = [...(index.recipesOf.get(makesOf(command)) ?? index.recipesOf.get(goal)!)]
  const needs = random.pick(recipes).needs.map((need) => concrete(need, index, random))
  const { what, count } = random.pick(needs)
  if (random.int(2) === 1 && index.found.has(what)) return `get ${count} ${what}`
  return `${command.split(' using ')[0]} using ${needs.map((need) => `${need.count} ${need.what}`).join(', ')}`
}

const makesOf = (command: string): string => /^craft \d+ (.+?) using /.exec(command)?.[1] ?? ''
const concrete = ({ what, count, kind }: Need, { kinds }: Index, random: Random): Need => ({
  what: kind ? random.pick(kinds.get(what)!) : what,
  count,
})
