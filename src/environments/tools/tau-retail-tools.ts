/**
 * The 16 tools of τ-bench's retail shop (Yao et al. 2024), after its schemas, its policy and its source: what each
 * refuses, in its order, and what each changes. Amounts are dollars, rounded to cents.
 */
import { z } from 'zod'
import type { Json } from '../../core/index.ts'
import { calculate } from '../clinic/calculate.ts'
import { quoted } from '../kit/game-env.ts'
import { keyWhere, put, taken } from '../kit/shelves.ts'
import { type Done, type Tool, ToolError, type Tools, tool } from '../kit/tool-env.ts'
import type { Method, Order, RetailState as State, ToolText, User } from './tau-retail-data.ts'

const id = z.string()
const ids = z.array(z.string())
const place = { address1: id, address2: id, city: id, state: id, country: id, zip: id }

/** The tools with what the folder says of each. Throws a sentence where it has other ones. */
export function retailTools(texts: ReadonlyMap<string, ToolText>): Tools<State> {
  const unknown = [...texts.keys()].filter((name) => !Object.hasOwn(written, name))
  const missing = Object.keys(written).filter((name) => !texts.has(name))
  if (unknown.length > 0) throw new Error(`tools.json has tools that are none of retail's: ${unknown.join(', ')}`)
  if (missing.length > 0) throw new Error(`tools.json lacks ${missing.join(', ')}`)
  return Object.fromEntries(Object.entries(written).map(([name, one]) => [name, { ...one, ...texts.get(name)! }]))
}

/** A tool but for what is said of it. */
const does = <Z extends z.ZodRawShape>(
  shape: Z,
  run: (state: State, given: z.infer<z.ZodObject<Z>>) => Done<State>,
): Tool<State> =>
  tool({ about: '', input: z.strictObject(shape), run: run as (state: State, given: never) => Done<State> })

const written: Tools<State> = {
  calculate: does({ expression: id }, (_, { expression }) => ({ result: calculated(expression) })),
  cancel_pending_order: does({ order_id: id, reason: id }, cancel),
  exchange_delivered_order_items: does(
    { order_id: id, item_ids: ids, new_item_ids: ids, payment_method_id: id },
    exchange,
  ),
  find_user_id_by_email: does({ email: id }, ({ users }, { email }) =>
    foundUser(users, (user) => user.email === email),
  ),
  find_user_id_by_name_zip: does({ first_name: id, last_name: id, zip: id }, ({ users }, given) => {
    const [first, last] = [given.first_name.toLowerCase(), given.last_name.toLowerCase()]
    return foundUser(
      users,
      ({ name, address }) =>
        name.first_name.toLowerCase() === first && name.last_name.toLowerCase() === last && address.zip === given.zip,
    )
  }),
  get_order_details: does({ order_id: id }, ({ orders }, { order_id }) => ({
    result: orderOf(orders, order_id) as Json,
  })),
  get_product_details: does({ product_id: id }, ({ products }, { product_id }) => ({
    result: held(products, product_id, 'product') as Json,
  })),
  get_user_details: does({ user_id: id }, ({ users }, { user_id }) => ({
    result: userOf(users, user_id) as Json,
  })),
  list_all_product_types: does({}, ({ products }) => {
    const named = Object.values(products).map(({ name, product_id }) => [name, product_id] as const)
    return { result: Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1))) }
  }),
  modify_pending_order_address: does({ order_id: id, ...place }, (state, { order_id, ...address }) =>
    changed(state, { ...pending(state, order_id, 'modified'), address }),
  ),
  modify_pending_order_items: does(
    { order_id: id, item_ids: ids, new_item_ids: ids, payment_method_id: id },
    modifyItems,
  ),
  modify_pending_order_payment: does({ order_id: id, payment_method_id: id }, modifyPayment),
  modify_user_address: does({ user_id: id, ...place }, (state, { user_id, ...address }) => {
    const user = { ...userOf(state.users, user_id), address }
    return { result: user as Json, state: { ...state, users: put(state.users, user_id, user) } }
  }),
  return_delivered_order_items: does({ order_id: id, item_ids: ids, payment_method_id: id }, giveBack),
  think: does({ thought: id }, () => ({ result: '' })),
  transfer_to_human_agents: does({ summary: id }, () => ({ result: 'Transfer successful', end: true })),
}

