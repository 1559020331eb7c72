import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { successIn } from '../../../test/success-in.ts'
import { type EnvSpec, type Host, type Json, type Random, random, type Task } from '../../core/index.ts'
import { taken } from '../kit/shelves.ts'
import { differenceOf } from '../kit/state.ts'
import { type Deed, message, type ToolEnv } from '../kit/tool-env.ts'
import { gold, tauRetail } from './tau-retail.ts'
import { type RetailState, type RetailTask, readRetail } from './tau-retail-data.ts'

const data = process.env['LUDUS_DATA'] ?? join(import.meta.dirname, '../../../../shared/data')
const folder = join(data, 'tau-retail')
const there = existsSync(folder)
if (!there) process.stderr.write(`tau-retail not checked against its data: there is none in ${folder}\n`)

type Spec = EnvSpec<RetailTask, ToolEnv<RetailState>>
const host = { seed: 0, signal: new AbortController().signal } as Host

async function played(spec: Spec, task: Task<RetailTask>, deeds: readonly Deed[]) {
  const env = await spec.make(task, host)
  const before = env.state
  await env.reset()
  for (const [i, deed] of deeds.entries()) await env.step(message(deed, i))
  const success = await successIn(spec, task, env)
  const changed = differenceOf(before as unknown as Json, env.state as unknown as Json) !== undefined
  return { changed, success }
}

/** Other values that an argument might have been given: what else the database holds of its kind, or a slip of a key. */
function others(state: RetailState, task: RetailTask, [name, value]: readonly [string, Json]): Json[] {
  const user = taken(state.users, task.user_id)!
  const items = user.orders.flatMap((order) => taken(state.orders, order)?.items ?? [])
  const lists: Record<string, string[]> = {
    order_id: [...user.orders],
    payment_method_id: Object.keys(user.payment_methods),
    reason: ['no longer needed', 'ordered by mistake'],
    item_ids: items.map(({ item_id }) => item_id),
    new_item_ids: items.flatMap(({ product_id }) => Object.keys(state.products[product_id]!.variants)),
  }
  const known = lists[name] ?? []
  if (typeof value === 'string')
    return [...new Set([...known, `${value}0`, value.slice(0, -1)])].filter((v) => v !== value)
  const list = value as readonly string[]
  const replaced = list.flatMap((old, i) => known.filter((one) => one !== old).map((one) => list.with(i, one)))
  return [...replaced, list.slice(1), [...list, list[0]!]]
}

describe.skipIf(!there)("against τ-bench's retail data", () => {
  const state = there ? readRetail(folder).state : ({} as RetailState)
  const spec = there ? tauRetail(folder) : ({} as Spec)
  const tasks = there ? [...(spec.tasks('train') as Iterable<Task<RetailTask>>)] : []

  it('500 train tasks replay their ground truth, and 495 change the database', async () => {
    const replayed = await Promise.all(tasks.map((task) => played(spec, task, [...gold(task.data), 'done'])))
    const figures = {
      done: replayed.filter(({ success }) => success === 1).length,
      changed: replayed.filter(({ changed }) => changed).length,
    }
    expect(figures).toEqual({ done: 500, changed: 495 })
  })

  it('a gold action with one other argument is rejected in at least 99 of 100 tries', async () => {
    const rng = random(1)
    const every = Number(process.env['LUDUS_ATTACKS'] ?? 0) >= 1000 ? 1 : 20
    const tried = { all: 0, accepted: [] as string[] }
    for (const task of tasks.filter((_, i) => i % every === 0)) {
      const way = gold(task.data)
      const steps = await effects(spec, task)
      for (const [i, changes] of steps.entries()) if (changes) await change(task, { way, i, rng })
    }
    async function change(task: Task<RetailTask>, { way, i, rng }: { way: Deed[]; i: number; rng: Random }) {
      const action = task.data.actions[i]!
      for (const entry of Object.entries(action.kwargs)) {
        const other = rng.pick(others(state, task.data, entry))
        const deed = { name: action.name, arguments: { ...action.kwargs, [entry[0]]: other } }
        const { success } = await played(spec, task, [...way.with(i, deed), 'done'])
        tried.all++
        if (success !== 0)
          tried.accepted.push(`${task.id} ${action.name} ${entry[0]} ${JSON.stringify([entry[1], other])}`)
      }
    }
    if (every === 1) process.stderr.write(`${JSON.stringify(tried, null, 1)}\n`)
    expect(tried.accepted.length / tried.all).toBeLessThanOrEqual(0.01)
    expect(tried.all).toBeGreaterThan(100)
  })
})

/** Of each gold action, whether it changes the database. */
async function effects(spec: Spec, task: Task<RetailTask>): Promise<boolean[]> {
  const env = await spec.make(task, host)
  const out: boolean[] = []
  for (const [i, deed] of gold(task.data).entries()) {
    const before = env.state
    await env.step(message(deed, i))
    out.push(env.state !== before)
  }
  return out
}
