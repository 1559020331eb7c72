/** The matrix of tasks by attempts, where the hard, the easy and the flaky stand out; and what k attempts are worth. */
import type { JSX } from 'preact'
import type { PassCurve, RunNow, Solved, Tasks as TaskPage, TaskRow } from '../../../src/serve/view/wire.ts'
import { api, useGet } from '../api.ts'
import { fixed } from '../format.ts'
import { href, type Place, refine } from '../route.ts'
import { useSlow } from '../slow.ts'
import { Stacked } from '../ui/bars.tsx'
import { BatchSelect } from '../ui/batch-select.tsx'
import { Chart } from '../ui/chart.tsx'
import { Filters, Find } from '../ui/filters.tsx'
import { Card, Empty, ErrorBox, lookMark, lookName, lookOf, Select } from '../ui/parts.tsx'
import { usePaged } from '../ui/table.tsx'
import { Virtual } from '../ui/virtual.tsx'
import { Figured } from './overview-parts.tsx'
import { RunFrame } from './run-frame.tsx'
import './tasks.css'

interface TasksProps extends Pick<Place, 'query'> {
  readonly run: string
}

export function Tasks({ run, query }: TasksProps): JSX.Element {
  return (
    <RunFrame run={run} view="tasks">
      {(now) => <Matrix now={now} query={query} />}
    </RunFrame>
  )
}

interface MatrixProps extends Pick<Place, 'query'> {
  readonly now: RunNow
}

const ASKED_EVERY_MS = 1500
const SORTS = [
  ['', 'as played'],
  ['hardest', 'hardest first'],
  ['easiest', 'easiest first'],
  ['flakiest', 'flakiest first'],
] as const

function Matrix({ now, query }: MatrixProps): JSX.Element {
  const { batch = '', text = '', sort = '' } = query
  const stamp = useSlow(now.stamp, ASKED_EVERY_MS)
  const path = (offset: number, limit: number): string =>
    api(['runs', now.id, 'tasks'], { batch, text, sort, offset, limit })
  const tasks = usePaged(JSON.stringify([now.id, batch, text, sort]), path, (page: TaskPage) => page.tasks, stamp)
  const { data: first } = useGet<TaskPage>(path(0, 1), stamp)
  if (tasks.total === 0 && batch === '' && text === '')
    return <Empty title="No task has been tried yet.">They appear here as their first episodes end.</Empty>
  return (
    <>
      <div class="cards">
        <Card title="Tasks by success">{first && <Stacked parts={solved(now, query, first.solved)} />}</Card>
        <Curves run={now.id} batch={batch} stamp={stamp} />
      </div>
      <Narrowing now={now} query={query} stamp={stamp} />
      {tasks.error !== undefined && <ErrorBox error={tasks.error} />}
      {tasks.total === 0 && <Empty title="No task is like that.">Loosen the filters above.</Empty>}
      <div class="task task-heads quiet" aria-hidden="true">
        <span>task</span>
        <span class="number">success</span>
        <span class="number">return</span>
        <span class="number">tries</span>
        <span>attempts, each a link to its trajectory</span>
      </div>
      <Virtual
        count={tasks.total ?? 1}
        height={heightOf(first?.attempts ?? 1)}
        role="list"
        itemRole="listitem"
        label="Tasks"
        class="tasks"
        onView={tasks.onView}
      >
        {(index) => {
          const task = tasks.item(index)
          return task ? <Task now={now} task={task} /> : <div class="task waiting">…</div>
        }}
      </Virtual>
    </>
  )
}

/** A guess: rows are measured when they are drawn. */
const heightOf = (attempts: number): number => 35 + 26 * Math.floor(attempts / 28)

const solved = ({ id }: RunNow, query: Place['query'], count: Solved) => {
  const to = (sort: string): string => href(['run', id, 'tasks'], { ...query, sort })
  return [
    { look: 'won', name: 'always done', count: count.always, to: to('easiest') },
    { look: 'part', name: 'sometimes', count: count.sometimes, to: to('flakiest') },
    { look: 'lost', name: 'never', count: count.never, to: to('hardest') },
    { look: 'unscored', name: 'no attempt has a score', count: count.unscored, to: to('hardest') },
  ] as const
}

