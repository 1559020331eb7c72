/** `ludus ctl <run> <order>`: speaks to a run while it is under way. */
import { openRun } from '../data/index.ts'
import { spentOf } from './access.ts'
import { UsageError, usage } from './args.ts'
import { command, common, print } from './command.ts'
import { type Order, type Status, command as tell } from './control.ts'
import { duration } from './table.ts'

const ORDERS = ['status', 'pause', 'resume', 'cancel', 'concurrency <n>', 'budget <dollars>']

export const ctl = command({
  about: `speak to a run under way: ${ORDERS.join(', ')}`,
  positionals: ['run', 'order', 'to?'],
  flags: { runs: common.runs, json: common.json },
  async run({ flags, positionals: [where, name, to] }) {
    await using run = await usage(() => openRun(`${where}`, flags.runs))
    const status = await tell(run.path, orderOf(`${name}`, to))
    print(status, said(status), flags)
    return 0
  },
})

function orderOf(name: string, to: string | undefined): Order {
  const number = Number(to)
  if (name === 'concurrency') {
    if (!Number.isInteger(number) || number < 1)
      throw new UsageError(`ludus ctl … concurrency takes a whole number from 1, not '${to ?? ''}'`)
    return { do: name, to: number }
  }
  if (name === 'budget') {
    if (!(number > 0 && Number.isFinite(number)))
      throw new UsageError(`ludus ctl … budget takes a positive number of dollars, not '${to ?? ''}'`)
    return { do: name, to: number }
  }
  if (to !== undefined) throw new UsageError(`ludus ctl … ${name} takes nothing more, not '${to}'`)
  if (name === 'status' || name === 'pause' || name === 'resume' || name === 'cancel') return { do: name }
  throw new UsageError(`a run cannot be told '${name}': it can be told ${ORDERS.join(', ')}`)
}

const said = ({ state, done, total, unit, inFlight, concurrency, seconds, budgets }: Status): string =>
  [
    `${state}: ${done} of ${total} ${unit} done, ${inFlight} episodes in flight of ${concurrency} at a time, ${duration(seconds)} so far`,
    ...budgets.map(spentOf),
  ].join('\n')
