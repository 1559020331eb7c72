import { describe, expect, it } from 'vitest'
import { assistant, checkEnv, type Host, random, type Task, textOf } from '../../../core/index.ts'
import { openEnvironment } from '../../index.ts'
import type { GameEnv } from '../../kit/game-env.ts'
import { bestAction } from './bot.ts'
import type { Creature } from './draft.ts'
import { ACHIEVEMENTS, type Achievement, type Action, crafterScore } from './rules.ts'
import { afterAction, type Survival, startIn } from './state.ts'
import { type SurvivalTask, survival, survivalOptions } from './survival.ts'
import { mapOf } from './tell.ts'
import { terrainOf } from './terrain.ts'

const SIZE = 9
/** A small world: the player at x in the middle, looking down. */
const world = (rows: readonly string[], creatures: readonly Creature[] = []): Survival =>
  startIn({ cells: rows.join(''), size: SIZE, creatures })
const MEADOW = Array<string>(SIZE).fill('.'.repeat(SIZE))
const MIDDLE = 4 * SIZE + 4
const facing = (char: string): string[] => MEADOW.with(5, `....${char}....`)
const chance = random(1)

function after(state: Survival, ...actions: Action[]): Survival {
  return actions.reduce((all, action, i) => afterAction(all, action, chance.split(all.step, i)), state)
}
const noops = (count: number): Action[] => Array<Action>(count).fill('noop')
const given = (state: Survival, has: Partial<Survival['you']['inventory']>): Survival => ({
  ...state,
  you: { ...state.you, inventory: { ...state.you.inventory, ...has } },
})

describe('the rules of Crafter', () => {
  it('collect with the right tools, make with the right things nearby, and unlock once', () => {
    const wood = after(world(facing('T')), 'do')
    expect([wood.you.inventory.wood, wood.unlocked, wood.cells[MIDDLE + SIZE]]).toEqual([1, ['collect_wood'], '.'])
    const bare = after(world(facing('#')), 'do')
    expect([bare.you.inventory.stone, bare.unlocked]).toEqual([0, []])
    const made = after(given(world(MEADOW), { wood: 4 }), 'place_table', 'make_wood_pickaxe', 'make_wood_sword')
    expect(made.you.inventory).toMatchObject({ wood: 0, wood_pickaxe: 1, wood_sword: 1 })
    expect(made.unlocked).toEqual(['place_table', 'make_wood_pickaxe', 'make_wood_sword'])
    const stone = after(given(world(facing('#')), { wood_pickaxe: 1 }), 'do', 'place_stone', 'do')
    expect([stone.unlocked, stone.you.inventory.stone]).toEqual([['collect_stone', 'place_stone'], 1])
    const iron = given(world(facing('i')), { wood_pickaxe: 1 })
    expect(after(iron, 'do').you.inventory.iron).toBe(0)
    expect(after(given(iron, { stone_pickaxe: 1 }), 'do').you.inventory.iron).toBe(1)
  })

  it('make hungry, thirsty and tired, heal, and let sleep', () => {
    const { inventory } = after(world(MEADOW), ...noops(31)).you
    expect([inventory.food, inventory.drink, inventory.energy, inventory.health]).toEqual([8, 8, 8, 9])
    const slept = after(given(world(MEADOW), { energy: 8 }), 'sleep', ...noops(12))
    expect([slept.unlocked, slept.you.sleeping]).toEqual([['wake_up'], false])
    const starved = after(given(world(MEADOW), { food: 0, drink: 0 }), ...noops(32))
    expect(starved.you.inventory.health).toBe(7)
    expect(after(given(world(MEADOW), { health: 5 }), ...noops(26)).you.inventory.health).toBe(6)
  })

  it('let lava kill, zombies strike, cows feed and plants ripen', () => {
    expect(after(world(facing('!')), 'move_down').you.inventory.health).toBe(0)
    const zombie: Creature = { kind: 'zombie', at: MIDDLE + SIZE, health: 5, clock: 0 }
    const struck = after(world(MEADOW, [zombie]), 'noop')
    expect(struck.you.inventory.health).toBe(7)
    const armed = given(world(MEADOW, [zombie]), { iron_sword: 1 })
    expect(after(armed, 'do').unlocked).toEqual(['defeat_zombie'])
    const cow: Creature = { kind: 'cow', at: MIDDLE + SIZE, health: 1, clock: 0 }
    const fed = after(given(world(MEADOW, [cow]), { food: 2 }), 'do')
    expect([fed.you.inventory.food, fed.unlocked, fed.creatures]).toEqual([8, ['eat_cow'], []])
    const plant = (clock: number): Creature => ({ kind: 'plant', at: MIDDLE + SIZE, health: 1, clock })
    expect(after(world(MEADOW, [plant(300)]), 'do').unlocked).toEqual([])
    expect(after(world(MEADOW, [plant(301)]), 'do').unlocked).toEqual(['eat_plant'])
  })

  it('show nine by seven cells, with what is outside of the world', () => {
    const state = world(facing('T'), [{ kind: 'cow', at: MIDDLE - 1, health: 3, clock: 0 }])
    expect(mapOf(state).split('\n').slice(2, 5)).toEqual(['.........', '...Cv....', '....T....'])
    const corner = { ...state, you: { ...state.you, at: 0, facing: 0 } }
    expect(mapOf(corner).split('\n').slice(2, 4)).toEqual(['?????????', '????>....'])
  })

  it('score exp(mean ln(1 + s)) - 1', () => {
    const all = (rate: number) => Object.fromEntries(ACHIEVEMENTS.map((name) => [name, rate]))
    expect(crafterScore(all(100))).toBeCloseTo(100, 10)
    expect(crafterScore({})).toBe(0)
    expect(crafterScore({ collect_wood: 100, wake_up: 50 })).toBeCloseTo((101 * 51) ** (1 / 22) - 1, 10)
    expect(() => crafterScore({ wake_up: 101 })).toThrow(
      "the rate of 'wake_up' is a percentage, from 0 to 100, not 101",
    )
  })
})

