/** What a clerk of our shop can do: 17 tools, each of which refuses what the policy forbids. Amounts are euros. */
import { z } from 'zod'
import type { Json } from '../../core/index.ts'
import { quoted } from '../kit/game-env.ts'
import { type Done, ToolError, type Tools, tool } from '../kit/tool-env.ts'
import {
  type Article,
  type Customer,
  cents,
  costOf,
  KINDS,
  type Line,
  type Payment,
  type ShopOrder,
  type ShopState,
} from './shop-state.ts'

const EXPRESS = 6.5
const RETURN_FEE = 4
const RETURN_DAYS = 30

export const shopPolicy = `You are a clerk of a shop for household goods and serve one customer, whom you talk to.
- First find out who it is: look the customer up by email, or by name and postcode. Serve no order of anybody else.
- Before you change anything, say what you are about to do and wait for a yes. Then do it, and say that it is done.
- An open order can be cancelled (reason: 'changed my mind' or 'ordered by mistake'), sent elsewhere, sent by other
  delivery (express costs ${EXPRESS.toFixed(2)} more), or have an article swapped for another of its kind that is in stock.
- A delivered order can be returned, whole or in part, within ${RETURN_DAYS} days: to shop credit in full, or to what it was paid with,
  less a fee of ${RETURN_FEE.toFixed(2)}.
- What is swapped, ordered or sent by express is paid with one of the customer's own payments; shop credit must cover it.
- What you cannot do here, hand over to a colleague.`

const id = z.string()
const address = { street: id, city: id, postcode: id }

export const shopTools: Tools<ShopState> = {
  find_customer: tool({
    about: 'The id of the customer with this email address.',
    input: z.strictObject({ email: id }),
    run: ({ customers }: ShopState, { email }) =>
      foundIn(customers, (customer) => customer.email === email.trim().toLowerCase()),
  }),
  find_customer_by_name: tool({
    about: 'The id of the customer with this name (first and last) and postcode.',
    input: z.strictObject({ name: id, postcode: id }),
    run: ({ customers }: ShopState, { name, postcode }) => {
      const wanted = name.trim().toLowerCase()
      return foundIn(customers, (customer) => customer.name.toLowerCase() === wanted && customer.postcode === postcode)
    },
  }),
  get_customer: tool({
    about: 'What is known of a customer: address, payments, ids of orders.',
    input: z.strictObject({ customer_id: id }),
    run: ({ customers }: ShopState, { customer_id }) => ({
      result: held(customers, customer_id, 'customer') as unknown as Json,
    }),
  }),
  get_order: tool({
    about: 'An order: its status, lines, delivery, address and payments.',
    input: z.strictObject({ order_id: id }),
    run: ({ orders }: ShopState, { order_id }) => ({ result: held(orders, order_id, 'order') as unknown as Json }),
  }),
  list_kinds: tool({
    about: 'The kinds of articles that the shop has.',
    input: z.strictObject({}),
    run: (_: ShopState) => ({ result: KINDS }),
  }),
  list_articles: tool({
    about: 'All articles of a kind, with colour, size, price and stock.',
    input: z.strictObject({ kind: id }),
    run: ({ articles }: ShopState, { kind }) => ({
      result: Object.values(articles).filter((article) => article.kind === kind) as unknown as Json,
    }),
  }),
  get_article: tool({
    about: 'One article: kind, colour, size, price and stock.',
    input: z.strictObject({ sku: id }),
    run: ({ articles }: ShopState, { sku }) => ({ result: held(articles, sku, 'article') as unknown as Json }),
  }),
  track_parcel: tool({
    about: 'Where a parcel is, and when it arrives.',
    input: z.strictObject({ parcel_id: id }),
    run: ({ parcels }: ShopState, { parcel_id }) => ({ result: held(parcels, parcel_id, 'parcel') as unknown as Json }),
  }),
  quote_return: tool({
    about: 'What a return of these articles would bring on a payment. Changes nothing.',
    input: z.strictObject({ order_id: id, skus: z.array(id).min(1), payment_id: id }),
    run: (state: ShopState, given) => ({ result: { refund: returned(state, given).refund } }),
  }),
  cancel_order: tool({
    about: 'Cancel an open order: what was paid goes back where it came from.',
    input: z.strictObject({ order_id: id, reason: z.enum(['changed my mind', 'ordered by mistake']) }),
    run: cancel,
  }),
  change_order_address: tool({
    about: 'Send an open order to another address.',
    input: z.strictObject({ order_id: id, ...address }),
    run: (state: ShopState, { order_id, ...elsewhere }) =>
      kept(state, { ...inStatus(state, order_id, 'open'), ...elsewhere }),
  }),
  change_delivery: tool({
    about: `Send an open order by express (${EXPRESS.toFixed(2)} more) or as standard (${EXPRESS.toFixed(2)} back).`,
    input: z.strictObject({ order_id: id, delivery: z.enum(['standard', 'express']), payment_id: id }),
    run(state: ShopState, { order_id, delivery, payment_id }) {
      const order = inStatus(state, order_id, 'open')
      if (order.delivery === delivery) throw new ToolError(`order ${order_id} goes by ${delivery} already`)
      return charged(state, { ...order, delivery }, { payment_id, amount: delivery === 'express' ? EXPRESS : -EXPRESS })
    },
  }),
  swap_article: tool({
    about:
      'In an open order, put another article of the same kind, in stock, in the place of one. The difference is paid or given back.',
    input: z.strictObject({ order_id: id, sku: id, new_sku: id, payment_id: id }),
    run: swap,
  }),
  return_articles: tool({
    about: 'Announce the return of articles of a delivered order. Can be done once for an order.',
    input: z.strictObject({ order_id: id, skus: z.array(id).min(1), payment_id: id }),
    run(state: ShopState, given) {
      const { order, refund } = returned(state, given)
      return charged(
        state,
        { ...order, status: 'return announced', returned: [...given.skus].sort() },
        { payment_id: given.payment_id, amount: -refund },
      )
    },
  }),
  move_customer: tool({
    about: "Change a customer's own address. Orders under way keep theirs.",
    input: z.strictObject({ customer_id: id, ...address }),
    run(state: ShopState, { customer_id, ...elsewhere }) {
      const customer = { ...held(state.customers, customer_id, 'customer'), ...elsewhere }
      return { result: customer as unknown as Json, state: withCustomer(state, customer) }
    },
  }),
  place_order: tool({
    about: "Order an article that is in stock, sent as standard to the customer's address.",
    input: z.strictObject({ customer_id: id, sku: id, count: z.int().min(1).max(5), payment_id: id }),
    run: place,
  }),
  hand_over: tool({
    about: 'Hand the customer over to a colleague, with a summary. Ends your part.',
    input: z.strictObject({ summary: id }),
    run: (_: ShopState) => ({ result: 'A colleague takes over.', end: true }),
  }),
}

