/** A database of customers, products and orders, drawn from a number, and what can be asked of it and done to it. */
import { type Random, random, seedOf } from '../../core/index.ts'
import type { SqlTask } from './sql-env.ts'
import type { Table, Tables } from './tables.ts'

interface Customer {
  readonly id: number
  readonly name: string
  readonly city: string
}

interface Product {
  readonly id: number
  readonly name: string
  readonly price: number
  readonly stock: number
}

interface Order {
  readonly id: number
  readonly customer: number
  readonly product: number
  readonly quantity: number
  readonly status: string
}

export interface Warehouse {
  readonly customers: readonly Customer[]
  readonly products: readonly Product[]
  readonly orders: readonly Order[]
}

const NAMES = 'Ada Bruno Cora Dimitri Elif Fabian Greta Hakan Ivana Jasper Kaori Leon Mirela Noor'.split(' ')
const CITIES = 'Aachen Bergen Cadiz Dover'.split(' ')
const GOODS = 'lamp chair kettle rug clock shelf mirror stool vase basket'.split(' ')
const STATUSES = 'open sent paid cancelled'.split(' ')

export function fillWarehouse(number: number): Warehouse {
  const rng = random(seedOf('warehouse', number))
  const numbered = <T>(names: readonly string[], rest: () => T) =>
    rng.shuffle(names).map((name, i) => ({ id: i + 1, name, ...rest() }))
  const customers = numbered(NAMES.slice(0, 12), () => ({ city: rng.pick(CITIES) }))
  const products = numbered(GOODS, () => ({ price: 5 + rng.int(95), stock: rng.int(40) }))
  const orders = Array.from({ length: 40 }, (_, i) => ({
    id: 100 + i,
    customer: rng.pick(customers).id,
    product: rng.pick(products).id,
    quantity: 1 + rng.int(9),
    status: rng.pick(STATUSES),
  }))
  return { customers, products, orders }
}

const TEXTS = ['name', 'city', 'status']

/** The first column is the key. */
const columns = (key: string, ...others: readonly string[]): Table['columns'] => [
  [key, 'INTEGER PRIMARY KEY'],
  ...others.map((one): [string, string] => [one, TEXTS.includes(one) ? 'TEXT' : 'INTEGER']),
]

export function tablesOf({ customers, products, orders }: Warehouse): Tables {
  return [
    {
      name: 'customers',
      columns: columns('id', 'name', 'city'),
      rows: customers.map((one) => [one.id, one.name, one.city]),
    },
    {
      name: 'products',
      columns: columns('id', 'name', 'price', 'stock'),
      rows: products.map((one) => [one.id, one.name, one.price, one.stock]),
    },
    {
      name: 'orders',
      columns: columns('id', 'customer', 'product', 'quantity', 'status'),
      rows: orders.map((one) => [one.id, one.customer, one.product, one.quantity, one.status]),
    },
  ]
}

const JOINED = 'orders o JOIN customers c ON c.id = o.customer JOIN products p ON p.id = o.product'

/** Undefined where the warehouse has no such thing. The answers are counted here, and not by SQL. */
type Drawing = (warehouse: Warehouse, rng: Random) => SqlTask | undefined

const revenue: Drawing = ({ customers, products, orders }, rng) => {
  const [{ city }, status] = [rng.pick(customers), rng.pick(STATUSES)]
  const there = new Set(customers.filter((one) => one.city === city).map((one) => one.id))
  const those = orders.filter((one) => there.has(one.customer) && one.status === status)
  const price = new Map(products.map((one) => [one.id, one.price]))
  const sum = those.reduce((all, one) => all + one.quantity * price.get(one.product)!, 0)
  if (sum === 0) return undefined
  return {
    ask: `What are the orders with status '${status}' of customers in ${city} worth together? An order is worth its quantity times the price of its product.`,
    sql: [`SELECT sum(o.quantity * p.price) FROM ${JOINED} WHERE c.city = '${city}' AND o.status = '${status}'`],
    answers: [`${sum}`],
  }
}

