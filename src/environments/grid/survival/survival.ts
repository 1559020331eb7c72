/**
 * A world to survive in, by the rules of Crafter (Hafner 2022, MIT): 17 actions, 22 achievements, day and night,
 * hunger, thirst and fatigue. A task names one achievement; 'open' names none, pays as Crafter does, and counts them.
 */
import { type EnvSpec, type Split, seedOf, type Task } from '../../../core/index.ts'
import { type GameEnv, gameEnv, type Played, quoted } from '../../kit/game-env.ts'
import { bestAction } from './bot.ts'
import { ACHIEVEMENTS, ACTIONS, type Achievement, type Action, MATERIAL } from './rules.ts'
import { afterAction, type Survival, startIn } from './state.ts'
import { LEGEND, mapOf, standing, survivalPicture } from './tell.ts'
import { type Terrain, terrainOf } from './terrain.ts'

export interface SurvivalTask {
  /** The world's seed. */
  readonly world: number
  /** What is to be achieved; null is as much as can be. */
  readonly target: Achievement | null
}

export interface SurvivalOptions {
  /** Cells to a side, from 32 to 64; 64 unless given. */
  readonly size?: number
  /** An episode is cut there; after 100 to 500, by what is asked for, unless given, and 10,000 where it is open. */
  readonly steps?: number
  /** What tasks name; nineteen of the achievements in turn unless given. */
  readonly target?: Achievement | 'open'
}

/** No tasks unless asked for: the key does not always live to see two, and who says nothing but 'do' has the third. */
const ASIDE: readonly Achievement[] = ['eat_plant', 'collect_diamond', 'collect_sapling']
const TARGETS = ACHIEVEMENTS.filter((name) => !ASIDE.includes(name))

const actions: ReadonlyMap<string, Action> = new Map(ACTIONS.map((action) => [action, action]))

export function survival(options: SurvivalOptions = {}): EnvSpec<SurvivalTask, GameEnv<Survival>> {
  const { size = 64, target } = options
  const stepsFor = (target: Achievement | null): number => options.steps ?? (target ? usualSteps(target) : 10_000)
  const terrain = remembered((world) => terrainOf(world, size))
  const named = [size !== 64 && size, options.steps, target].filter(Boolean).join()
  return gameEnv<Survival, SurvivalTask>({
    id: `grid/survival${named && `:${named}`}@1`,
    tasks: (split) => tasksOf(split, target, terrain),
    rules: `You are in a wild world and see 9 by 7 cells of it. ${LEGEND}. The first line is your task and what you \
have. 'do' works on what you face. Answer with one of: ${ACTIONS.join(', ')}.`,
    start: ({ world }) => startIn(terrain(world)),
    show: (state, { target }) => `${target ?? 'survive'}: ${standing(state)}\n${mapOf(state)}`,
    play(state, said, table) {
      const action = actions.get(said)
      const next = afterAction(state, action ?? 'noop', table.random)
      const played = outcome(state, next, { target: table.data.target, steps: stepsFor(table.data.target) })
      return action ? played : { ...played, wrong: `'${quoted(said)}' is none of ${ACTIONS.join(', ')}.` }
    },
    success: ({ unlocked }, { target }) =>
      target === null ? unlocked.length / ACHIEVEMENTS.length : unlocked.includes(target) ? 1 : 0,
    best: (state, { target }) => bestAction(state, target ?? nextOf(state)),
    guess: (_, random) => random.pick(ACTIONS),
    picture: survivalPicture,
  })
}

/** What the key needs at most, and as much again. */
function usualSteps(target: Achievement): number {
  if (/plant$|diamond/.test(target)) return target === 'place_plant' ? 150 : 500
  return /iron|zombie|skeleton/.test(target) ? 300 : /stone|coal|furnace|sapling|wake/.test(target) ? 150 : 100
}

interface Aim {
  readonly target: Achievement | null
  readonly steps: number
}

