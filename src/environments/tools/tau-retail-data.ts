/** τ-bench's retail data as its folder holds them: users, orders, products, tasks, the policy and the tools' schemas. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Json, Split, Task } from '../../core/index.ts'
import { type Shelves, shelve } from '../kit/shelves.ts'
import { readJsonFile } from '../kit/task-file.ts'

const address = z.object({
  address1: z.string(),
  address2: z.string(),
  city: z.string(),
  state: z.string(),
  country: z.string(),
  zip: z.string(),
})

const options = z.record(z.string(), z.string())

/** A balance is what is on a gift card, in dollars. */
const method = z.looseObject({ id: z.string(), source: z.string(), balance: z.number().optional() })

const user = z.looseObject({
  name: z.object({ first_name: z.string(), last_name: z.string() }),
  address,
  email: z.string(),
  payment_methods: z.record(z.string(), method),
  orders: z.array(z.string()),
})

const payment = z.object({ transaction_type: z.string(), amount: z.number(), payment_method_id: z.string() })

const order = z.looseObject({
  order_id: z.string(),
  user_id: z.string(),
  address,
  items: z.array(
    z.looseObject({ name: z.string(), product_id: z.string(), item_id: z.string(), price: z.number(), options }),
  ),
  status: z.string(),
  payment_history: z.array(payment).min(1),
})

const variant = z.looseObject({ item_id: z.string(), options, available: z.boolean(), price: z.number() })
const product = z.looseObject({
  name: z.string(),
  product_id: z.string(),
  variants: z.record(z.string(), variant),
})

const task = z.looseObject({
  user_id: z.string(),
  instruction: z.string(),
  actions: z.array(z.object({ name: z.string(), kwargs: z.record(z.string(), z.json()) })),
  outputs: z.array(z.string()),
})

const schema = z.object({
  function: z.object({ name: z.string(), description: z.string(), parameters: z.json() }),
})

export type User = z.infer<typeof user>
export type Order = z.infer<typeof order>
export type Method = z.infer<typeof method>

export interface RetailState {
  readonly users: Shelves<User>
  readonly orders: Shelves<Order>
  readonly products: Readonly<Record<string, z.infer<typeof product>>>
}

export interface RetailTask {
  readonly user_id: string
  readonly instruction: string
  readonly actions: readonly { readonly name: string; readonly kwargs: Readonly<Record<string, Json>> }[]
  readonly outputs: readonly string[]
}

export interface ToolText {
  readonly about: string
  readonly parameters: Json
}

export interface RetailData {
  readonly state: RetailState
  readonly tasks: Readonly<Record<Split, readonly Task<RetailTask>[]>>
  readonly policy: string
  /** What each tool is said to be, by name. */
  readonly texts: ReadonlyMap<string, ToolText>
}

/** Throws a sentence, with the file and the field, where something is missing or not what it should be. */
export function readRetail(folder: string): RetailData {
  if (!existsSync(join(folder, 'policy.md'))) throw new Error(`there is no file 'policy.md' in the folder '${folder}'`)
  const tools = readJsonFile(folder, 'tools.json', z.array(schema))
  const test = existsSync(join(folder, 'tasks_test.json')) ? 'test' : 'dev'
  return {
    state: {
      users: shelve(readJsonFile(folder, 'users.json', z.record(z.string(), user))),
      orders: shelve(readJsonFile(folder, 'orders.json', z.record(z.string(), order))),
      products: readJsonFile(folder, 'products.json', z.record(z.string(), product)),
    },
    tasks: { train: tasksOf(folder, 'train'), test: tasksOf(folder, test) },
    policy: readFileSync(join(folder, 'policy.md'), 'utf8'),
    texts: new Map(
      tools.map(({ function: { name, description, parameters } }) => [name, { about: description, parameters }]),
    ),
  }
}

function tasksOf(folder: string, name: string): Task<RetailTask>[] {
  return readJsonFile(folder, `tasks_${name}.json`, z.array(task)).map(
    ({ user_id, instruction, actions, outputs }, i) => ({
      id: `${name}-${i}`,
      data: { user_id, instruction, actions, outputs },
    }),
  )
}