const opened = (options: Parameters<typeof survival>[0], data: SurvivalTask) =>
  survival(options).make({ id: 't', data }, { seed: 1 } as Host) as GameEnv<Survival>
const say = (env: GameEnv<Survival>, text: string) =>
  env.step(assistant(text)) as Awaited<ReturnType<GameEnv<Survival>['step']>>

describe('a world to survive in', () => {
  it('is laid out from its seed, by all that achievements take', () => {
    expect(terrainOf(5, 64)).toEqual(terrainOf(5, 64))
    expect(terrainOf(6, 64).cells).not.toBe(terrainOf(5, 64).cells)
    const { cells, creatures } = terrainOf(5, 64)
    expect(cells).toHaveLength(64 * 64)
    for (const char of '.,_~#T!cid') expect(cells).toContain(char)
    expect(new Set(creatures.map(({ kind }) => kind))).toEqual(new Set(['cow', 'zombie', 'skeleton']))
  })

  it('says what is no action, which is to do nothing', () => {
    const env = opened({ size: 32 }, { world: 1, target: 'collect_wood' })
    const { observation, reward } = say(env, 'x'.repeat(100_000))
    expect(textOf(observation.messages[0]!)).toMatch(/^'x{60}…' is none of noop, .*\ncollect_wood: health 9 food 9/)
    expect([reward, env.state.step]).toEqual([undefined, 1])
  })

  it('pays for one achievement by when it is reached, and in the open as Crafter does', () => {
    const task = { world: 1, target: 'place_plant' } as const
    const play = (target: Achievement | null) => {
      const env = opened({ steps: 500 }, { ...task, target })
      const rewards: number[] = []
      for (let i = 0; i < 500 && !env.state.unlocked.includes('place_plant'); i++)
        rewards.push(say(env, bestAction(env.state, 'place_plant')).reward ?? 0)
      return { env, rewards }
    }
    const named = play('place_plant')
    const { step } = named.env.state
    expect(named.rewards.at(-1)).toBeCloseTo(1 - 0.9 * (step / 500), 10)
    expect(named.rewards.slice(0, -1).every((reward) => reward === 0)).toBe(true)
    const open = play(null)
    const health = open.env.state.you.inventory.health
    expect(open.rewards.reduce((sum, reward) => sum + reward, 0)).toBeCloseTo(2 + (health - 9) / 10, 10)
    expect(open.env.picture?.()).toMatch(/^<svg .*<\/svg>$/)
  })

  it('has a key that reaches nineteen achievements, from wherever random actions led it', () => {
    const spec = survival()
    const tasks = [...(spec.tasks('train') as Iterable<Task<SurvivalTask>>)].slice(0, 2 * 19)
    expect(new Set(tasks.map(({ data }) => data.target)).size).toBe(19)
    const lost = tasks.filter(({ data }) => {
      const env = opened({ steps: 500 }, data)
      const rng = random(data.world)
      for (let i = 0; i < 500; i++) {
        const action = i < 20 ? rng.pick(['noop', 'move_left', 'move_up', 'do']) : bestAction(env.state, data.target!)
        if (say(env, action).end) break
      }
      return !env.state.unlocked.includes(data.target!)
    })
    expect(lost.length).toBeLessThanOrEqual(2)
  })

  it('is certified', async () => {
    const { promises } = await checkEnv(survival({ size: 48 }), { tasks: 2 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('is named by its size, its steps and what is asked for', () => {
    expect(openEnvironment('grid/survival').id).toBe('grid/survival@1')
    expect(openEnvironment('grid/survival:48,open,10000').id).toBe('grid/survival:48,10000,open@1')
    expect(survivalOptions('eat_plant')).toEqual({ target: 'eat_plant' })
    expect(() => survivalOptions('hard')).toThrow("a world to survive in cannot be 'hard': it can be a size, 32 to 64")
  })
})
