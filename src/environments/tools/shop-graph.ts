/** Which tool of our shop takes what, and what it hands back: the graph that errands are walked through. */
import { type Customer, type ShopOrder, type ShopState, somewhere } from './shop-state.ts'
import { shopTools } from './shop-tools.ts'
import type { Graph } from './walk.ts'

const order = 'order_id'
const elsewhere = { street: 'street', city: 'city', postcode: 'new postcode' }
const found = { customer_id: (id: string) => [id] }

export const shopGraph: Graph<ShopState> = {
  tools: shopTools,
  ports: {
    find_customer: { takes: { email: 'email' }, gives: found },
    find_customer_by_name: { takes: { name: 'name', postcode: 'postcode' }, gives: found },
    get_customer: {
      takes: { customer_id: 'customer_id' },
      gives: {
        order_id: ({ orders }: Customer) => orders,
        payment_id: ({ payments }: Customer) => Object.keys(payments),
      },
    },
    get_order: {
      takes: { order_id: order },
      gives: {
        line: ({ lines }: ShopOrder) => lines.map(({ sku }) => sku),
        parcel_id: ({ parcel_id }: ShopOrder) => (parcel_id === undefined ? [] : [parcel_id]),
      },
    },
    get_article: { takes: { sku: 'line' }, gives: { kind: ({ kind }: { kind: string }) => [kind] } },
    list_kinds: { takes: {}, gives: { kind: (kinds: string[]) => kinds } },
    list_articles: { takes: { kind: 'kind' }, gives: { sku: (all: { sku: string }[]) => all.map(({ sku }) => sku) } },
    track_parcel: { takes: { parcel_id: 'parcel_id' } },
    quote_return: { takes: { order_id: order, skus: ['line'], payment_id: 'payment_id' } },
    cancel_order: { takes: { order_id: order, reason: 'reason' } },
    change_order_address: { takes: { order_id: order, ...elsewhere } },
    change_delivery: { takes: { order_id: order, delivery: 'delivery', payment_id: 'payment_id' } },
    swap_article: { takes: { order_id: order, sku: 'line', new_sku: 'sku', payment_id: 'payment_id' } },
    return_articles: { takes: { order_id: order, skus: ['line'], payment_id: 'payment_id' } },
    move_customer: { takes: { customer_id: 'customer_id', ...elsewhere } },
    place_order: { takes: { customer_id: 'customer_id', sku: 'sku', count: 'count', payment_id: 'payment_id' } },
  },
  wishes: {
    reason: (random) => random.pick(['changed my mind', 'ordered by mistake']),
    delivery: (random) => random.pick(['standard', 'express']),
    count: (random) => 1 + random.int(3),
    street: (random) => somewhere(random).street,
    city: (random) => somewhere(random).city,
    'new postcode': (random) => somewhere(random).postcode,
  },
}

/** Those that change something; the last ones. */
export const CHANGES = Object.keys(shopGraph.ports).slice(-7)
/** Those hand nothing over: they are asked for what they say. */
export const QUESTIONS = ['track_parcel', 'quote_return']
