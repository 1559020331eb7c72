/**
 * Reads the recipe files of Minecraft that TextCraft (Prasad et al. 2024, "ADaPT") plays with: those of the crafting
 * table, shaped or not. As there, of several things that would do the first is taken, a block is not taken apart, and
 * no recipe is read whose needs are made of what it makes.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Book, Need, Recipe } from './book.ts'

const ingredient = z.union([z.object({ item: z.string() }), z.object({ tag: z.string() })])
const ingredients = z.union([ingredient, z.array(ingredient).min(1)])
const counted = { group: z.string().optional() }
const table = z.discriminatedUnion('type', [
  z.object({
    ...counted,
    type: z.literal('minecraft:crafting_shaped'),
    pattern: z.array(z.string()),
    key: z.record(z.string(), ingredients),
    result: z.object({ item: z.string(), count: z.int().min(1).optional() }),
  }),
  z.object({
    ...counted,
    type: z.literal('minecraft:crafting_shapeless'),
    ingredients: z.array(ingredients).min(1),
    result: z.object({ item: z.string(), count: z.int().min(1).optional() }),
  }),
])
type TableRecipe = z.infer<typeof table>

/** Throws a sentence where there are no such files, and on the first that is wrong. */
export function readBook(folder: string): Book {
  const recipes: Recipe[] = []
  const [things, tags] = [new Set<string>(), new Set<string>()]
  const groups = new Map<string, string>()
  const madeOf = new Map<string, Set<string>>()
  for (const { makes, count, needs, group } of tableRecipes(folder)) {
    for (const { what, kind } of needs) (kind ? tags : things).add(what)
    things.add(makes)
    if (needs.length === 1 && needs[0]!.what.endsWith(' block')) continue
    if (group !== undefined && group !== makes) {
      tags.add(group)
      groups.set(makes, group)
    }
    const own = madeOf.get(makes) ?? new Set()
    madeOf.set(makes, own)
    if (needs.some(({ what }) => madeOf.get(what)?.has(makes))) continue
    for (const { what } of needs) for (const one of [what, ...(madeOf.get(what) ?? [])]) own.add(one)
    recipes.push({ makes, count, needs })
  }
  return bookOf({ recipes, things, tags, groups })
}

interface Read {
  readonly recipes: readonly Recipe[]
  readonly things: ReadonlySet<string>
  readonly tags: ReadonlySet<string>
  readonly groups: ReadonlyMap<string, string>
}

/** A kind of which nothing can be made is a thing that is found; so is every thing without a recipe. */
function bookOf({ recipes, things, tags, groups }: Read): Book {
  const made = new Set(recipes.map(({ makes }) => makes))
  const members = Map.groupBy([...groups.keys()].sort(), (thing) => groups.get(thing)!)
  const isKind = (tag: string): boolean => members.get(tag)?.some((thing) => made.has(thing)) ?? false
  const settled = recipes.map((recipe) => ({
    ...recipe,
    needs: recipe.needs.map(({ what, count, kind }): Need => ({ what, count, ...(kind && isKind(what) && { kind }) })),
  }))
  const wanted = new Set(settled.flatMap(({ needs }) => needs.flatMap(({ what, kind }) => (kind ? [what] : []))))
  const kinds = Object.fromEntries([...members].filter(([tag]) => wanted.has(tag)))
  const bare = [...tags].filter((tag) =>
    settled.some(({ needs }) => needs.some(({ what, kind }) => what === tag && !kind)),
  )
  const found = [...new Set([...things, ...bare])].filter((thing) => !made.has(thing) && !isKind(thing))
  return { recipes: settled, found: found.sort(), kinds }
}

function* tableRecipes(folder: string): Generator<Recipe & { readonly group: string | undefined }> {
  const files = recipeFiles(folder)
  for (const [file, json] of files) {
    const { type } = z.object({ type: z.string() }).catch({ type: '' }).parse(json)
    if (!type.startsWith('minecraft:crafting_sha')) continue
    const { success, data, error } = table.safeParse(json)
    if (!success)
      throw new Error(`${file}: the field '${error.issues[0]?.path.join('.')}' is wrong: ${error.issues[0]?.message}`)
    const { group, result } = data
    const named = group === undefined ? undefined : nameOf(group)
    yield { makes: nameOf(result.item), count: result.count ?? 1, needs: needsOf(data), group: named }
  }
}

/** 'minecraft:oak_planks' is called 'oak planks'. */
const nameOf = (id: string): string => id.replace('minecraft:', '').replaceAll('_', ' ')

function needsOf(recipe: TableRecipe): Need[] {
  if (recipe.type === 'minecraft:crafting_shaped')
    return Object.entries(recipe.key).map(([sign, one]) => needOf(one, recipe.pattern.join('').split(sign).length - 1))
  const alike = Map.groupBy(recipe.ingredients, (one) => JSON.stringify(needOf(one, 1)))
  return [...alike.values()].map((ones) => needOf(ones[0]!, ones.length))
}

function needOf(some: z.infer<typeof ingredients>, count: number): Need {
  const one = Array.isArray(some) ? some[0]! : some
  return 'item' in one ? { what: nameOf(one.item), count } : { what: nameOf(one.tag), count, kind: true }
}

/** Name and content of every file, by name: of a folder `recipes`, or gathered in one file recipes.json. */
function recipeFiles(folder: string): (readonly [file: string, json: unknown])[] {
  const [gathered, single] = [join(folder, 'recipes.json'), join(folder, 'recipes')]
  const sorted = <T>(entries: [string, T][]): [string, T][] => entries.sort(([a], [b]) => (a < b ? -1 : 1))
  if (existsSync(gathered)) return sorted(Object.entries(z.record(z.string(), z.unknown()).parse(jsonOf(gathered))))
  if (!existsSync(single)) throw new Error(`the folder '${folder}' holds neither recipes.json nor a folder 'recipes'`)
  const names = readdirSync(single).filter((name) => name.endsWith('.json'))
  return sorted(names.map((name) => [name, jsonOf(join(single, name))]))
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new Error(`${path} is no JSON: ${(cause as Error).message}`, { cause })
  }
}
