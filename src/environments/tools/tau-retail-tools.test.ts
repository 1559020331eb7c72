import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { react } from '../../agents/index.ts'
import { type AssistantMessage, assistant, checkEnv, type Host, type Json, rollout, textOf } from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { openEnvironment } from '../index.ts'
import { taken } from '../kit/shelves.ts'
import { seatingOf } from '../kit/speaker.ts'
import { tauRetail } from './tau-retail.ts'

const home = { address1: '1 Elm St', address2: '', city: 'Reno', state: 'NV', country: 'USA', zip: '89501' }
const item = (name: string, product_id: string, item_id: string, price: number) => ({
  ...{ name, product_id, item_id, price },
  options: { colour: item_id },
})
const order = (order_id: string, status: string, paid: string) => ({
  ...{ order_id, status, user_id: 'ann_1', address: home },
  items: [item('Mug', 'p1', 'red', 10), item('Mug', 'p1', 'blue', 12.1), item('Lamp', 'p2', 'tall', 40)],
  payment_history: [{ transaction_type: 'payment', amount: 62.1, payment_method_id: paid }],
})
const variant = (item_id: string, price: number, available = true) => ({ item_id, price, available, options: {} })
const variants = (...all: ReturnType<typeof variant>[]) => Object.fromEntries(all.map((one) => [one.item_id, one]))
const files: Record<string, Json> = {
  'users.json': {
    ann_1: {
      name: { first_name: 'Ann', last_name: 'Lee' },
      ...{ address: home, email: 'ann@example.com', orders: ['#1', '#2', '#3'] },
      payment_methods: {
        gift_card_1: { id: 'gift_card_1', source: 'gift_card', balance: 5 },
        paypal_1: { id: 'paypal_1', source: 'paypal' },
        credit_card_1: { id: 'credit_card_1', source: 'credit_card' },
      },
    },
  },
  'orders.json': {
    '#1': order('#1', 'pending', 'gift_card_1'),
    '#2': order('#2', 'delivered', 'paypal_1'),
    '#3': order('#3', 'pending', 'paypal_1'),
  },
  'products.json': {
    p1: {
      name: 'Mug',
      product_id: 'p1',
      variants: variants(
        variant('red', 10),
        variant('blue', 12.1),
        variant('gold', 99),
        variant('grey', 1, false),
        variant('plain', 8),
      ),
    },
    p2: { name: 'Lamp', product_id: 'p2', variants: variants(variant('tall', 40), variant('small', 20)) },
  },
  'tasks_train.json': [
    {
      ...{
        user_id: 'ann_1',
        instruction: 'You want to cancel #1, and to know what a mug costs.',
        outputs: ['1,012.1'],
      },
      actions: [{ name: 'cancel_pending_order', kwargs: { order_id: '#1', reason: 'no longer needed' } }],
    },
  ],
  'tasks_dev.json': [],
}
const names =
  'calculate cancel_pending_order exchange_delivered_order_items find_user_id_by_email find_user_id_by_name_zip get_order_details get_product_details get_user_details list_all_product_types modify_pending_order_address modify_pending_order_items modify_pending_order_payment modify_user_address return_delivered_order_items think transfer_to_human_agents'.split(
    ' ',
  )
const schemas = names.map((name) => ({
  function: { name, description: name, parameters: { type: 'object', properties: {} } },
}))

