/**
 * `shop`: a shop of ours with 17 tools and a policy, in the spirit of τ-bench's. Customers want one to three things,
 * say more when they are asked, and judge by what the database has come to be and by what they were told.
 */
import { type EnvSpec, type Json, type Random, random, type Split, type Task } from '../../core/index.ts'
import { modelSpeaker, type Seating } from '../kit/speaker.ts'
import { type Deed, stateAfter, type ToolEnv, toolEnv } from '../kit/tool-env.ts'
import { aftermath } from './aftermath.ts'
import { shopGraph } from './shop-graph.ts'
import { type Customer, type ShopState, shopFrom } from './shop-state.ts'
import { errandOf } from './shop-tasks.ts'
import { shopPolicy, shopTools } from './shop-tools.ts'
import { customer, type Errand, errandInWords, serving } from './shop-user.ts'

export interface ShopTask extends Errand {
  readonly customer_id: string
}

const SEED = 20_260_101
const SIZES: Readonly<Record<Split, number>> = { train: 300, test: 100 }

export function shop({ model }: Seating = {}): EnvSpec<ShopTask, ToolEnv<ShopState>> {
  const state = shopFrom(SEED)
  const tasks = { train: tasksOf(state, 'train'), test: tasksOf(state, 'test') }
  return toolEnv<ShopState, ShopTask>({
    id: `shop${model ? `:user=${model}` : ''}@1`,
    tasks: (split) => tasks[split](),
    limits: { steps: 40 },
    instructions: shopPolicy,
    tools: shopTools,
    start: () => state,
    speaker: (task, host) =>
      model ? modelSpeaker(host.model('user'), { instruction: errandInWords(task), strategy: model }) : customer(task),
    success(env, { requests }) {
      const wanted = stateAfter(
        shopTools,
        state,
        requests.flatMap(({ calls }) => calls),
      )
      return aftermath(
        env,
        wanted,
        requests.flatMap(({ outputs }) => outputs),
      )
    },
    solve: serving,
    guess: ({ customer_id }, random) => drawn(state, state.customers[customer_id]!, random),
    view: ({ calls, talk, over }) => ({ calls, talk, over }) as unknown as Json,
  })
}

/** Made when first asked for. Every other customer is in training, the others are for testing. */
function tasksOf(state: ShopState, split: Split): () => readonly Task<ShopTask>[] {
  let made: readonly Task<ShopTask>[] | undefined
  const customers = Object.values(state.customers).filter((_, i) => i % 2 === (split === 'train' ? 0 : 1))
  const rng = random(SEED).split(split)
  return () => {
    made ??= Array.from({ length: SIZES[split] }, (_, i) => {
      const one = customers[i % customers.length]!
      const data = { customer_id: one.customer_id, ...errandOf(state, one, rng.split(i)) }
      return { id: `${split}-${i}`, data }
    })
    return made
  }
}

/** A call of any tool with what this customer's affairs offer. */
function drawn({ orders, articles }: ShopState, one: Customer, random: Random): Deed {
  const { lines, parcel_id } = orders[random.pick(one.orders)]!
  const { email, name, street, city, postcode, customer_id } = one
  const { kind, sku } = articles[random.pick(lines).sku]!
  const alike = Object.values(articles).filter((article) => article.kind === kind)
  const known: Readonly<Record<string, Json>> = {
    ...{ email, name, street, city, postcode, customer_id, sku, kind, count: 1, summary: 'help' },
    order_id: random.pick(one.orders),
    payment_id: random.pick(Object.keys(one.payments)),
    parcel_id: parcel_id ?? '',
    skus: [sku],
    new_sku: random.pick(alike).sku,
    reason: random.pick(['changed my mind', 'ordered by mistake']),
    delivery: random.pick(['standard', 'express']),
  }
  const tool = random.pick(Object.keys(shopTools))
  const takes = Object.keys(shopGraph.ports[tool]?.takes ?? { summary: '' })
  return { name: tool, arguments: Object.fromEntries(takes.map((argument) => [argument, known[argument]!])) }
}
