/** Worlds of tools over a state that they change, with somebody to talk to. */
import type { Catalogued } from '../catalogued.ts'
import { seatingOf } from '../kit/speaker.ts'
import { tauRetail } from './tau-retail.ts'

const shared = { area: 'tools', isolation: 'none', argument: 'user | user=<strategy>: a model plays the user' } as const

export const toolsCatalogue: Readonly<Record<string, Catalogued>> = {
  'tau-retail': {
    ...shared,
    about: "τ-bench's retail shop: 16 tools, a policy, and a user; judged by the database and what was said",
    source: 'τ-bench, MIT',
    data: "τ-bench's retail data as JSON: users, orders, products, tools, tasks_train, tasks_dev, and policy.md",
    open: (argument, data) => tauRetail(`${data}`, seatingOf(argument)),
  },
}