function held<T>(all: Readonly<Record<string, T>>, key: string, what: string): T {
  const found = Object.hasOwn(all, key) ? all[key] : undefined
  if (found === undefined) throw new ToolError(`there is no ${what} '${quoted(key)}'`)
  return found
}

function foundIn(customers: ShopState['customers'], fits: (customer: Customer) => boolean): Done<ShopState> {
  const customer = Object.values(customers).find(fits)
  if (!customer) throw new ToolError('there is no such customer')
  return { result: customer.customer_id }
}

function inStatus({ orders }: ShopState, order_id: string, status: ShopOrder['status']): ShopOrder {
  const order = held(orders, order_id, 'order')
  if (order.status !== status) throw new ToolError(`order ${order_id} is not ${status}: it is ${order.status}`)
  return order
}

const withCustomer = (state: ShopState, customer: Customer): ShopState => ({
  ...state,
  customers: { ...state.customers, [customer.customer_id]: customer },
})

const kept = (state: ShopState, order: ShopOrder): Done<ShopState> => ({
  result: order as unknown as Json,
  state: { ...state, orders: { ...state.orders, [order.order_id]: order } },
})

const paymentOf = ({ customers }: ShopState, { customer_id }: ShopOrder, payment_id: string): Payment =>
  held(held(customers, customer_id, 'customer').payments, payment_id, 'payment of this customer')

/** The order kept, and an amount paid for it, or given back where it is below 0. */
function charged(
  state: ShopState,
  order: ShopOrder,
  { payment_id, amount }: ShopOrder['paid'][number],
): Done<ShopState> {
  const payment = paymentOf(state, order, payment_id)
  const paid = kept(state, { ...order, paid: [...order.paid, { payment_id, amount }] })
  if (payment.balance === undefined) return paid
  if (payment.balance < amount) throw new ToolError(`the shop credit of ${payment.balance} does not cover ${amount}`)
  const customer = held(state.customers, order.customer_id, 'customer')
  const left = { ...payment, balance: cents(payment.balance - amount) }
  const purse = { ...customer, payments: { ...customer.payments, [payment_id]: left } }
  return { ...paid, state: withCustomer(paid.state!, purse) }
}

