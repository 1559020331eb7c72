import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { assistant, checkEnv, type EnvSpec, type Host, random, type Task, textOf } from '../../core/index.ts'
import { openEnvironment } from '../index.ts'
import type { GameEnv } from '../kit/game-env.ts'
import { type Book, indexOf } from './book.ts'
import { drawBook, isSound } from './book-drawn.ts'
import { COMBINATIONS, combined, MADE, shortestWay, within } from './combinations.ts'
import { type Crafting, type CraftingTask, craftingGame } from './crafting-game.ts'
import { plan } from './planner.ts'
import { textcraft, textcraftFile } from './textcraft.ts'
import { wordcraft } from './wordcraft.ts'

const take = <D>(spec: EnvSpec<D>, split: 'train' | 'test', count: number): Task<D>[] => [
  ...Iterator.from(spec.tasks(split) as Iterable<Task<D>>).take(count),
]
const say = (env: GameEnv<unknown>, text: string): string => {
  const { observation } = env.step(assistant(text)) as Awaited<ReturnType<typeof env.step>>
  return observation.messages.map(textOf).join('|')
}

const carpentry: Book = {
  recipes: [
    { makes: 'oak plank', count: 4, needs: [{ what: 'oak log', count: 1 }] },
    { makes: 'elm plank', count: 4, needs: [{ what: 'elm log', count: 1 }] },
    { makes: 'stick', count: 4, needs: [{ what: 'plank', count: 2, kind: true }] },
    {
      makes: 'sign',
      count: 3,
      needs: [
        { what: 'plank', count: 6, kind: true },
        { what: 'stick', count: 1 },
      ],
    },
    { makes: 'riddle', count: 1, needs: [{ what: 'answer', count: 1 }] },
  ],
  found: ['oak log', 'elm log'],
  kinds: { plank: ['oak plank', 'elm plank'] },
}
const index = indexOf(carpentry)
const task = { id: 'sign', data: { goal: 'sign', commands: ['craft 4 stick using 2 plank'] } }
const workshop = craftingGame<CraftingTask>({ id: 'workshop@1', tasks: () => [task], indexOf: () => index })
const open = () => workshop.make(task, { seed: 1 } as Host) as GameEnv<Crafting>

describe('the crafting game', () => {
  it('fetches, crafts by the recipe as it stands, takes one sort of a kind, and ends at the goal', () => {
    const env = open()
    expect(say(env, 'get 2 oak log')).toBe('Got 2 oak log.')
    expect(say(env, 'craft 4 oak plank using 1 oak log')).toBe('Crafted 4 oak plank.')
    say(env, 'Craft oak plank using 1 oak log')
    expect(say(env, 'inventory')).toBe('Inventory: [oak plank] (8)')
    say(env, 'craft 4 stick using 2 oak plank')
    const last = env.step(assistant('craft 3 sign using 1 stick, 6 oak plank'))
    expect(last).toMatchObject({ end: 'terminated' })
    expect(env.data?.()).toEqual({ inventory: { stick: 3, sign: 3 }, done: true })
  })

  it('says what is wrong with a command, changes nothing, and takes any text', () => {
    const env = open()
    say(env, 'get 3 oak log')
    const cases: [string, string][] = [
      ['get 1 stick', 'has to be crafted'],
      ['get 1 gold', 'no such thing'],
      ['get 0 oak log', 'one or more'],
      ['get oak log', 'Could not execute'],
      ['get 99999 oak log', 'Could not execute'],
      ['craft 4 stick using 2 plank', "'plank': that is a kind of things"],
      ['craft 4 stick using 1 oak plank, 1 elm plank', 'using just that'],
      ['craft 4 oak plank using 2 oak log', 'using just that'],
      ['craft 4 oak plank using 1 elm log', 'using just that'],
      ['craft 4 elm plank using 1 elm log', '1 elm log are needed'],
      ['craft 1 throne using 1 oak log', 'nothing makes that'],
      ['craft 4 oak plank using oak log', 'Wrong item format'],
      ['craft 1 constructor using 1 __proto__', 'nothing makes that'],
      ['', 'Could not execute'],
      ['{"get":1}', 'Could not execute'],
    ]
    for (const [command, why] of cases) expect(say(env, command)).toContain(why)
    const novel = `craft ${'1 a using '.repeat(50_000)}`
    expect(say(env, novel).length).toBeLessThan(300)
    expect(env.state).toEqual({ inventory: { 'oak log': 3 } })
  })

  it('plans from whatever is at hand, and not where no recipe leads', () => {
    expect(plan('sign', {}, index)).toHaveLength(5)
    expect(plan('sign', { stick: 1, 'oak plank': 6 }, index)).toEqual(['craft 3 sign using 6 oak plank, 1 stick'])
    expect(plan('riddle', {}, index)).toBeUndefined()
    expect([...index.depths]).toContainEqual(['sign', 3])
  })
})