const folder = mkdtempSync(join(tmpdir(), 'retail-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (file: string, value: Json) => writeFileSync(join(folder, file), JSON.stringify(value))
for (const [file, value] of Object.entries(files)) write(file, value)
write('tools.json', schemas)
writeFileSync(join(folder, 'policy.md'), 'Be kind.')

const spec = tauRetail(folder)
const [task] = [...(spec.tasks('train') as Iterable<{ id: string; data: never }>)]
const host = { seed: 0, signal: new AbortController().signal } as Host
const open = async () => spec.make(task!, host)
const calling = (name: string, given: Json): AssistantMessage => ({
  ...assistant(''),
  calls: [{ id: 'c', name, arguments: given }],
})
const tell = async (env: Awaited<ReturnType<typeof open>>, name: string, given: Json): Promise<string> =>
  (await env.step(calling(name, given))).observation.messages.map(textOf).join()
const balance = (env: Awaited<ReturnType<typeof open>>) =>
  taken(env.state.users, 'ann_1')!.payment_methods['gift_card_1']!.balance
const swap = (order_id: string, item_ids: string[], new_item_ids: string[], payment_method_id = 'paypal_1') => ({
  ...{ order_id, item_ids, new_item_ids, payment_method_id },
})

describe("retail's tools", () => {
  it('find and show', async () => {
    const env = await open()
    expect(await tell(env, 'find_user_id_by_email', { email: 'ann@example.com' })).toBe('ann_1')
    expect(await tell(env, 'find_user_id_by_name_zip', { first_name: 'ANN', last_name: 'lee', zip: '89501' })).toBe(
      'ann_1',
    )
    expect(await tell(env, 'find_user_id_by_email', { email: 'bob' })).toBe('Error: user not found')
    expect(await tell(env, 'list_all_product_types', {})).toBe('{"Lamp":"p2","Mug":"p1"}')
    expect(JSON.parse(await tell(env, 'get_order_details', { order_id: '#2' }))).toMatchObject({ status: 'delivered' })
    expect(await tell(env, 'get_user_details', { user_id: '__proto__' })).toBe('Error: user not found')
    expect(await tell(env, 'calculate', { expression: '(2 + 1) * 4 / 9' })).toBe('1.33')
    expect(await tell(env, 'calculate', { expression: '2+2' })).toBe('4.0')
    expect(await tell(env, 'calculate', { expression: 'exit()' })).toMatch(/^Error/)
    expect(await tell(env, 'calculate', { expression: '('.repeat(1e5) })).toMatch(/^Error/)
    expect(await tell(env, 'think', { thought: 'hm' })).toBe('')
  })

  it('cancel a pending order, and refund a gift card at once', async () => {
    const env = await open()
    expect(await tell(env, 'cancel_pending_order', { order_id: '#2', reason: 'no longer needed' })).toMatch(
      /non-pending/,
    )
    expect(await tell(env, 'cancel_pending_order', { order_id: '#1', reason: 'bored' })).toBe('Error: invalid reason')
    expect(await tell(env, 'cancel_pending_order', { order_id: '#1', reason: 'ordered by mistake' })).toMatch(
      /"cancelled"/,
    )
    expect([balance(env), taken(env.state.orders, '#1')!.payment_history.length]).toEqual([67.1, 2])
  })

  it('exchange items of a delivered order for available ones of the same product', async () => {
    const env = await open()
    const refused: [ReturnType<typeof swap>, RegExp][] = [
      [swap('#1', ['red'], ['plain']), /non-delivered/],
      [swap('#2', ['red', 'red'], ['plain', 'plain']), /red not found/],
      [swap('#2', ['red'], ['plain', 'plain']), /number of items/],
      [swap('#2', ['red'], ['small']), /new item small not found/],
      [swap('#2', ['red'], ['grey']), /new item grey not found or available/],
      [swap('#2', ['red'], ['plain'], 'paypal_2'), /payment method not found/],
      [swap('#2', ['red'], ['gold'], 'gift_card_1'), /insufficient gift card balance/],
    ]
    for (const [given, why] of refused) expect(await tell(env, 'exchange_delivered_order_items', given)).toMatch(why)
    await tell(env, 'exchange_delivered_order_items', swap('#2', ['tall', 'red'], ['small', 'plain']))
    expect(taken(env.state.orders, '#2')).toMatchObject({
      ...{ status: 'exchange requested', exchange_items: ['red', 'tall'], exchange_new_items: ['plain', 'small'] },
      exchange_price_difference: -22,
    })
  })

  it('modify a pending order: its items once, its payment, its address', async () => {
    const env = await open()
    expect(
      await tell(env, 'modify_pending_order_payment', { order_id: '#1', payment_method_id: 'gift_card_1' }),
    ).toMatch(/different/)
    expect(
      await tell(env, 'modify_pending_order_payment', { order_id: '#3', payment_method_id: 'gift_card_1' }),
    ).toMatch(/insufficient/)
    await tell(env, 'modify_pending_order_payment', { order_id: '#1', payment_method_id: 'paypal_1' })
    expect([
      balance(env),
      taken(env.state.orders, '#1')!.payment_history.map(({ payment_method_id }) => payment_method_id),
    ]).toEqual([67.1, ['gift_card_1', 'paypal_1', 'gift_card_1']])
    await tell(env, 'modify_pending_order_items', swap('#3', ['red', 'blue'], ['blue', 'plain'], 'gift_card_1'))
    expect(taken(env.state.orders, '#3')).toMatchObject({ status: 'pending (item modified)' })
    expect(balance(env)).toBe(69.1)
    expect(await tell(env, 'modify_pending_order_address', { order_id: '#3', ...home, zip: '1' })).toMatch(
      /non-pending/,
    )
    await tell(env, 'modify_pending_order_address', { order_id: '#1', ...home, zip: '1' })
    await tell(env, 'modify_user_address', { user_id: 'ann_1', ...home, zip: '2' })
    expect([taken(env.state.orders, '#1')!.address.zip, taken(env.state.users, 'ann_1')!.address.zip]).toEqual([
      '1',
      '2',
    ])
  })

  it('return items to what they were paid with, or a gift card', async () => {
    const env = await open()
    const given = { order_id: '#2', item_ids: ['red', 'blue'] }
    expect(await tell(env, 'return_delivered_order_items', { ...given, payment_method_id: 'credit_card_1' })).toMatch(
      /original/,
    )
    expect(
      await tell(env, 'return_delivered_order_items', { ...given, item_ids: ['x'], payment_method_id: 'paypal_1' }),
    ).toMatch(/item not found/)
    await tell(env, 'return_delivered_order_items', { ...given, payment_method_id: 'gift_card_1' })
    expect(taken(env.state.orders, '#2')).toMatchObject({ status: 'return requested', return_items: ['blue', 'red'] })
  })

  it('say what is wrong with a call, and leave all as it is', async () => {
    const env = await open()
    const before = env.state
    expect(await tell(env, 'cancel_pending_order', { order_id: 1, reason: 'x' })).toMatch(/order_id: .*expected string/)
    expect(await tell(env, 'cancel_pending_order', { order_id: '#1', reason: 'x', now: true })).toMatch(/now/)
    expect(await tell(env, 'cancel_pending_order', '{"order_id')).toMatch(/no JSON object/)
    expect(await tell(env, 'get_order_details', { order_id: 'x'.repeat(1e6) })).toBe('Error: order not found')
    expect(await tell(env, 'modify_pending_order_items', swap('#1', ['red'], ['y'.repeat(1e6)]))).toMatch(/^.{0,200}$/)
    expect(env.state).toBe(before)
  })
})

describe('tau-retail', () => {
  it('is certified', async () => {
    expect((await checkEnv(spec)).promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('is won by whoever also says what was asked for, and by nobody else', async () => {
    const score = async (...script: (string | AssistantMessage)[]) => {
      const model = scriptedModel(script)
      const limits = { calls: script.length }
      const [group] = await Array.fromAsync(rollout(spec, react(), [task!], { model, limits }))
      return group!.trajectories[0]!.rewards['success']
    }
    const cancel = calling('cancel_pending_order', { order_id: '#1', reason: 'no longer needed' })
    expect(await score(cancel, 'A mug is 1012.10.', 'Done!')).toMatchObject({ value: 1 })
    expect(await score(cancel, 'Done!')).toMatchObject({ value: 0, why: "'1,012.1' was not said" })
    expect(await score(cancel, '1,012.1')).toMatchObject({ value: 0, why: 'the conversation has no end' })
    expect(await score('1,012.1', 'done')).toMatchObject({
      value: 0,
      why: 'the database is another at users._1.ann_1.payment_methods.gift_card_1.balance',
    })
  })

  it('has a user who says all at once, agrees, and leaves when it is done', async () => {
    const env = await open()
    expect((await env.reset()).messages.map(textOf).at(-1)).toMatch(/I want: You want to cancel #1.*\n\(Say 'done'/)
    const told = await env.step(assistant('I shall cancel it, shall I?'))
    expect([told.end, told.observation.messages.map(textOf)[0]]).toEqual([
      undefined,
      expect.stringMatching(/^Yes, please/),
    ])
    expect((await env.step(assistant(`${'x'.repeat(1e5)} done`))).end).toBeUndefined()
    expect((await env.step(assistant('It is done.'))).end).toBe('terminated')
  })

  it('has a model for its user, by a strategy', async () => {
    const thinking = tauRetail(folder, seatingOf('user=think-first'))
    expect(thinking.id).toBe('tau-retail:user=think-first@1')
    const model = scriptedModel([
      'Thought: hello first\nAnswer: Hi, please cancel #1.',
      'Thought: all well\nAnswer: ###STOP###',
    ])
    const env = await thinking.make(task!, { ...host, model: () => model })
    expect((await env.reset()).messages.map(textOf)).toEqual(['Be kind.', 'Hi, please cancel #1.'])
    expect(textOf(model.requests[0]!.messages[0]!)).toContain('You want to cancel #1')
    expect((await env.step(assistant('It is cancelled.'))).end).toBe('terminated')
    expect(() => seatingOf('user=shout')).toThrow("'user=shout' names no user")
  })

  it('says what is wrong with a folder', () => {
    expect(() => openEnvironment('tau-retail')).toThrow(/--data/)
    expect(() => tauRetail('/nowhere')).toThrow(/policy.md/)
    write('tools.json', schemas.slice(1))
    expect(() => tauRetail(folder)).toThrow('tools.json lacks calculate')
    write('tools.json', schemas)
    write('users.json', { ann_1: { ...(files['users.json'] as { ann_1: object }).ann_1, email: 3 } })
    expect(() => tauRetail(folder)).toThrow(/users.json: .*email/)
  })
})
