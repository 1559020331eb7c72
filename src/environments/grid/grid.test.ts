import { describe, expect, it } from 'vitest'
import { react } from '../../agents/index.ts'
import { assistant, checkEnv, type Host, random, rollout, type Task, textOf } from '../../core/index.ts'
import { noisyOracle } from '../../models/index.ts'
import { openEnvironment } from '../index.ts'
import type { GameEnv } from '../kit/game-env.ts'
import { nextAction } from './bot.ts'
import { families } from './families.ts'
import { grid } from './grid.ts'
import type { Level } from './level.ts'
import { gridOptions } from './options.ts'
import { ACTIONS, after, type State, startOf } from './robot.ts'

const spec = (words: string) => grid(gridOptions(words))
const tasksOf = (words: string, split: 'train' | 'test') => [...(spec(words).tasks(split) as Iterable<Task<Level>>)]
const opened = (level: Level, words = 'view') =>
  spec(words).make({ id: 't', data: level }, { seed: 0 } as Host) as GameEnv<State>
const lines = (...rows: string[]): string => rows.join('\n')
const say = (env: GameEnv<State>, text: string) => {
  const result = env.step(assistant(text)) as Awaited<ReturnType<GameEnv<State>['step']>>
  return { ...result, seen: result.observation.messages.map(textOf).join('') }
}

const DOOR: Level = {
  cells: lines('#####', '#.#*#', '#rR.#', '#.#.#', '#####'),
  mission: { do: 'reach' },
  pose: (1 * 6 + 1) * 4 + 1,
  steps: 100,
}

