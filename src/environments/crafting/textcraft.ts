/**
 * TextCraft with recipes of our own: each task has a small book of recipes, drawn for it, whose goal is so many recipes
 * deep as its level says, and some that lead nowhere. With the original's recipes it is read from their files.
 */
import { type EnvSpec, type Random, random, seedOf } from '../../core/index.ts'
import type { GameEnv } from '../kit/game-env.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { splitByName } from '../kit/split.ts'
import { type Book, commandOf, type Index, indexOf, recipesToward } from './book.ts'
import { drawBook } from './book-drawn.ts'
import { type Crafting, type CraftingTask, craftingGame } from './crafting-game.ts'
import { readBook } from './recipe-files.ts'

export interface DrawnCraftingTask extends CraftingTask {
  readonly book: Book
}

const DEEPEST = 6

/** Goals 1 to 4 recipes deep, as the original's are, unless given. Throws a sentence on a depth there is none of. */
export function textcraft(argument = '1-4'): EnvSpec<DrawnCraftingTask, GameEnv<Crafting>> {
  const levels = levelsOf('textcraft', argument, DEEPEST)
  const indexes = new WeakMap<DrawnCraftingTask, Index>()
  return craftingGame<DrawnCraftingTask>({
    id: named('textcraft', levels),
    // The key takes up to 4 at depth 1, and up to 40 at depth 6.
    limits: { steps: 10 + 10 * levels.to },
    tasks: gradedTasks({ name: 'textcraft', levels, draw, count: 1000 }),
    indexOf: (data) => {
      const index = indexes.get(data) ?? indexOf(data.book)
      indexes.set(data, index)
      return index
    },
  })
}

function draw({ level, random }: Draw): DrawnCraftingTask {
  const { book, goal } = drawBook(level, random)
  return { goal, commands: random.shuffle(book.recipes.map(commandOf)), book }
}

/** So many recipes that lead elsewhere are told. */
const DISTRACTORS = 10

/** One goal in five is for testing. Throws a sentence on files that are wrong. */
export function textcraftFile(folder: string): EnvSpec<CraftingTask, GameEnv<Crafting>> {
  const book = readBook(folder)
  const index = indexOf(book)
  const goals = [...index.recipesOf.keys()].filter((goal) => index.depths.has(goal)).sort()
  const tasks = random(1)
    .shuffle(goals)
    .map((goal) => ({
      id: goal,
      data: { goal, commands: commandsFor(goal, index, random(seedOf('textcraft', goal))) },
    }))
  return craftingGame<CraftingTask>({
    id: 'textcraft-file@1',
    // The longest way of the key takes 48.
    limits: { steps: 80 },
    tasks: (split) => tasks.filter(({ id }) => splitByName(id) === split),
    indexOf: () => index,
  })
}

/** What leads to the goal, and some of what else can be made of the same things. */
function commandsFor(goal: string, index: Index, random: Random): string[] {
  const toward = recipesToward(goal, index)
  const used = new Set(toward.flatMap(({ needs }) => needs.map(({ what }) => what)))
  const others = [...index.recipesOf.values()]
    .flat()
    .filter((recipe) => !toward.includes(recipe) && recipe.needs.some(({ what }) => used.has(what)))
  return random.shuffle([...toward, ...random.shuffle(others).slice(0, DISTRACTORS)].map(commandOf))
}
