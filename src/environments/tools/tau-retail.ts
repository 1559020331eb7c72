/**
 * `tau-retail`: τ-bench's retail shop (Yao et al. 2024) from a folder of the user's. A task is done when the database
 * is what the task's own actions make of it, and everything that was to be said was said.
 */
import type { EnvSpec, Json, Random } from '../../core/index.ts'
import { taken } from '../kit/shelves.ts'
import { candidSpeaker, modelSpeaker, type Seating } from '../kit/speaker.ts'
import { type Deed, stateAfter, type ToolEnv, type Tools, toolEnv } from '../kit/tool-env.ts'
import { aftermath } from './aftermath.ts'
import { type RetailState, type RetailTask, readRetail } from './tau-retail-data.ts'
import { retailTools } from './tau-retail-tools.ts'

/** The original's. */
const MOST_STEPS = 30

/** Throws a sentence, with the file and the field, where the folder is not what it should be. */
export function tauRetail(folder: string, { model }: Seating = {}): EnvSpec<RetailTask, ToolEnv<RetailState>> {
  const { state, tasks, policy, texts } = readRetail(folder)
  const tools = retailTools(texts)
  return toolEnv<RetailState, RetailTask>({
    id: `tau-retail${model ? `:user=${model}` : ''}@1`,
    tasks: (split) => tasks[split],
    limits: { steps: MOST_STEPS },
    instructions: policy,
    tools,
    start: () => state,
    speaker: ({ instruction }, host) =>
      model
        ? modelSpeaker(host.model('user'), { instruction, strategy: model })
        : candidSpeaker(`This is what I am and what I want: ${instruction}`),
    success: (env, task) => aftermath(env, stateAfter(tools, state, gold(task)), task.outputs),
    solve: (task) => [...gold(task), ['All is done.', ...task.outputs].join(' ')],
    guess: (task, random) => drawn(tools, { state, task, random }),
    view: ({ calls, talk, over }) => ({ calls, talk, over }) as unknown as Json,
  })
}

export const gold = ({ actions }: RetailTask): Deed[] =>
  actions.map(({ name, kwargs }) => ({ name, arguments: kwargs }))

interface Drawing {
  readonly state: RetailState
  readonly task: RetailTask
  readonly random: Random
}

/** A call of any tool, with arguments that somebody who looked around could know. */
function drawn(tools: Tools<RetailState>, { state, task, random }: Drawing): Deed {
  const user = taken(state.users, task.user_id)
  const order_id = random.pick(user && user.orders.length > 0 ? user.orders : ['#W0000000'])
  const items = taken(state.orders, order_id)?.items ?? []
  const item = items.length > 0 ? random.pick(items) : undefined
  const product_id = item?.product_id ?? random.pick(Object.keys(state.products))
  const product = Object.hasOwn(state.products, product_id) ? state.products[product_id] : undefined
  const known: Readonly<Record<string, Json>> = {
    ...user?.address,
    ...user?.name,
    email: user?.email ?? '',
    ...{ user_id: task.user_id, order_id, product_id },
    item_ids: item ? [item.item_id] : [],
    new_item_ids: product ? [random.pick(Object.keys(product.variants))] : [],
    payment_method_id: random.pick(Object.keys(user?.payment_methods ?? { none: {} })),
    reason: random.pick(['no longer needed', 'ordered by mistake']),
    ...{ expression: '1 + 1', thought: 'hm', summary: 'help' },
  }
  const name = random.pick(Object.keys(tools))
  const { properties = {} } = tools[name]!.parameters as { properties?: Record<string, Json> }
  return { name, arguments: Object.fromEntries(Object.keys(properties).map((key) => [key, known[key] ?? ''])) }
}