function Narrowing({ now, query, stamp }: MatrixProps & { readonly stamp: string }): JSX.Element {
  return (
    <Filters>
      <Find name="text" placeholder="part of a task's name" />
      <Select label="order" value={query['sort'] ?? ''} options={SORTS} onChange={(sort) => refine({ sort })} />
      <BatchSelect run={now.id} value={query['batch'] ?? ''} stamp={stamp} onChange={(batch) => refine({ batch })} />
    </Filters>
  )
}

interface TaskProps {
  readonly now: RunNow
  readonly task: TaskRow
}

function Task({ now, task: { task, batch, cells, success, return: paid, attempts, scored } }: TaskProps): JSX.Element {
  return (
    <div class="task">
      <div class="task-name">
        <a href={href(['run', now.id, 'group'], { task, batch })} title={task}>
          {task}
        </a>
        {batch !== '' && <span class="quiet"> {batch}</span>}
      </div>
      <span class={`number ${success === null ? 'quiet' : toneOf(success)}`} title="mean success">
        <span class="unseen">success </span>
        {fixed(success)}
      </span>
      <span class="number quiet" title="mean return">
        <span class="unseen">return </span>
        {fixed(paid)}
      </span>
      <span class="number quiet" title={`${scored} of ${attempts} attempts have a score`}>
        {scored < attempts ? `${scored}/${attempts}` : attempts}
        <span class="unseen"> attempts</span>
      </span>
      <div class={`cells ${cells.length > 32 ? 'many' : ''}`}>
        {cells.map((cell) => {
          const look = lookOf(cell)
          const label = `attempt ${cell.attempt}: ${lookName(look)}${cell.return === null ? '' : `, return ${fixed(cell.return)}`}`
          return (
            <a
              key={cell.id}
              class={`cell ${look}`}
              href={href(['run', now.id, 'trajectory'], { id: cell.id })}
              title={label}
              aria-label={label}
            >
              {lookMark(look)}
            </a>
          )
        })}
      </div>
    </div>
  )
}

/** Never, always, or now and then. */
const toneOf = (success: number): string => (success <= 0 ? 'never' : success >= 1 ? 'always' : 'sometimes')

interface CurvesProps {
  readonly run: string
  readonly batch: string
  readonly stamp: string
}

/** Those that people name: powers of two, and the last. */
const named = ({ k }: PassCurve, i: number, all: readonly PassCurve[]): boolean =>
  Number.isInteger(Math.log2(k)) || i === all.length - 1

function Curves({ run, batch, stamp }: CurvesProps): JSX.Element {
  const { data } = useGet<readonly PassCurve[]>(api(['runs', run, 'pass'], { batch }), stamp)
  if (!data || data.length === 0) return <Card title="pass@k and pass^k">No attempt has a score of success.</Card>
  const curve = (name: string, of: 'passAt' | 'passHat') => ({
    name,
    points: data.map((at) => ({ x: at.k, y: at[of] })),
  })
  const shown = data.filter(named)
  return (
    <Card title="pass@k and pass^k">
      <div class="pass">
        {data.length > 1 && (
          <Chart
            title="at least one of k attempts succeeds, and all of them do"
            x="k"
            curves={[curve('pass@k', 'passAt'), curve('pass^k', 'passHat')]}
            range={[0, 1]}
            height={140}
          />
        )}
        <Figured label="pass@k and pass^k" heads={['#k', '#pass@k', '#pass^k']}>
          {shown.map(({ k, passAt, passHat }) => (
            <tr key={k}>
              <th scope="row" class="number">
                {k}
              </th>
              <td class="number">{fixed(passAt, 3)}</td>
              <td class="number">{fixed(passHat, 3)}</td>
            </tr>
          ))}
        </Figured>
      </div>
    </Card>
  )
}
