import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { react } from '../../agents/index.ts'
import {
  type AssistantMessage,
  assistant,
  checkEnv,
  type Host,
  type Json,
  rollout,
  type StepResult,
  textOf,
} from '../../core/index.ts'
import { noisyOracle, scriptedModel } from '../../models/index.ts'
import { chatEnv } from './chat-env.ts'
import { modelSpeaker, STOP, type Strategy, scriptedSpeaker } from './speaker.ts'
import { differenceOf, stateHash } from './state.ts'
import { slowTool, ToolError, type ToolWorld, tool, toolEnv } from './tool-env.ts'

interface Stock {
  readonly [item: string]: number
}

const world: ToolWorld<Stock, { item: string; count: number }> = {
  id: 'stock@1',
  tasks: (split) =>
    ['nuts', 'bolts', 'nails'].map((item, i) => {
      const count = split === 'train' ? i + 2 : i + 5
      return { id: `${item}-${count}`, data: { item, count } }
    }),
  limits: { steps: 12 },
  instructions: 'You keep the stock.',
  ask: ({ item, count }) => `Order ${count} ${item}.`,
  start: () => ({ nuts: 1, bolts: 1, nails: 1 }),
  errorReward: -0.1,
  tools: {
    look: tool({
      about: 'How many there are of an item.',
      input: z.object({ item: z.string() }),
      run: (stock: Stock, { item }) => ({ result: known(stock, item) }),
    }),
    order: tool({
      about: 'Order more of an item.',
      input: z.object({ item: z.string(), count: z.int().min(1).max(100) }),
      run: (stock: Stock, { item, count }) => ({
        state: { ...stock, [item]: known(stock, item) + count },
        result: 'ordered',
      }),
    }),
    close: tool({
      about: 'Close the shop.',
      input: z.object({}),
      run: (_: Stock) => ({ result: 'closed', end: true }),
    }),
  },
  success: (env, { item, count }) =>
    env.over && env.state[item] === 1 + count && sum(env.state) === 3 + count ? 1 : 0,
  solve: ({ item, count }) => [
    { name: 'order', arguments: { item, count } },
    { name: 'close', arguments: {} },
  ],
  guess: (_, random) => ({
    name: random.pick(['look', 'order', 'close']),
    arguments: { item: random.pick(['nuts', 'bolts']), count: 1 + random.int(20) },
  }),
}
const known = (stock: Stock, item: string): number => {
  const count = Object.hasOwn(stock, item) ? stock[item] : undefined
  if (count === undefined) throw new ToolError(`there is no item '${item}'`)
  return count
}
const sum = (stock: Stock): number => Object.values(stock).reduce((a, b) => a + b, 0)

const spec = toolEnv(world)
const host = { seed: 0, signal: new AbortController().signal } as Host
const open = async () => spec.make({ id: 't', data: { item: 'nuts', count: 3 } }, host)
const calling = (...calls: readonly (readonly [string, Json])[]): AssistantMessage => ({
  ...assistant(''),
  calls: calls.map(([name, given], i) => ({ id: `c${i}`, name, arguments: given })),
})
const seen = ({ observation }: StepResult): string[] => observation.messages.map(textOf)

