/** The shop's own database: customers, articles, orders and parcels, all invented, all from one seed. Amounts are euros. */
import { type Random, random } from '../../core/index.ts'

export interface Payment {
  readonly payment_id: string
  /** As its owner calls it: 'the card ending in 4417'. */
  readonly label: string
  /** What is left on it, where it is shop credit. */
  readonly balance?: number
}

export interface Address {
  readonly street: string
  readonly city: string
  readonly postcode: string
}

export interface Customer extends Address {
  readonly customer_id: string
  readonly name: string
  readonly email: string
  readonly payments: Readonly<Record<string, Payment>>
  readonly orders: readonly string[]
}

export interface Article {
  readonly sku: string
  readonly kind: string
  readonly colour: string
  readonly size: string
  readonly price: number
  readonly stock: number
}

export interface Line {
  readonly sku: string
  readonly count: number
  readonly price: number
}

export interface ShopOrder extends Address {
  readonly order_id: string
  readonly customer_id: string
  readonly status: 'open' | 'sent' | 'delivered' | 'cancelled' | 'return announced'
  readonly lines: readonly Line[]
  readonly delivery: 'standard' | 'express'
  /** What was paid, and given back (below 0), in order. */
  readonly paid: readonly { readonly payment_id: string; readonly amount: number }[]
  /** Days since it was delivered. */
  readonly days_ago?: number
  readonly parcel_id?: string
  readonly reason?: string
  readonly returned?: readonly string[]
}

export interface Parcel {
  readonly parcel_id: string
  readonly place: string
  /** 'June 12': of two digits, so that no day stands in another. */
  readonly arrives: string
}

export interface ShopState {
  readonly customers: Readonly<Record<string, Customer>>
  readonly articles: Readonly<Record<string, Article>>
  readonly orders: Readonly<Record<string, ShopOrder>>
  readonly parcels: Readonly<Record<string, Parcel>>
}

export const cents = (amount: number): number => Math.round(100 * amount) / 100

/** 'the large red kettle'; an article is the only one of its kind, colour and size. */
export const nameOf = ({ kind, colour, size }: Article): string => `${size} ${colour} ${kind}`

const CUSTOMERS = 120
const ARTICLES_OF_A_KIND = 7

/** The same shop for the same seed. */
export function shopFrom(seed: number): ShopState {
  const rng = random(seed)
  const stock = articles(rng.split('articles'))
  const state = {
    customers: new Map<string, Customer>(),
    orders: new Map<string, ShopOrder>(),
    parcels: new Map<string, Parcel>(),
  }
  const ids = numbering(rng.split('ids'))
  for (let i = 0; i < CUSTOMERS; i++) {
    const one = rng.split('customer', i)
    const customer = { ...person(one, i), customer_id: `C${ids()}`, payments: purse(one, ids) }
    const orders = Array.from({ length: 2 + one.int(3) }, () => order(one, { customer, stock, ids }))
    for (const { parcel, ...made } of orders) {
      state.orders.set(made.order_id, made)
      if (parcel) state.parcels.set(parcel.parcel_id, parcel)
    }
    state.customers.set(customer.customer_id, { ...customer, orders: orders.map(({ order_id }) => order_id) })
  }
  return {
    customers: Object.fromEntries(state.customers),
    articles: Object.fromEntries(stock.map((article) => [article.sku, article])),
    orders: Object.fromEntries(state.orders),
    parcels: Object.fromEntries(state.parcels),
  }
}

/** Five digits that were not given out before, in no order. */
function numbering(rng: Random): () => string {
  const left = rng.shuffle(Array.from({ length: 4000 }, (_, i) => `${10_000 + 22 * i + rng.int(22)}`))
  return () => left.pop()!
}

function articles(rng: Random): Article[] {
  const ids = numbering(rng.split('ids'))
  return KINDS.flatMap((kind) => {
    const looks = rng.shuffle(COLOURS.flatMap((colour) => SIZES.map((size) => ({ colour, size }))))
    return looks.slice(0, ARTICLES_OF_A_KIND).map((look) => ({
      ...{ sku: `A${ids()}`, kind, ...look },
      price: cents(5 + rng.int(9000) / 100 + 0.01),
      stock: rng.next() < 0.2 ? 0 : 1 + rng.int(12),
    }))
  })
}

