/**
 * Errands for our shop: for each a walk through its tools to one, two or three that change something, told as a
 * customer tells it who knows no ids of articles and payments.
 */
import type { Json, Random } from '../../core/index.ts'
import { CHANGES, QUESTIONS, shopGraph } from './shop-graph.ts'
import { type Customer, nameOf, type Parcel, type ShopOrder, type ShopState } from './shop-state.ts'
import type { Errand, Fact, Request } from './shop-user.ts'
import { type Call, leadingTo, type Trail, type Typed, trailFrom, walkTo } from './walk.ts'

/** So often a tool is walked to before another one is drawn, and so many tools are drawn. */
const [TRIES, DRAWS] = [40, 40]

/** An errand of this customer's. Throws where the walk comes to nothing. */
export function errandOf(state: ShopState, { customer_id, name, email, postcode }: Customer, random: Random): Errand {
  const byEmail = random.next() < 0.5
  const known: Typed[] = byEmail
    ? [['email', email]]
    : [
        ['name', name],
        ['postcode', postcode],
      ]
  const walk: Walk = { trail: trailFrom(state, known), ends: [], random, customer_id }
  const wanted = 1 + random.int(3)
  for (let draws = 0; walk.ends.length < wanted && draws < DRAWS; draws++) stretch(walk, random.pick(CHANGES))
  if (walk.ends.length === 0) throw new Error(`no errand was found for ${customer_id}`)
  if (random.next() < 0.3) stretch(walk, random.pick(QUESTIONS))
  return {
    facts: [
      { words: ['name', 'who are you'], line: `My name is ${name}.` },
      {
        words: ['email', 'e-mail'],
        line: byEmail ? `My email address is ${email}.` : 'I forgot which email address I gave you.',
      },
      { words: ['postcode', 'zip'], line: `My postcode is ${postcode}.` },
    ],
    requests: requestsOf(walk, state),
  }
}

interface Walk {
  readonly trail: Trail<ShopState>
  /** The numbers of the calls that requests are about. */
  readonly ends: number[]
  readonly random: Random
  readonly customer_id: string
}

/** Walks on to this tool, where it can be used on something that no other request is about. */
function stretch({ trail, ends, random }: Walk, name: string): void {
  const about = new Set(ends.map((number) => subjectOf(trail.calls[number]!)))
  for (let tries = 0; tries < TRIES; tries++) {
    const before = trail.state
    const number = walkTo(shopGraph, trail, { name, random })
    if (number === undefined) continue
    if (!about.has(subjectOf(trail.calls[number]!))) {
      ends.push(number)
      return
    }
    trail.state = before
  }
}

/** What a call is about: one request is about an order, one about the customer's address, one about a new article. */
const subjectOf = ({ name, arguments: { order_id, parcel_id, sku } }: Call): string =>
  `${order_id ?? parcel_id ?? `${name} ${sku ?? ''}`}`

function requestsOf({ trail: { calls }, ends, random, customer_id }: Walk, state: ShopState): Request[] {
  const made = new Set<string>()
  const fresh = ({ name, arguments: given }: Look): boolean => {
    const text = JSON.stringify([name, given])
    return !made.has(text) && made.add(text) !== undefined
  }
  return ends.map((number) => {
    const call = calls[number]!
    const { order, looks } = naming(call, { state, customer: state.customers[customer_id]!, random })
    const { text, facts, output } = told[call.name]!({
      call,
      state,
      customer: state.customers[customer_id]!,
      random,
      order,
    })
    const asks = output && (QUESTIONS.includes(call.name) || random.next() < 0.6) ? output : undefined
    const before = leadingTo(calls, [number]).map((at) => calls[at]!)
    return {
      text: [text, asks?.question].filter(Boolean).join(' '),
      facts,
      calls: [...[...before.slice(0, -1), ...looks].filter(fresh), call].map(({ name, arguments: given }) => ({
        name,
        arguments: given,
      })),
      outputs: asks ? [asks.value] : [],
    }
  })
}

type Look = Pick<Call, 'name' | 'arguments'>

interface Memory {
  readonly state: ShopState
  readonly customer: Customer
  readonly random: Random
}

interface Teller extends Memory {
  readonly call: Call
  /** What the customer calls the order that it is about. */
  readonly order: string
}

interface Told {
  readonly text: string
  readonly facts: readonly Fact[]
  readonly output?: { readonly question: string; readonly value: string }
}