function stocked(state: ShopState, article: Article, more: number): ShopState {
  return { ...state, articles: { ...state.articles, [article.sku]: { ...article, stock: article.stock + more } } }
}

function cancel(state: ShopState, { order_id, reason }: { order_id: string; reason: string }): Done<ShopState> {
  const order: ShopOrder = { ...inStatus(state, order_id, 'open'), status: 'cancelled', reason }
  const back = order.lines.reduce(
    (now, { sku, count }) => stocked(now, held(now.articles, sku, 'article'), count),
    state,
  )
  return order.paid.reduce<Done<ShopState>>(
    (done, { payment_id, amount }) => {
      const now = done.state ?? back
      return charged(now, held(now.orders, order_id, 'order'), { payment_id, amount: -amount })
    },
    kept(back, order),
  )
}

const lineOf = ({ lines, order_id }: ShopOrder, sku: string): Line => {
  const line = lines.find((one) => one.sku === sku)
  if (!line) throw new ToolError(`order ${order_id} has no article '${quoted(sku)}'`)
  return line
}

interface Swap {
  readonly order_id: string
  readonly sku: string
  readonly new_sku: string
  readonly payment_id: string
}

function swap(state: ShopState, { order_id, sku, new_sku, payment_id }: Swap): Done<ShopState> {
  const order = inStatus(state, order_id, 'open')
  const line = lineOf(order, sku)
  const [old, other] = [held(state.articles, sku, 'article'), held(state.articles, new_sku, 'article')]
  if (old.kind !== other.kind || sku === new_sku)
    throw new ToolError(`a ${old.kind} is swapped for another ${old.kind}`)
  if (order.lines.some((one) => one.sku === new_sku)) throw new ToolError(`order ${order_id} has that article already`)
  inStock(other, line.count)
  const lines = order.lines.map((one) => (one === line ? { ...line, sku: new_sku, price: other.price } : one))
  const amount = cents(line.count * (other.price - line.price))
  const moved = stocked(stocked(state, old, line.count), other, -line.count)
  return charged(moved, { ...order, lines }, { payment_id, amount })
}

function inStock({ sku, stock }: Article, count: number): void {
  if (stock < count) throw new ToolError(`of article ${sku} there are ${stock}, not ${count}`)
}

interface Return {
  readonly order_id: string
  readonly skus: readonly string[]
  readonly payment_id: string
}

function returned(state: ShopState, { order_id, skus, payment_id }: Return): { order: ShopOrder; refund: number } {
  const order = inStatus(state, order_id, 'delivered')
  if ((order.days_ago ?? 0) > RETURN_DAYS)
    throw new ToolError(`order ${order_id} came ${order.days_ago} days ago, which is too long`)
  if (new Set(skus).size < skus.length) throw new ToolError('an article stands twice')
  const worth = costOf(skus.map((sku) => lineOf(order, sku)))
  if (paymentOf(state, order, payment_id).balance !== undefined) return { order, refund: worth }
  if (!order.paid.some((paid) => paid.payment_id === payment_id)) throw new ToolError('it was not paid with that')
  return { order, refund: cents(Math.max(0, worth - RETURN_FEE)) }
}

interface Wish {
  readonly customer_id: string
  readonly sku: string
  readonly count: number
  readonly payment_id: string
}

function place(state: ShopState, { customer_id, sku, count, payment_id }: Wish): Done<ShopState> {
  const customer = held(state.customers, customer_id, 'customer')
  const article = held(state.articles, sku, 'article')
  inStock(article, count)
  const { street, city, postcode } = customer
  const order_id = `N${Object.keys(state.orders).length + 1}`
  const lines = [{ sku, count, price: article.price }]
  const moved = withCustomer(stocked(state, article, -count), { ...customer, orders: [...customer.orders, order_id] })
  const order = {
    order_id,
    customer_id,
    status: 'open',
    lines,
    delivery: 'standard',
    paid: [],
    street,
    city,
    postcode,
  } as const
  return charged(moved, order, { payment_id, amount: costOf(lines) })
}
