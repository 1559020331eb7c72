import { describe, expect, it } from 'vitest'
import { assistant, checkEnv, type Host, type Task, textOf } from '../../core/index.ts'
import type { House } from './house.ts'
import { textNav } from './text-nav.ts'

const house: House = {
  rooms: [
    { name: 'kitchen', cell: [0, 0], exits: { east: 1 } },
    { name: 'garden', cell: [1, 0], exits: { west: 0 } },
  ],
  holders: [
    { name: 'fridge', room: 0, opens: true },
    { name: 'bench', room: 1, opens: false },
  ],
  things: [
    ['pear', 1],
    ['cup', 0],
  ],
  start: 0,
  quest: { thing: 0, into: 0 },
}
const open = async (argument?: string) => textNav(argument).make({ id: 't', data: house }, { seed: 1 } as Host)
type Env = Awaited<ReturnType<typeof open>>
const say = async (env: Env, text: string) => {
  const { observation, ...rest } = await env.step(assistant(text))
  return { ...rest, seen: observation.messages.map(textOf).join('|') }
}

describe('text-nav', () => {
  it.each(['full', 'partial'])("is certified as '%s'", async (argument) => {
    const { promises } = await checkEnv(textNav(argument), { tasks: 6 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('shows a room, and what may be done there', async () => {
    const env = await open()
    const [rules, first] = (await env.reset()).messages.map(textOf)
    expect(rules).toContain('put the pear, which is on the bench in the garden, into the fridge in the kitchen')
    expect(first).toBe(
      'You are in the kitchen.\nThere is a closed fridge.\nYou carry nothing.\nCommands: go east, open fridge',
    )
    expect((await say(env, 'open fridge')).seen).toBe(
      'You are in the kitchen.\nThere is an open fridge with the cup.\nYou carry nothing.\nCommands: go east, close fridge, take cup from fridge',
    )
    const squares = env.picture?.().match(/<(rect|circle)[^>]*fill="#[^>]*>/g)
    expect(squares?.map((square) => /fill="(.*)"/.exec(square)?.[1])).toEqual([
      '#fff',
      '#e3e6eb',
      '#2f6fdb',
      '#e3e6eb',
      '#3d4451',
    ])
    const partial = await open('partial')
    expect((await say(partial, 'go east')).seen).toMatch(/^You are in a room\.\nThere is a bench with the pear\./)
  })

  it('is done when the thing is where it belongs and that is closed, and not before', async () => {
    const env = await open()
    const way = ['go east', 'take pear from bench', 'go west', 'open fridge', 'insert pear into fridge']
    for (const text of way) expect(await say(env, text)).toEqual({ seen: expect.any(String) })
    expect(env.data?.()).toEqual({ room: 'kitchen', places: { pear: 'fridge', cup: 'fridge' }, open: ['fridge'] })
    expect(await say(env, 'Close fridge')).toMatchObject({ reward: 1, end: 'terminated' })
  })

  it('says what cannot be done, and changes nothing', async () => {
    const env = await open()
    const before = env.state
    for (const text of ['', 'go west', 'take pear from bench', '{}', 'constructor', 'x'.repeat(1e5)]) {
      const { seen, reward } = await say(env, text)
      expect([seen.startsWith("You cannot do '"), seen.length < 250, reward]).toEqual([true, true, undefined])
    }
    expect(env.state).toBe(before)
  })

  it('draws houses in which every room can be reached', () => {
    for (const { data } of [...(textNav().tasks('train') as Iterable<Task<House>>)].slice(0, 100)) {
      const seen = new Set([data.start])
      for (const room of seen) for (const to of Object.values(data.rooms[room]!.exits)) seen.add(to)
      expect(seen.size).toBe(8)
      expect(data.things[data.quest.thing]![1]).not.toBe(data.quest.into)
    }
  })
})
