/** Books of recipes in the shape of Minecraft's, with things of our own: drawn, and then checked. */
import type { Random } from '../../core/index.ts'
import { type Book, commandOf, indexOf, type Need, type Recipe } from './book.ts'
import { plan } from './planner.ts'

const MATERIALS = words(
  'ash beech birch cedar elm larch maple pine poplar willow brass bronze cobalt copper iron nickel silver steel tin zinc',
)
const FOUND = words(
  'bark bone clay coal dust fibre flint fur hide leaf log ore pebble petal reed root sand seed shell vine',
)
const FORMS = words(
  'axle barrel basket beam bell bench board bolt bowl box bracket brick bucket cable cage candle cart chain chest chisel',
  'clamp cord crate cup door drum fence frame funnel gate gear handle hatch helmet hinge hook hoop jar kettle ladder lamp',
  'latch lever mat mould nail needle oar paddle pan panel peg pipe plank plate pulley rail ring rod rope saddle sail shelf',
  'shield shovel spindle spring stair table tile torch tray tub tube valve wheel wire',
)
/** What the key says at most, and how many recipes lead nowhere. */
const [LONGEST, DISTRACTORS] = [40, 5]

function words(...lines: readonly string[]): string[] {
  return lines.join(' ').split(' ')
}

/** A book, and a goal in it that is so many recipes deep. */
export function drawBook(depth: number, random: Random): { book: Book; goal: string } {
  for (let attempt = 0; ; attempt++) {
    const { book, goal } = drawn(depth, random.split(attempt))
    if (isSound(book, goal, depth)) return { book, goal }
  }
}

/** The goal is as deep as it should be and within reach, all can be made, and no two recipes need the same. */
export function isSound(book: Book, goal: string, depth: number): boolean {
  const index = indexOf(book)
  const way = plan(goal, {}, index)
  const needs = book.recipes.map((recipe) => commandOf({ ...recipe, makes: '', count: 1 }))
  return (
    way !== undefined &&
    way.length <= LONGEST &&
    index.depths.get(goal) === depth &&
    book.recipes.every(({ makes }) => index.depths.has(makes)) &&
    new Set(needs).size === needs.length
  )
}

/** A book in the making. */
interface Draft {
  readonly random: Random
  /** Things by how deep they are, those that are found first. */
  readonly things: string[][]
  readonly recipes: Recipe[]
  readonly kinds: Record<string, string[]>
  /** Forms that nothing has yet. */
  readonly forms: string[]
}

function drawn(depth: number, random: Random): { book: Book; goal: string } {
  const things = Array.from({ length: depth + 1 }, (): string[] => [])
  const draft: Draft = { random, things, recipes: [], kinds: {}, forms: random.shuffle(FORMS) }
  const goal = made(draft, depth, 1)
  for (let i = 0; i < DISTRACTORS; i++) made(draft, 1 + random.int(depth), 1)
  return { book: { recipes: draft.recipes, found: things[0]!, kinds: draft.kinds }, goal }
}

const some = (random: Random): number => random.pick([1, 1, 1, 2, 2, 3, 4])

function make(draft: Draft, at: number, recipe: Recipe): string {
  draft.recipes.push(recipe)
  draft.things[at]!.push(recipe.makes)
  return recipe.makes
}

/** A new thing so deep. */
function made(draft: Draft, at: number, count: number): string {
  const makes = `${draft.random.pick(MATERIALS)} ${draft.forms.pop()}`
  return make(draft, at, { makes, count, needs: needsFor(draft, at) })
}

/** A thing so deep, which there was before or not. */
function thing(draft: Draft, at: number): string {
  const { random, things } = draft
  const known = things[at]!
  if (known.length > 0 && random.int(3) > 0) return random.pick(known)
  return at > 0 ? made(draft, at, random.pick([1, 1, 2, 4])) : lying(draft)
}

function lying({ random, things }: Draft): string {
  const found = things[0]!
  let name = ''
  do name = `${random.pick(MATERIALS)} ${random.pick(FOUND)}`
  while (found.includes(name))
  found.push(name)
  return name
}

/** Of two or three materials, each from something that is found: any of them will do where the kind is named. */
function kind(draft: Draft): string {
  const { random, kinds } = draft
  const form = `${draft.forms.pop()}`
  const materials = random.shuffle(MATERIALS).slice(0, 2 + random.int(2))
  kinds[form] = materials.map((material) => {
    const needs = [{ what: lying(draft), count: some(random) }]
    return make(draft, 1, { makes: `${material} ${form}`, count: random.pick([1, 2, 4]), needs })
  })
  return form
}

/** One thing, or kind of things, just so deep as it takes, and up to two others. */
function needsFor(draft: Draft, at: number): Need[] {
  const { random } = draft
  const deepest: Need =
    at === 2 && random.int(3) === 0
      ? { what: kind(draft), count: some(random), kind: true }
      : { what: thing(draft, at - 1), count: some(random) }
  const others = Array.from({ length: random.int(3) }, () => thing(draft, random.int(at)))
  const distinct = [...new Set(others)].filter((what) => what !== deepest.what)
  return [deepest, ...distinct.map((what) => ({ what, count: some(random) }))]
}
