/** Recipes: what is made of what, what is found lying about, and what kinds of things there are. */

/** So many of one thing; or where it is a kind, of any one thing of that kind. */
export interface Need {
  readonly what: string
  readonly count: number
  readonly kind?: true
}

export interface Recipe {
  readonly makes: string
  /** How many it makes at once. */
  readonly count: number
  readonly needs: readonly Need[]
}

export interface Book {
  readonly recipes: readonly Recipe[]
  /** What can be had for nothing. */
  readonly found: readonly string[]
  /** The things of each kind. */
  readonly kinds: Readonly<Record<string, readonly string[]>>
}

/** A book, ready to be looked things up in. */
export interface Index {
  readonly recipesOf: ReadonlyMap<string, readonly Recipe[]>
  readonly found: ReadonlySet<string>
  readonly kinds: ReadonlyMap<string, readonly string[]>
  /** How many recipes deep a thing is, at the least: 0 for what is found. What cannot be made is not in it. */
  readonly depths: ReadonlyMap<string, number>
}

export function indexOf(book: Book): Index {
  const index = {
    recipesOf: Map.groupBy(book.recipes, ({ makes }) => makes),
    found: new Set(book.found),
    kinds: new Map(Object.entries(book.kinds)),
    depths: new Map(book.found.map((thing) => [thing, 0])),
  }
  for (let before = -1; before !== index.depths.size; ) {
    before = index.depths.size
    const reached = new Map<string, number>()
    for (const recipe of book.recipes) {
      const depth = depthOf(recipe, index)
      if (!index.depths.has(recipe.makes) && depth < (reached.get(recipe.makes) ?? NEVER))
        reached.set(recipe.makes, depth)
    }
    for (const [thing, depth] of reached) index.depths.set(thing, depth)
  }
  return index
}

const NEVER = Number.POSITIVE_INFINITY

/** One more than what its deepest need is; infinite where a need cannot be met. */
export const depthOf = ({ needs }: Recipe, index: Index): number =>
  1 + Math.max(...needs.map((need) => index.depths.get(choice(need, index)) ?? NEVER))

/** What a need is met with: of a kind, the thing that is made with the fewest recipes. */
export function choice({ what, kind }: Need, { kinds, depths }: Index): string {
  if (!kind) return what
  const things = kinds.get(what) ?? []
  const depth = (thing: string): number => depths.get(thing) ?? NEVER
  return things.reduce((best, thing) => (depth(thing) < depth(best) ? thing : best), things[0] ?? what)
}

/** 'craft 4 oak planks using 1 oak log' */
export const commandOf = ({ makes, count, needs }: Recipe): string =>
  `craft ${count} ${makes} using ${needs.map((need) => `${need.count} ${need.what}`).join(', ')}`

/** All recipes that may have a part in making a thing. */
export function recipesToward(goal: string, { recipesOf, kinds }: Index): Recipe[] {
  const things = new Set([goal])
  const recipes: Recipe[] = []
  for (const thing of things) {
    for (const recipe of recipesOf.get(thing) ?? []) {
      recipes.push(recipe)
      for (const { what, kind } of recipe.needs)
        for (const one of kind ? (kinds.get(what) ?? []) : [what]) things.add(one)
    }
  }
  return recipes
}