describe('textcraft', () => {
  it('keeps every promise', async () => {
    const { promises } = await checkEnv(openEnvironment('textcraft'), { tasks: 12 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('draws goals as deep as asked for, and tells a sound book from one that is not', () => {
    for (const depth of [1, 3, 6]) {
      for (const { data } of take(textcraft(`${depth}`), 'test', 10)) {
        expect(indexOf(data.book).depths.get(data.goal)).toBe(depth)
        expect(data.commands).toHaveLength(data.book.recipes.length)
      }
    }
    const { book, goal } = drawBook(3, random(1))
    const without = { ...book, recipes: book.recipes.filter(({ makes }) => makes !== goal) }
    const twice = { ...book, recipes: [...book.recipes, { ...book.recipes[0]!, makes: 'a copy' }] }
    expect([book, without, twice].map((one) => isSound(one, goal, 3))).toEqual([true, false, false])
    expect(isSound(book, goal, 2)).toBe(false)
    expect(() => openEnvironment('textcraft:7')).toThrow('the levels 1 to 6')
  })

  it("reads the original's files, one by one, and says which of them is wrong", () => {
    const folder = mkdtempSync(join(tmpdir(), 'ludus-recipes-'))
    expect(() => textcraftFile(folder)).toThrow("holds neither recipes.json nor a folder 'recipes'")
    mkdirSync(join(folder, 'recipes'))
    const write = (name: string, recipe: unknown) =>
      writeFileSync(join(folder, 'recipes', `${name}.json`), JSON.stringify(recipe))
    const [shapeless, shaped] = ['minecraft:crafting_shapeless', 'minecraft:crafting_shaped']
    const log = [{ tag: 'minecraft:oak_logs' }]
    write('planks', {
      type: shapeless,
      group: 'planks',
      ingredients: log,
      result: { item: 'minecraft:oak_planks', count: 4 },
    })
    write('stick', {
      type: shaped,
      pattern: ['#', '#'],
      key: { '#': [{ tag: 'minecraft:planks' }] },
      result: { item: 'minecraft:stick', count: 4 },
    })
    write('smelt', { type: 'minecraft:smelting', ingredient: {}, result: 'minecraft:stone' })
    const spec = textcraftFile(folder)
    const all = [...take(spec, 'train', 9), ...take(spec, 'test', 9)]
    expect(all.map(({ id }) => id).sort()).toEqual(['oak planks', 'stick'])
    expect(all.find(({ id }) => id === 'stick')?.data.commands.toSorted()).toEqual([
      'craft 4 oak planks using 1 oak logs',
      'craft 4 stick using 2 planks',
    ])
    write('wrong', { type: shaped, pattern: ['#'], key: { '#': {} }, result: { item: 'x' } })
    expect(() => textcraftFile(folder)).toThrow("wrong.json: the field 'key.#' is wrong")
  })
})

describe('wordcraft', () => {
  it('keeps every promise', async () => {
    const { promises } = await checkEnv(openEnvironment('wordcraft'), { tasks: 12 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('makes everything in its book from four things, and nothing of two things twice', () => {
    const all = within(['air', 'earth', 'fire', 'water'])
    expect(COMBINATIONS.every(({ of, makes }) => [...of, makes].every((thing) => all.has(thing)))).toBe(true)
    expect(COMBINATIONS.every(({ of: [one, other], makes }) => combined(other, one) === makes)).toBe(true)
  })

  it('finds ways as short as trying all combinations does', () => {
    const rng = random(3)
    for (let trial = 0; trial < 40; trial++) {
      const things = rng.shuffle([...MADE, 'air', 'earth', 'fire', 'water']).slice(0, 9)
      const reached = forward(things, 3)
      for (const goal of MADE) {
        const way = shortestWay(goal, things, 3)
        expect([goal, way?.length]).toEqual([goal, things.includes(goal) ? 0 : reached.get(goal)])
      }
    }
  })

  it('keeps goals for testing, and says what comes of a combination', () => {
    const spec = wordcraft('1-3')
    const goals = (split: 'train' | 'test') => new Set(take(spec, split, 500).map(({ data }) => data.goal))
    expect([...goals('test')].filter((goal) => goals('train').has(goal))).toEqual([])
    const env = spec.make({ id: 'x', data: { things: ['fire', 'water', 'mud'], goal: 'brick' } }, { seed: 1 } as Host)
    const game = env as GameEnv<unknown>
    expect(say(game, 'combine fire and water')).toContain(
      'fire and water make steam.\nYou have: fire, water, mud, steam.',
    )
    expect(say(game, 'combine water and mud')).toContain('water and mud make nothing.')
    expect(say(game, 'combine earth and fire')).toContain("You have no 'earth'.")
    for (const text of ['', 'fire', 'combine fire', 'x'.repeat(1e6)])
      expect(say(game, text)).toContain('combines nothing')
    expect(game.step(assistant('Combine mud and fire'))).toMatchObject({ end: 'terminated' })
  })
})

/** The fewest combinations to each thing, by trying every set of things that so many can lead to. */
function forward(start: readonly string[], most: number): Map<string, number> {
  const fewest = new Map<string, number>()
  let sets = new Map([[start.toSorted().join(), start]])
  for (let steps = 1; steps <= most; steps++) {
    const next = new Map<string, readonly string[]>()
    for (const things of sets.values()) {
      for (const { of, makes } of COMBINATIONS) {
        if (things.includes(makes) || !of.every((thing) => things.includes(thing))) continue
        if (!fewest.has(makes)) fewest.set(makes, steps)
        const after = [...things, makes]
        next.set(after.toSorted().join(), after)
      }
    }
    sets = next
  }
  return fewest
}
