/** Worlds of tools over a state that they change, with somebody to talk to. */
import type { Catalogued } from '../catalogued.ts'
import { seatingOf } from '../kit/speaker.ts'
import { shop } from './shop.ts'
import { tauRetail } from './tau-retail.ts'
import { tau2 } from './tau2.ts'

const shared = { area: 'tools', isolation: 'none', argument: 'user | user=<strategy>: a model plays the user' } as const

export const toolsCatalogue: Readonly<Record<string, Catalogued>> = {
  shop: {
    ...shared,
    about:
      'a shop of ours: 17 tools, a policy, and customers who say more when asked; judged by the database and what was said',
    source: 'after τ-bench and APIGen-MT; Ludus, Apache-2.0',
    open: (argument) => shop(seatingOf(argument)),
  },
  'tau-retail': {
    ...shared,
    about: "τ-bench's retail shop: 16 tools, a policy, and a user; judged by the database and what was said",
    source: 'τ-bench, MIT',
    data: "τ-bench's retail data as JSON: users, orders, products, tools, tasks_train, tasks_dev, and policy.md",
    open: (argument, data) => tauRetail(`${data}`, seatingOf(argument)),
  },
  tau2: {
    ...shared,
    about: "τ²-bench's mock domain, a list of tasks: judged by whatever each of its tasks says",
    source: 'τ²-bench, MIT',
    data: "τ²-bench's mock domain: db.json, tasks.json, and policy.md where you have it",
    open: (argument, data) => tau2(`${data}`, seatingOf(argument)),
  },
}