/**
 * What the order is called that a call is about: by its number, or by an article that no other order of the customer's
 * has; and what there is to look at before one knows which it is.
 */
function naming(
  call: Call,
  { state: { orders, articles }, customer, random }: Memory,
): { order: string; looks: Look[] } {
  const { order_id, parcel_id } = call.arguments
  const id =
    parcel_id === undefined ? order_id : Object.values(orders).find((one) => one.parcel_id === parcel_id)?.order_id
  if (id === undefined) return { order: '', looks: [] }
  const has = (other: string, sku: string): boolean => orders[other]!.lines.some((line) => line.sku === sku)
  const own = orders[`${id}`]!.lines.find(({ sku }) => customer.orders.filter((other) => has(other, sku)).length === 1)
  const look = (order_id: string): Look => ({ name: 'get_order', arguments: { order_id } })
  if (!own || random.next() < 0.4) return { order: `order ${id}`, looks: [look(`${id}`)] }
  const looks = customer.orders.slice(0, customer.orders.indexOf(`${id}`) + 1).map(look)
  return { order: `the order with the ${nameOf(articles[own.sku]!)}`, looks }
}

const the = ({ state }: Teller, sku: Json | undefined): string => `the ${nameOf(state.articles[`${sku}`]!)}`

const all = (teller: Teller): string =>
  (teller.call.arguments['skus'] as string[]).map((sku) => the(teller, sku)).join(' and ')

/** How it is to be paid, or paid back: said when asked. */
const paying = ({ call, customer }: Teller): Fact => ({
  words: ['which payment', 'pay', 'card', 'credit', 'refund'],
  line: `Use ${customer.payments[`${call.arguments['payment_id']}`]!.label}.`,
})

const placing = ({ call: { arguments: given } }: Teller): Fact => ({
  words: ['which address', 'address', 'street', 'where'],
  line: `The new address is ${given['street']}, ${given['postcode']} ${given['city']}.`,
})

/** What is asked about the last payment of the order that the call hands back; nothing where it is a round sum. */
function sum(question: string, { call }: Teller): Pick<Told, 'output'> {
  const { paid } = call.result as unknown as ShopOrder
  const amount = Math.abs(paid.at(-1)!.amount)
  return Number.isInteger(amount) ? {} : { output: { question, value: `${amount}` } }
}

const told: Readonly<Record<string, (teller: Teller) => Told>> = {
  cancel_order: (teller) => ({
    text: teller.random.pick([`Please cancel ${teller.order}.`, `I do not want ${teller.order} any more.`]),
    facts: [{ words: ['the reason', 'reason', 'why'], line: `The reason: ${teller.call.arguments['reason']}.` }],
    ...sum('How much do I get back?', teller),
  }),
  change_order_address: (teller) => ({
    text: `I want ${teller.order} to be sent to another address.`,
    facts: [placing(teller)],
  }),
  change_delivery: (teller) => ({
    text: `Please send ${teller.order} by ${teller.call.arguments['delivery']} delivery instead.`,
    facts: [paying(teller)],
  }),
  swap_article: (teller) => ({
    text: `In ${teller.order}, I want ${the(teller, teller.call.arguments['new_sku'])} in the place of ${the(teller, teller.call.arguments['sku'])}.`,
    facts: [paying(teller)],
    ...sum('What is the difference in price, for all of them together?', teller),
  }),
  return_articles: (teller) => ({
    text: teller.random.pick([
      `I want to return ${all(teller)} of ${teller.order}.`,
      `From ${teller.order}, I send back ${all(teller)}.`,
    ]),
    facts: [paying(teller)],
    ...sum('How much do I get back?', teller),
  }),
  move_customer: (teller) => ({ text: 'I have moved. Please note my new address.', facts: [placing(teller)] }),
  place_order: (teller) => ({
    text: `I would like to order ${teller.call.arguments['count']} of ${the(teller, teller.call.arguments['sku'])}.`,
    facts: [paying(teller)],
    ...sum('What does that cost in all?', teller),
  }),
  track_parcel: (teller) => ({
    text: `When does the parcel of ${teller.order} arrive?`,
    facts: [],
    output: { question: '', value: (teller.call.result as unknown as Parcel).arrives },
  }),
  quote_return: (teller) => ({
    text: `What would I get back if I returned ${all(teller)} of ${teller.order}? I only want to know.`,
    facts: [paying(teller)],
    output: { question: '', value: `${(teller.call.result as { refund: number }).refund}` },
  }),
}