const buyers: Drawing = ({ customers, products, orders }, rng) => {
  const { id, name } = rng.pick(products)
  const least = 4 + rng.int(4)
  const big = new Set(orders.filter((one) => one.product === id && one.quantity >= least).map((one) => one.customer))
  if (big.size === 0) return undefined
  return {
    ask: `Which customers have an order of at least ${least} of the product '${name}'? Give their names.`,
    sql: [`SELECT DISTINCT c.name FROM ${JOINED} WHERE p.name = '${name}' AND o.quantity >= ${least}`],
    answers: customers.filter((one) => big.has(one.id)).map((one) => one.name),
  }
}

const never: Drawing = ({ customers, products, orders }, rng) => {
  const { city } = rng.pick(customers)
  const there = new Set(customers.filter((one) => one.city === city).map((one) => one.id))
  const ordered = new Set(orders.filter((one) => there.has(one.customer)).map((one) => one.product))
  const others = products.filter((one) => !ordered.has(one.id))
  if (others.length === 0) return undefined
  return {
    ask: `Which products has nobody in ${city} ordered, whatever the order's status? Give their names.`,
    sql: [`SELECT name FROM products WHERE id NOT IN (SELECT o.product FROM ${JOINED} WHERE c.city = '${city}')`],
    answers: others.map((one) => one.name),
  }
}

const cancel: Drawing = ({ customers, orders }, rng) => {
  const { id, name } = rng.pick(customers)
  if (!orders.some((one) => one.customer === id && one.status === 'open')) return undefined
  return {
    ask: `Cancel all open orders of ${name}: their status becomes 'cancelled'.`,
    sql: [
      `UPDATE orders SET status = 'cancelled' WHERE status = 'open' AND customer = (SELECT id FROM customers WHERE name = '${name}')`,
    ],
    answers: null,
  }
}

const reprice: Drawing = ({ products }, rng) => {
  const [below, by] = [5 + rng.int(20), 1 + rng.int(9)]
  if (!products.some(({ stock }) => stock < below)) return undefined
  return {
    ask: `Raise the price of every product of which less than ${below} are in stock by ${by}.`,
    sql: [`UPDATE products SET price = price + ${by} WHERE stock < ${below}`],
    answers: null,
  }
}

const order: Drawing = ({ customers, products, orders }, rng) => {
  const [customer, product, quantity] = [rng.pick(customers), rng.pick(products), 1 + rng.int(9)]
  const number = Math.max(...orders.map(({ id }) => id)) + 1
  return {
    ask: `${customer.name} orders ${quantity} of the product '${product.name}': enter the order, with status 'open' and the next number after the highest, and take the quantity from the stock.`,
    sql: [
      `INSERT INTO orders VALUES (${number}, ${customer.id}, ${product.id}, ${quantity}, 'open')`,
      `UPDATE products SET stock = stock - ${quantity} WHERE id = ${product.id}`,
    ],
    answers: null,
  }
}

const clear: Drawing = ({ customers, orders }, rng) => {
  const { city } = rng.pick(customers)
  const there = new Set(customers.filter((one) => one.city === city).map((one) => one.id))
  if (!orders.some((one) => there.has(one.customer) && one.status === 'cancelled')) return undefined
  return {
    ask: `Delete the cancelled orders of all customers in ${city}.`,
    sql: [
      `DELETE FROM orders WHERE status = 'cancelled' AND customer IN (SELECT id FROM customers WHERE city = '${city}')`,
    ],
    answers: null,
  }
}

const KINDS: readonly Drawing[] = [revenue, cancel, buyers, reprice, never, order, clear]

/** Something to find out or to change; the kinds take turns. */
export function drawTask(warehouse: Warehouse, number: number): SqlTask {
  const rng = random(number).split('sql')
  for (let kind = number; ; kind += KINDS.length + 1) {
    const task = KINDS[kind % KINDS.length]!(warehouse, rng)
    if (task) return task
  }
}