function there<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new ToolError(`${what} not found`)
  return found
}

const held = <T>(all: Readonly<Record<string, T>>, key: string, what: string): T =>
  there(Object.hasOwn(all, key) ? all[key] : undefined, what)

const userOf = (users: State['users'], user_id: string): User => there(taken(users, user_id), 'user')
const orderOf = (orders: State['orders'], order_id: string): Order => there(taken(orders, order_id), 'order')

function foundUser(users: State['users'], fits: (user: User) => boolean): Done<State> {
  return { result: there(keyWhere(users, fits), 'user') }
}

function pending({ orders }: State, order_id: string, verb: string): Order {
  const order = orderOf(orders, order_id)
  if (order.status !== 'pending') throw new ToolError(`non-pending order cannot be ${verb}`)
  return order
}

function delivered({ orders }: State, order_id: string, verb: string): Order {
  const order = orderOf(orders, order_id)
  if (order.status !== 'delivered') throw new ToolError(`non-delivered order cannot be ${verb}`)
  return order
}

const changed = (state: State, order: Order): Done<State> => ({
  result: order as Json,
  state: { ...state, orders: put(state.orders, order.order_id, order) },
})

const methodOf = (state: State, { user_id }: Order, method: string): Method =>
  held(userOf(state.users, user_id).payment_methods, method, 'payment method')

const cents = (amount: number): number => Math.round(100 * amount) / 100

/** A gift card is paid at once, a card by its bank; `amount` may be negative. */
function paidTo(state: State, { user_id }: Order, method: Method, amount: number): State {
  if (method.source !== 'gift_card') return state
  const user = userOf(state.users, user_id)
  const card = { ...method, balance: cents((method.balance ?? 0) + amount) }
  const paid = { ...user, payment_methods: { ...user.payment_methods, [method.id]: card } }
  return { ...state, users: put(state.users, user_id, paid) }
}

function covers({ source, balance = 0 }: Method, amount: number, what: string): void {
  if (source === 'gift_card' && balance < amount)
    throw new ToolError(`insufficient gift card balance to pay for the ${what}`)
}

function cancel(state: State, { order_id, reason }: { order_id: string; reason: string }): Done<State> {
  const order = pending(state, order_id, 'cancelled')
  if (reason !== 'no longer needed' && reason !== 'ordered by mistake') throw new ToolError('invalid reason')
  const refunds = order.payment_history.map((paid) => ({ ...paid, transaction_type: 'refund' }))
  const payment_history = [...order.payment_history, ...refunds]
  const refunded = refunds.reduce(
    (now, { payment_method_id, amount }) => paidTo(now, order, methodOf(now, order, payment_method_id), amount),
    state,
  )
  return changed(refunded, { ...order, status: 'cancelled', cancel_reason: reason, payment_history })
}

interface Swap {
  readonly order_id: string
  readonly item_ids: readonly string[]
  readonly new_item_ids: readonly string[]
  readonly payment_method_id: string
}

const count = (all: readonly string[], one: string): number => all.filter((other) => other === one).length

/** The first that is asked for more often than the order holds it. */
const lacking = ({ items }: Order, wanted: readonly string[]): string | undefined => {
  const there = items.map(({ item_id }) => item_id)
  return wanted.find((item) => count(wanted, item) > count(there, item))
}