describe('grid', () => {
  it('shows what lies ahead, in characters and in sentences, or the whole grid', async () => {
    const view = await opened(DOOR).reset()
    expect(textOf(view.messages[1]!)).toBe(
      lines('goal v', '???????', '???????', '???????', '??###??', '??#.#??', '??Rr#??', '??#.#??'),
    )
    const full = await opened(DOOR, 'full').reset()
    expect(textOf(full.messages[1]!)).toBe(lines('goal -', '#####', '#v#*#', '#rR.#', '#.#.#', '#####'))
    const told = await opened(DOOR, 'sentences').reset()
    expect(textOf(told.messages[1]!)).toBe(
      'Go to the goal. You face south and carry nothing. You see a locked red door 1 ahead and 1 to the left, ' +
        'a red key 1 ahead, a wall 3 ahead, a wall 1 to the left, a wall 1 to the right.',
    )
  })

  it('takes the key to the locked door, and pays less the later the goal is reached', () => {
    const env = opened(DOOR, 'full')
    expect(say(env, 'forward').seen).toContain('#v#*#')
    expect(say(env, ' pickup\n').seen).toBe(lines('goal r', '#####', '#v#*#', '#.R.#', '#.#.#', '#####'))
    for (const action of ['toggle', 'forward', 'left', 'toggle']) say(env, action)
    expect(env.data?.()).toMatchObject({ carrying: 'r', cells: lines('#####', '#.#*#', '#.J.#', '#.#.#', '#####') })
    for (const action of ['forward', 'forward', 'left']) say(env, action)
    expect(say(env, 'forward')).toMatchObject({ reward: 1 - 0.9 * (10 / 100), end: 'terminated' })
  })

  it('says what is no action, which takes its time and changes nothing', () => {
    const env = opened({ ...DOOR, steps: 3 })
    const before = env.state
    for (const text of ['', 'x'.repeat(100_000)]) {
      const { seen, reward, end } = say(env, text)
      expect(seen).toMatch(/^'x{0,60}…?' is none of left, right, forward, pickup, drop, toggle, done\.\ngoal v\n/)
      expect([reward, end]).toEqual([undefined, undefined])
    }
    expect(env.state).toMatchObject({ pose: before.pose, ground: before.ground, step: 2 })
    expect(say(env, 'constructor').end).toBe('truncated')
  })

  it('has train and test levels in every family, and never the same', () => {
    for (const family of Object.keys(families)) {
      const [train, test] = [tasksOf(family, 'train'), tasksOf(family, 'test')]
      const doors = ({ data }: Task<Level>): string => data.cells.replace(/[rgbpyeacdfhiACDFHI]/g, '.')
      const layouts = new Set(
        train.map(({ data }) =>
          /[^.#\n]/.test(doors({ id: '', data })) ? doors({ id: '', data }) : data.cells + JSON.stringify(data.mission),
        ),
      )
      expect(
        test.filter(
          (task) => layouts.has(doors(task)) || layouts.has(task.data.cells + JSON.stringify(task.data.mission)),
        ),
      ).toEqual([])
      expect(train.length).toBeGreaterThan(100)
      expect(test.length / (train.length + test.length)).toBeGreaterThan(0.1)
    }
  })

  it.each(Object.keys(families))('%s is certified', async (family) => {
    const { promises } = await checkEnv(spec(family), { tasks: 2 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('is played by a noisy oracle that an agent asks, in any form', async () => {
    for (const form of ['full', 'sentences']) {
      const world = spec(`doorkey,5,${form}`)
      const tasks = tasksOf(`doorkey,5,${form}`, 'test').slice(0, 20)
      const groups = await Array.fromAsync(
        rollout(world, react({ turns: 0 }), tasks, { model: noisyOracle(world, 0.3) }),
      )
      const won = groups.flatMap(({ trajectories }) => trajectories.map(({ rewards }) => rewards['success']?.value))
      expect(won).toEqual(tasks.map(() => 1))
    }
  })

  it('is named by its words, and says which there are', () => {
    expect(openEnvironment('grid').id).toBe('grid:doorkey,5@1')
    expect(openEnvironment('grid:sentences,goto').id).toBe('grid:goto,8,sentences@1')
    expect(openEnvironment('grid:difficulty-7').id).toBe('grid:difficulty,7@1')
    expect(() => openEnvironment('grid:constructor')).toThrow(
      "a grid cannot be 'constructor': it can be empty | fourrooms",
    )
    expect(() => openEnvironment('grid:empty,goto')).toThrow("a grid cannot be 'empty' and 'goto' at once")
    expect(() => openEnvironment('grid:empty,4')).toThrow("the size of 'empty' is from 5 to 25, not 4")
  })

  it('draws itself', () => {
    const picture = opened(DOOR).picture?.() ?? ''
    expect(picture).toMatch(/^<svg [^>]*viewBox="0 0 160 160".*<\/svg>$/)
  })
})

/** Whether any actions at all bring the mission to its end: every state is tried, which few levels are small enough for. */
function solvable(from: State, level: Level): boolean {
  const seen = new Set<string>()
  const queue = [from]
  for (const state of queue) {
    for (const action of ACTIONS) {
      const next = after(state, action, level)
      if (next.won) return true
      const name = `${next.pose} ${next.ground.cells} ${next.ground.carrying}`
      if (!seen.has(name)) queue.push(next)
      seen.add(name)
    }
  }
  return false
}

/** Steps to the end, from a state that random actions led to; undefined where the bot does not get there. */
function played(level: Level, { noise, seed }: { noise: number; seed: number }): { from: State; steps?: number } {
  const rng = random(seed)
  let state = startOf(level)
  for (let i = 0; i < noise && !state.won; i++) {
    const next = after(state, rng.pick(ACTIONS), level)
    if (!next.won) state = next
  }
  const from = state
  for (let i = 0; i < 2000; i++) {
    state = after(state, nextAction(state, level), level)
    if (state.won) return { from, steps: i + 1 }
  }
  return { from }
}

describe('the bot', () => {
  it('solves every level that is drawn', () => {
    for (const [name, { draw, number }] of Object.entries(families)) {
      for (const size of new Set([number[1], number[2], Math.min(number[1] + 3, number[3])])) {
        const levels = Array.from({ length: 15 }, (_, i) => draw(size, random(i).split(name)))
        const lost = levels.filter((level) => (played(level, { noise: 0, seed: 0 }).steps ?? Infinity) > level.steps)
        expect([name, size, lost]).toEqual([name, size, []])
      }
    }
  })

  it('solves what can be solved, wherever random actions have led it', () => {
    let hopeless = 0
    for (const [name, size] of [
      ['doorkey', 5],
      ['putnext', 5],
      ['goto', 5],
    ] as const) {
      for (let seed = 0; seed < 25; seed++) {
        const level = families[name]!.draw(size, random(seed).split('noise'))
        const { from, steps } = played(level, { noise: 150, seed })
        if (steps !== undefined) continue
        expect([name, seed, solvable(from, level)]).toEqual([name, seed, false])
        hopeless++
      }
    }
    // Boxes that were toggled are gone, and missions with them.
    expect(hopeless).toBeLessThan(25)
  })

  it('needs the more steps the greater the difficulty', () => {
    const { draw } = families['difficulty']!
    const means = [1, 4, 7, 10].map((number) => {
      const steps = Array.from({ length: 20 }, (_, i) => played(draw(number, random(i)), { noise: 0, seed: 0 }).steps!)
      return steps.reduce((a, b) => a + b) / steps.length
    })
    expect(means).toEqual(means.toSorted((a, b) => a - b))
    expect(means.at(-1)).toBeGreaterThan(4 * means[0]!)
  })
})
