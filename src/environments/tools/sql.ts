/** A warehouse's database to query and to change: judged by the answer, and by what the tables hold then. */
import type { EnvSpec, Random, Split, Task } from '../../core/index.ts'
import type { Deed } from '../kit/tool-env.ts'
import { answering, type SqlEnv, type SqlTask, sqlEnv, statement } from './sql-env.ts'
import { drawTask, fillWarehouse, tablesOf } from './warehouse.ts'

export interface WarehouseTask extends SqlTask {
  /** Which warehouse. */
  readonly warehouse: number
}

const COUNTS: Readonly<Record<Split, number>> = { train: 400, test: 100 }

export function sql(): EnvSpec<WarehouseTask, SqlEnv> {
  return sqlEnv<WarehouseTask>({
    id: 'sql@1',
    tasks,
    tables: ({ warehouse }) => tablesOf(fillWarehouse(warehouse)),
    guess: randomDeed,
  })
}

function* tasks(split: Split): Generator<Task<WarehouseTask>> {
  const first = split === 'train' ? 0 : COUNTS.train
  for (let warehouse = first; warehouse < first + COUNTS[split]; warehouse++)
    yield { id: `warehouse-${warehouse}`, data: { warehouse, ...drawTask(fillWarehouse(warehouse), warehouse) } }
}

function randomDeed({ warehouse }: WarehouseTask, rng: Random): Deed {
  const { customers, products } = fillWarehouse(warehouse)
  return rng.pick([
    statement(`SELECT * FROM ${rng.pick(['customers', 'products', 'orders'])}`),
    statement(`UPDATE products SET stock = ${rng.int(50)} WHERE id = ${rng.pick(products).id}`),
    statement(`DELETE FROM orders WHERE id = ${100 + rng.int(40)}`),
    answering([rng.pick([rng.pick(customers).name, rng.pick(products).name, `${rng.int(1000)}`])]),
    answering([]),
  ])
}