/** A named task pays once, and less the later it is done; an open one as Crafter does. Death ends both. */
function outcome(before: Survival, next: Survival, { target, steps }: Aim): Played<Survival> {
  const done = target !== null && next.unlocked.includes(target)
  const fresh = next.unlocked.filter((name) => !before.unlocked.includes(name))
  const health = next.you.inventory.health
  const over = done || health <= 0
  const end = over ? 'terminated' : next.step >= steps ? 'truncated' : undefined
  const crafter = (health - before.you.inventory.health) / 10 + (fresh.length > 0 ? 1 : 0)
  const reward = target === null ? crafter : done ? 1 - 0.9 * (next.step / steps) : 0
  return { state: next, reward, ...(end && { end }), ...(fresh.length > 0 && { info: { unlocked: fresh } }) }
}

/** In this order an open task is gone for: what is at hand first. */
const ORDER: readonly Achievement[] = [
  ...(['collect_sapling', 'place_plant', 'collect_wood', 'place_table', 'make_wood_pickaxe'] as const),
  ...(['make_wood_sword', 'collect_drink', 'eat_cow', 'collect_stone', 'place_stone'] as const),
  ...(['make_stone_pickaxe', 'make_stone_sword', 'defeat_zombie', 'wake_up', 'collect_coal'] as const),
  ...(['place_furnace', 'collect_iron', 'make_iron_pickaxe', 'make_iron_sword', 'defeat_skeleton'] as const),
  ...(['collect_diamond', 'eat_plant'] as const),
]

const nextOf = ({ unlocked }: Survival): Achievement =>
  ORDER.find((name) => !unlocked.includes(name)) ?? 'collect_drink'

/** So many worlds there are to learn from, and to be tested in. */
const WORLDS = { train: 8, test: 2 } as const

function* tasksOf(
  split: Split,
  target: SurvivalOptions['target'],
  terrain: (world: number) => Terrain,
): Generator<Task<SurvivalTask>> {
  const targets = target === 'open' ? [null] : target ? [target] : TARGETS
  let worlds = 0
  for (let i = 0; worlds < WORLDS[split]; i++) {
    const world = seedOf('survival', split, i)
    if (!isWhole(terrain(world))) continue
    worlds++
    for (const one of targets)
      yield { id: `${split}-${i}${one === null ? '' : `-${one}`}`, data: { world, target: one } }
  }
}

/** Whether all that achievements take is there. */
function isWhole({ cells, creatures }: Terrain): boolean {
  const { water, tree, stone, coal, iron, diamond } = MATERIAL
  return (
    [water, tree, stone, coal, iron, diamond].every((char) => cells.includes(char)) &&
    (['cow', 'zombie', 'skeleton'] as const).every((kind) => creatures.some((one) => one.kind === kind))
  )
}

/** So many worlds are kept at hand: to make one takes longer than a hundred steps in it. */
const KEPT = 64

function remembered(make: (world: number) => Terrain): (world: number) => Terrain {
  const known = new Map<number, Terrain>()
  return (world) => {
    const terrain = known.get(world) ?? make(world)
    if (known.size >= KEPT) known.clear()
    known.set(world, terrain)
    return terrain
  }
}

/** Reads '48', '64,10000,open' or 'collect_diamond'. Throws a sentence on a word it does not know. */
export function survivalOptions(text = ''): SurvivalOptions {
  const options: { size?: number; steps?: number; target?: Achievement | 'open' } = {}
  for (const word of text.split(',').filter(Boolean)) {
    const number = /^\d{2,5}$/.test(word) ? Number(word) : 0
    const target = [...ACHIEVEMENTS, 'open' as const].find((name) => name === word)
    if (target) options.target = target
    else if (number >= 32 && number <= 64) options.size = number
    else if (number >= 100) options.steps = number
    else throw new Error(`a world to survive in cannot be '${word.slice(0, 40)}': it can be ${survivalWords}`)
  }
  return options
}

export const survivalWords = `a size, 32 to 64 | steps, from 100 | open | ${ACHIEVEMENTS.join(' | ')}`