describe('toolEnv', () => {
  it('makes a world that can be certified', async () => {
    const { promises } = await checkEnv(spec)
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('shows its tools with the schemas of their arguments', async () => {
    const { tools } = await (await open()).reset()
    expect(tools?.[0]).toEqual({
      name: 'look',
      description: 'How many there are of an item.',
      parameters: expect.objectContaining({ type: 'object', required: ['item'] }),
    })
  })

  it('answers calls of one message in their order, each on what the ones before left', async () => {
    const env = await open()
    const result = await env.step(
      calling(
        ['order', { item: 'nuts', count: 3 }],
        ['look', { item: 'nuts' }],
        ['close', {}],
        ['look', { item: 'nuts' }],
      ),
    )
    expect(seen(result)).toEqual(['ordered', '4', 'closed', 'Error: the episode is over'])
    expect([result.end, env.calls.map(({ isError }) => isError)]).toEqual(['terminated', [false, false, false, true]])
  })

  it('says what is wrong with a call, takes its price for it, and changes nothing', async () => {
    const env = await open()
    const wrong: [AssistantMessage, RegExp][] = [
      [calling(['buy', {}]), /no tool 'buy': there are look, order, close/],
      [calling(['constructor', {}]), /no tool 'constructor'/],
      [calling(['order', 'count: 3, item']), /arguments of order are no JSON object: 'count: 3, item'/],
      [calling(['order', { item: 'nuts', count: 'three' }]), /order cannot take that: count: .*expected number/],
      [calling(['order', null]), /order cannot take that/],
      [calling(['look', { item: '__proto__' }]), /no item '__proto__'/],
      [assistant('Order 3 nuts!'), /Words do nothing here: call a tool/],
      [assistant(' '), /That says nothing/],
      [calling([`x${'y'.repeat(1e6)}`, {}]), /^.{0,200}$/],
    ]
    const before = env.state
    for (const [action, says] of wrong) {
      const result = await env.step(action)
      expect(seen(result).join()).toMatch(says)
      expect([result.reward, result.info, env.state]).toEqual([-0.1, { errors: 1 }, before])
    }
    const many = await env.step(calling(...Array.from({ length: 40 }, () => ['look', { item: 'nuts' }] as const)))
    expect(many.info).toEqual({ errors: 8 })
  })

  it('has a key that does again what was not done', async () => {
    const tasks = [...(world.tasks('train') as Iterable<{ id: string; data: { item: string; count: number } }>)]
    const noisy = rollout({ ...spec, limits: { steps: 100 } }, react(), tasks, {
      model: noisyOracle(spec, 0.4),
      attempts: 30,
    })
    const played = (await Array.fromAsync(noisy)).flatMap(({ trajectories }) => trajectories)
    expect(played.filter(({ outcome }) => outcome.kind !== 'scored')).toEqual([])
    const late = played.filter(({ rewards, steps }) => rewards['success']!.value === 1 && steps.length > 2)
    expect(late.length).toBeGreaterThan(5)
  })

  it('waits for a tool that takes its time, and answers what comes after on what it left', async () => {
    const slow = toolEnv({
      ...world,
      tools: {
        ...world.tools,
        order: slowTool({
          about: 'Order one, later.',
          input: z.object({ item: z.string() }),
          async run(stock: Stock, { item }) {
            await new Promise((resolve) => setTimeout(resolve, 5))
            return { state: { ...stock, [item]: known(stock, item) + 1 }, result: 'ordered' }
          },
        }),
      },
    })
    const env = await slow.make({ id: 't', data: { item: 'nuts', count: 3 } }, host)
    const result = await env.step(
      calling(['order', { item: 'nuts' }], ['order', { item: 'x' }], ['look', { item: 'nuts' }]),
    )
    expect(seen(result)).toEqual(['ordered', "Error: there is no item 'x'", '2'])
  })

  it('forks without a copy, and neither sees the other', async () => {
    const env = await open()
    const fork = (await env.fork!()) as typeof env
    await fork.step(calling(['order', { item: 'nuts', count: 3 }]))
    expect([env.state['nuts'], fork.state['nuts'], env.calls.length]).toEqual([1, 4, 0])
  })
})

describe('states', () => {
  it('are the same whatever the order of their keys, and differ at a place', () => {
    const [a, b] = [
      { x: 1, y: { z: [1, 2] } },
      { y: { z: [1, 2] }, x: 1 },
    ]
    expect([stateHash(a) === stateHash(b), differenceOf(a, b)]).toEqual([true, undefined])
    expect(stateHash({ ...a, x: 2 })).not.toBe(stateHash(a))
    expect(differenceOf(a, { x: 1, y: { z: [1, 3] } })).toBe('y.z.1')
    expect([differenceOf(a, { x: 1 }), differenceOf([1], { 0: 1 }), differenceOf(1, 2)]).toEqual(['y', '', ''])
  })
})

describe('chatEnv', () => {
  const spec = chatEnv({
    id: 'guess-who@1',
    tasks: (split): { id: string; data: string }[] => [{ id: split, data: split }],
    limits: { steps: 5 },
    instructions: 'Find out the name.',
    speaker: () => scriptedSpeaker(['Who am I?', 'Colder.', 'Warmer.']),
    success: (talk, name) => (talk.at(-1)?.text === name && talk.length > 3 ? 1 : 0),
    solve: (name) => ['hm', 'so', name],
  })

  it('is opened by the speaker, and over when that has nothing more to say', async () => {
    const env = await spec.make({ id: 't', data: 'x' }, host)
    expect((await env.reset()).messages.map(textOf)).toEqual(['Find out the name.', 'Who am I?'])
    const fork = (await env.fork!()) as typeof env
    expect(seen(await env.step(assistant('a')))).toEqual(['Colder.'])
    expect(seen(await env.step(assistant('b')))).toEqual(['Warmer.'])
    expect(await env.step(assistant('c'))).toMatchObject({ end: 'terminated', observation: { messages: [] } })
    expect(seen(await fork.step(assistant('a')))).toEqual(['Colder.'])
    expect((await checkEnv(spec)).certified).toBe(true)
  })
})

describe('modelSpeaker', () => {
  const talk = [
    { by: 'speaker', text: 'Hi.' },
    { by: 'agent', text: 'What is it?' },
  ] as const
  const spoken = async (strategy: Strategy, script: readonly string[]) => {
    const model = scriptedModel(script)
    const line = await modelSpeaker(model, { instruction: 'You want a refund.', strategy }).reply(talk, host.signal)
    return { line, requests: model.requests }
  }

  it('sees the conversation from its own side, and leaves with the stop word', async () => {
    const { line, requests } = await spoken('plain', ['A refund, please.'])
    expect(line).toBe('A refund, please.')
    expect(requests[0]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
    expect(textOf(requests[0]!.messages[0]!)).toContain('You want a refund.')
    expect((await spoken('plain', [`Thanks. ${STOP}`])).line).toBeNull()
  })

  it('thinks first, and keeps the thought to itself', async () => {
    expect((await spoken('think-first', ['Thought: be polite.\nAnswer: A refund, please.'])).line).toBe(
      'A refund, please.',
    )
  })

  it('looks at its line, and says another where that does not fit', async () => {
    const verified = await spoken('verify', ['A pony!', 'no, a refund', 'A refund.', 'yes'])
    expect([verified.line, verified.requests.length]).toEqual(['A refund.', 4])
    expect(JSON.stringify(verified.requests[2])).not.toContain('A pony')
    const reflected = await spoken('reflect', ['A pony!', 'no, a refund', 'A refund.', 'Yes.'])
    expect(reflected.line).toBe('A refund.')
    expect(JSON.stringify(reflected.requests[2])).toContain('no, a refund')
    const stubborn = await spoken('verify', ['A', 'no', 'B', 'no', 'C'])
    expect([stubborn.line, stubborn.requests.length]).toEqual(['C', 5])
  })
})