function person(rng: Random, number: number): Pick<Customer, 'name' | 'email' | keyof Address> {
  const [first, last] = [FIRST[number % FIRST.length]!, rng.pick(LAST)]
  const email = `${first}.${last}${number}@post.example`.toLowerCase()
  return { name: `${first} ${last}`, email, ...somewhere(rng) }
}

export const somewhere = (rng: Random): Address => ({
  street: `${1 + rng.int(180)} ${rng.pick(STREETS)}`,
  city: rng.pick(CITIES),
  postcode: `${10_000 + rng.int(90_000)}`,
})

function purse(rng: Random, ids: () => string): Record<string, Payment> {
  const digits = rng.shuffle(Array.from({ length: 90 }, (_, i) => 10 + i)).slice(0, 1 + rng.int(2))
  const cards = digits.map((two) => ({ payment_id: `P${ids()}`, label: `the card ending in ${two}${two % 7}` }))
  const credit = { payment_id: `P${ids()}`, label: 'my shop credit', balance: cents(rng.int(12_000) / 100) }
  return Object.fromEntries([...cards, credit].map((payment) => [payment.payment_id, payment]))
}

interface Ordering {
  readonly customer: Omit<Customer, 'orders'>
  readonly stock: readonly Article[]
  readonly ids: () => string
}

function order(rng: Random, { customer, stock, ids }: Ordering): ShopOrder & { parcel?: Parcel } {
  const kinds = rng.shuffle(KINDS).slice(0, 1 + rng.int(3))
  const lines = kinds.map((kind) => {
    const { sku, price } = rng.pick(stock.filter((article) => article.kind === kind))
    return { sku, price, count: 1 + rng.int(2) }
  })
  const status = rng.pick(['open', 'open', 'open', 'sent', 'delivered', 'delivered'] as const)
  const parcel = { parcel_id: `K${ids()}`, place: rng.pick(CITIES), arrives: `${rng.pick(MONTHS)} ${10 + rng.int(19)}` }
  const { street, city, postcode } = customer
  return {
    ...{ order_id: `O${ids()}`, customer_id: customer.customer_id, status, lines, street, city, postcode },
    delivery: rng.pick(['standard', 'express']),
    paid: [{ payment_id: rng.pick(Object.keys(customer.payments)), amount: costOf(lines) }],
    ...(status === 'delivered' && { days_ago: 1 + rng.int(40) }),
    ...(status === 'sent' && { parcel_id: parcel.parcel_id, parcel }),
  }
}

export const costOf = (lines: readonly Line[]): number =>
  cents(lines.reduce((sum, { count, price }) => sum + count * price, 0))

export const KINDS =
  'kettle lamp rug chair desk shelf mirror clock blanket pillow teapot pan bowl vase basket stool curtain tray'.split(
    ' ',
  )
const COLOURS = 'red blue green grey white black yellow brown'.split(' ')
const SIZES = ['small', 'medium', 'large']
const MONTHS = ['June', 'July', 'August']
const FIRST =
  'Ada Bo Cleo Dag Edda Finn Greta Hugo Ines Jon Kaja Leo Mila Nils Oda Piet Runa Sven Tove Ulla Vera Wim Yara Zeno'.split(
    ' ',
  )
const LAST =
  'Albers Brandt Castell Dorn Ebner Falk Gruber Holm Iversen Jansen Keller Lund Moser Nolte Ortega Pohl Rask Stern Thorn Unger Vogt Winter'.split(
    ' ',
  )
const STREETS =
  'Mill Lane,Harbour Row,Oak Avenue,Station Road,Castle Hill,Garden Street,Bridge Street,Meadow Way'.split(',')
const CITIES = 'Altona Bergen Corvo Delft Esbjerg Faro Gmunden Hallein Imst Jever Kotor Lienz'.split(' ')
