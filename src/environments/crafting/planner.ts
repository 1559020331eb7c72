/** How to make a thing: what to fetch, and then what to craft, one after the other. */
import { choice, commandOf, depthOf, type Index, type Recipe } from './book.ts'

/** What somebody carries: how many of each thing. */
export type Inventory = Readonly<Record<string, number>>

export const countOf = (inventory: Inventory, thing: string): number =>
  Object.hasOwn(inventory, thing) ? inventory[thing]! : 0

/**
 * The commands that make one of a thing with what is at hand; undefined where no recipes lead there. Each thing is
 * made by its shallowest recipe, needs first, and what a recipe leaves over is used later. Not always the shortest way.
 */
export function plan(goal: string, inventory: Inventory, index: Index): string[] | undefined {
  if (!index.depths.has(goal)) return undefined
  const left = new Map(Object.entries(inventory))
  const fetched = new Map<string, number>()
  const crafts: string[] = []
  /** Sees to so many of a thing, and sets them aside. */
  const provide = (thing: string, count: number): void => {
    const had = Math.min(left.get(thing) ?? 0, count)
    left.set(thing, (left.get(thing) ?? 0) - had)
    const missing = count - had
    if (missing === 0) return
    if (index.found.has(thing)) {
      fetched.set(thing, (fetched.get(thing) ?? 0) + missing)
      return
    }
    const recipe = shallowest(thing, index)
    const times = Math.ceil(missing / recipe.count)
    for (const need of recipe.needs) provide(need.what, need.count * times)
    for (let i = 0; i < times; i++) crafts.push(commandOf(recipe))
    left.set(thing, (left.get(thing) ?? 0) + times * recipe.count - missing)
  }
  provide(goal, 1)
  return [...[...fetched].map(([thing, count]) => `get ${count} ${thing}`), ...crafts]
}

/** The recipe that a thing is made by, with things for its kinds. */
function shallowest(thing: string, index: Index): Recipe {
  const recipes = index.recipesOf.get(thing) ?? []
  const best = recipes.reduce((one, other) => (depthOf(other, index) < depthOf(one, index) ? other : one))
  return { ...best, needs: best.needs.map((need) => ({ what: choice(need, index), count: need.count })) }
}
