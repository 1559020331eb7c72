import { describe, expect, it } from 'vitest'
import { successIn } from '../../../test/success-in.ts'
import { assistant, checkEnv, type Host, type Json, random, type Task, textOf } from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { openEnvironment } from '../index.ts'
import { seatingOf } from '../kit/speaker.ts'
import { differenceOf } from '../kit/state.ts'
import { type Deed, message } from '../kit/tool-env.ts'
import { type ShopTask, shop } from './shop.ts'
import { serving } from './shop-user.ts'

const spec = shop()
const tasks = [
  ...(spec.tasks('train') as Iterable<Task<ShopTask>>),
  ...(spec.tasks('test') as Iterable<Task<ShopTask>>),
]
const host = { seed: 0, signal: new AbortController().signal } as Host
const open = (task = tasks[0]!) => spec.make(task, host)
const start = (await open()).state

type Env = Awaited<ReturnType<typeof open>>
const score = (env: Env, task: Task<ShopTask>): Promise<number | null> => successIn(spec, task, env)
const tell = async (env: Env, name: string, given: Json): Promise<string> =>
  (await env.step(message({ name, arguments: given }, 0))).observation.messages.map(textOf).join()
const say = async (env: Env, text: string): Promise<string> =>
  (await env.step(assistant(text))).observation.messages.map(textOf).join()
const strings = (value: Json): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(strings)
      : []

describe('errands', () => {
  it('each run, change the database, and are done by somebody who knows only what was seen and heard', async () => {
    const uses = new Map<string, number>()
    for (const task of tasks) {
      const env = await open(task)
      let seen = (await env.reset()).messages.map(textOf).join('\n')
      for (const [i, deed] of serving(task.data).entries()) {
        if (typeof deed !== 'string') {
          uses.set(deed.name, (uses.get(deed.name) ?? 0) + 1)
          for (const given of strings(deed.arguments)) expect(seen).toContain(given)
        }
        seen += `\n${(await env.step(message(deed, i))).observation.messages.map(textOf).join('\n')}`
      }
      expect(env.calls.filter(({ isError }) => isError)).toEqual([])
      expect(differenceOf(start as unknown as Json, env.state as unknown as Json)).toBeDefined()
      expect(await score(env, task)).toBe(1)
    }
    expect(Math.min(...uses.values())).toBeGreaterThan(10)
    expect(uses.size).toBe(16)
    expect(tasks.filter(({ data }) => data.requests.some(({ outputs }) => outputs.length > 0)).length).toBeGreaterThan(
      150,
    )
  })

  it('are failed by a call with one other argument, in at least 99 of 100 tries', async () => {
    const rng = random(3)
    const tried = { all: 0, accepted: [] as string[] }
    for (const task of tasks.filter((_, i) => i % 4 === 0)) {
      const way = serving(task.data)
      const at = rng.pick(way.flatMap((deed, i) => (typeof deed !== 'string' && changes(deed) ? [i] : [])))
      const { name, arguments: given } = way[at] as Exclude<Deed, string>
      const [argument, value] = rng.pick(Object.entries(given as Record<string, Json>))
      const other = otherThan(
        value,
        tasks.flatMap(({ data }) =>
          data.requests.flatMap(({ calls }) =>
            calls.map((call) => (call.arguments as Record<string, Json>)[argument] ?? null),
          ),
        ),
        rng.int(1000),
      )
      const env = await open(task)
      await env.reset()
      const changed = way.with(at, { name, arguments: { ...(given as object), [argument]: other } })
      for (const [i, deed] of changed.entries()) await env.step(message(deed, i))
      tried.all++
      if ((await score(env, task)) !== 0) tried.accepted.push(`${name} ${argument}: ${value} to ${other}`)
    }
    expect(tried.all).toBe(100)
    expect(tried.accepted).toEqual([])
  })
})

/** The `n`th of these values, going round, that is another one. */
function otherThan(value: Json, all: readonly Json[], n: number): Json {
  const others = all.filter((one) => one !== null && JSON.stringify(one) !== JSON.stringify(value))
  return others[n % others.length]!
}

const changes = ({ name }: Exclude<Deed, string>): boolean => /^(cancel|change|swap|return|move|place)/.test(name)

describe('the customer', () => {
  const task = tasks.find(
    ({ data }) => data.requests.length === 2 && data.requests[0]!.facts[0]?.words.includes('why'),
  )!
  const { facts, requests } = task.data

  it('tells what it is asked, wants one thing after the other, and leaves', async () => {
    const env = await open(task)
    const opened = (await env.reset()).messages.map(textOf).at(-1)!
    expect(opened).toContain(requests[0]!.text)
    for (const { line } of [...facts, ...requests[0]!.facts]) expect(opened).not.toContain(line)
    expect(await say(env, 'What is your NAME?')).toBe(facts[0]!.line)
    expect(await say(env, 'Your email and postcode?')).toBe(`${facts[1]!.line} ${facts[2]!.line}`)
    expect(await say(env, 'Why? And shall I go ahead?')).toBe(`${requests[0]!.facts[0]!.line} Yes, go ahead.`)
    expect(await say(env, 'Mhm.')).toBe(`I do not follow you. ${requests[0]!.text}`)
    expect(await say(env, `${'x '.repeat(1e6)}`)).toContain('I do not follow you')
    expect(await say(env, 'It is done.')).toBe(`Thank you. And another thing: ${requests[1]!.text}`)
    const fork = (await env.fork!()) as Env
    expect((await env.step(assistant('Done!'))).end).toBe('terminated')
    expect([fork.over, await score(env, task)]).toEqual([false, 0])
  })

  it('may be played by a model', async () => {
    const model = scriptedModel(['I moved.', '###STOP###'])
    const env = await shop(seatingOf('user')).make(task, { ...host, model: () => model })
    expect((await env.reset()).messages.map(textOf).at(-1)).toBe('I moved.')
    expect(textOf(model.requests[0]!.messages[0]!)).toContain(requests[1]!.text)
    expect((await env.step(assistant('Oh.'))).end).toBe('terminated')
    expect(() => openEnvironment('shop:nobody')).toThrow("'nobody' names no user")
  })
})