/** What the new items cost more, and with what that is paid. */
function swapped(state: State, order: Order, { item_ids, new_item_ids, payment_method_id }: Swap) {
  const absent = lacking(order, item_ids)
  if (absent !== undefined) throw new ToolError(`${quoted(absent)} not found`)
  if (item_ids.length !== new_item_ids.length) throw new ToolError('the number of items to be exchanged should match')
  let difference = 0
  for (const [i, old] of item_ids.entries()) {
    const { product_id, price } = order.items.find(({ item_id }) => item_id === old)!
    difference += variantOf(state, product_id, new_item_ids[i]!).price - price
  }
  return { difference: cents(difference), method: methodOf(state, order, payment_method_id) }
}

function variantOf({ products }: State, product_id: string, item_id: string) {
  const { variants } = held(products, product_id, 'product')
  const variant = Object.hasOwn(variants, item_id) ? variants[item_id] : undefined
  if (!variant?.available) throw new ToolError(`new item ${quoted(item_id)} not found or available`)
  return variant
}

function exchange(state: State, swap: Swap): Done<State> {
  const order = delivered(state, swap.order_id, 'exchanged')
  const { difference, method } = swapped(state, order, swap)
  covers(method, difference, 'price difference')
  return changed(state, {
    ...order,
    status: 'exchange requested',
    exchange_items: [...swap.item_ids].sort(),
    exchange_new_items: [...swap.new_item_ids].sort(),
    exchange_payment_method_id: swap.payment_method_id,
    exchange_price_difference: difference,
  })
}

function modifyItems(state: State, swap: Swap): Done<State> {
  const order = pending(state, swap.order_id, 'modified')
  const { difference, method } = swapped(state, order, swap)
  covers(method, difference, 'new item')
  const items = [...order.items]
  for (const [i, old] of swap.item_ids.entries()) {
    const at = items.findIndex(({ item_id }) => item_id === old)
    const { item_id, price, options } = variantOf(state, items[at]!.product_id, swap.new_item_ids[i]!)
    items[at] = { ...items[at]!, item_id, price, options }
  }
  const paid = {
    transaction_type: difference > 0 ? 'payment' : 'refund',
    amount: Math.abs(difference),
    payment_method_id: method.id,
  }
  const payment_history = [...order.payment_history, paid]
  const charged = paidTo(state, order, method, -difference)
  return changed(charged, { ...order, items, payment_history, status: 'pending (item modified)' })
}

function modifyPayment(state: State, given: { order_id: string; payment_method_id: string }): Done<State> {
  const order = pending(state, given.order_id, 'modified')
  const method = methodOf(state, order, given.payment_method_id)
  const [first, ...more] = order.payment_history
  if (!first || more.length > 0 || first.transaction_type !== 'payment')
    throw new ToolError('there should be exactly one payment for a pending order')
  if (first.payment_method_id === method.id)
    throw new ToolError('the new payment method should be different from the current one')
  covers(method, first.amount, 'order')
  const payment_history = [first, { ...first, payment_method_id: method.id }, { ...first, transaction_type: 'refund' }]
  const charged = paidTo(state, order, method, -first.amount)
  const refunded = paidTo(charged, order, methodOf(charged, order, first.payment_method_id), first.amount)
  return changed(refunded, { ...order, payment_history })
}

function giveBack(state: State, given: Omit<Swap, 'new_item_ids'>): Done<State> {
  const order = delivered(state, given.order_id, 'returned')
  const method = methodOf(state, order, given.payment_method_id)
  if (method.source !== 'gift_card' && method.id !== order.payment_history[0]!.payment_method_id)
    throw new ToolError('payment method should be either the original payment method or a gift card')
  if (lacking(order, given.item_ids) !== undefined) throw new ToolError('some item not found')
  return changed(state, {
    ...order,
    status: 'return requested',
    return_items: [...given.item_ids].sort(),
    return_payment_method_id: method.id,
  })
}

/** Python's spelling of the value, to two digits: '4.0'. */
function calculated(expression: string): string {
  const value = /^[0-9+\-*/(). ]*$/.test(expression) && !expression.includes('**') ? calculate(expression) : null
  if (value === null) throw new ToolError('invalid characters in expression, or no value')
  return Number.isInteger(cents(value)) ? `${cents(value)}.0` : `${cents(value)}`
}