describe('the shop', () => {
  it('is certified', async () => {
    const { promises } = await checkEnv(spec, { tasks: 8 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('keeps its policy', async () => {
    const env = await open()
    const orders = Object.values(start.orders)
    const [here, sent] = [
      orders.find(({ status }) => status === 'open')!,
      orders.find(({ status }) => status === 'sent')!,
    ]
    const old = orders.find(({ days_ago = 0 }) => days_ago > 30)!
    const came = orders.find(({ days_ago = 99 }) => days_ago <= 30)!
    const purse = (order: typeof here) => Object.values(start.customers[order.customer_id]!.payments)
    const credit = purse(came).find(({ balance }) => balance !== undefined)!
    const stranger = orders.find(({ customer_id }) => customer_id !== here.customer_id)!
    const [line] = here.lines
    const { kind } = start.articles[line!.sku]!
    const articles = Object.values(start.articles)
    const gone = articles.find((one) => one.stock === 0)!
    const pay = { order_id: here.order_id, payment_id: purse(here)[0]!.payment_id }
    const refused: [string, Json, RegExp][] = [
      ['cancel_order', { order_id: sent.order_id, reason: 'changed my mind' }, /is not open: it is sent/],
      ['cancel_order', { order_id: here.order_id, reason: 'bored' }, /reason: .*changed my mind/],
      ['change_delivery', { ...pay, delivery: here.delivery }, /already/],
      [
        'change_delivery',
        {
          ...pay,
          delivery: here.delivery === 'express' ? 'standard' : 'express',
          payment_id: purse(stranger)[0]!.payment_id,
        },
        /no payment of this customer/,
      ],
      [
        'swap_article',
        { ...pay, sku: line!.sku, new_sku: articles.find((one) => one.kind !== kind)!.sku },
        new RegExp(`swapped for another ${kind}`),
      ],
      ['swap_article', { ...pay, sku: 'A', new_sku: 'B' }, /has no article 'A'/],
      [
        'return_articles',
        { order_id: old.order_id, skus: [old.lines[0]!.sku], payment_id: purse(old)[0]!.payment_id },
        /too long/,
      ],
      ['return_articles', { order_id: came.order_id, skus: [], payment_id: credit.payment_id }, /skus/],
      [
        'quote_return',
        { order_id: came.order_id, skus: Array(2).fill(came.lines[0]!.sku), payment_id: credit.payment_id },
        /stands twice/,
      ],
      [
        'place_order',
        { customer_id: here.customer_id, sku: gone.sku, count: 1, payment_id: pay.payment_id },
        /there are 0, not 1/,
      ],
      ['get_order', { order_id: '__proto__' }, /there is no order '__proto__'/],
      ['get_article', { sku: 'z'.repeat(1e6) }, /^.{0,200}$/],
      ['get_customer', 'customer_id', /no JSON object/],
    ]
    for (const [name, given, why] of refused) expect(await tell(env, name, given)).toMatch(why)
    expect(env.state).toBe(start)
  })

  it('keeps its books', async () => {
    const env = await open()
    const came = Object.values(start.orders).find(({ days_ago = 99 }) => days_ago <= 30)!
    const { payments, customer_id } = start.customers[came.customer_id]!
    const credit = Object.values(payments).find(({ balance }) => balance !== undefined)!
    const given = { order_id: came.order_id, skus: [came.lines[0]!.sku], payment_id: credit.payment_id }
    const { refund } = JSON.parse(await tell(env, 'quote_return', given))
    expect(refund).toBe(Math.round(100 * came.lines[0]!.count * came.lines[0]!.price) / 100)
    await tell(env, 'return_articles', given)
    const balance = env.state.customers[customer_id]!.payments[credit.payment_id]!.balance!
    expect(balance).toBeCloseTo(credit.balance! + refund, 8)
    const open_ = Object.values(start.orders).find(({ status }) => status === 'open')!
    const [line] = open_.lines
    await tell(env, 'cancel_order', { order_id: open_.order_id, reason: 'changed my mind' })
    expect(env.state.articles[line!.sku]!.stock).toBe(start.articles[line!.sku]!.stock + line!.count)
    expect(env.state.orders[open_.order_id]!.paid.reduce((sum, { amount }) => sum + amount, 0)).toBe(0)
  })
})
