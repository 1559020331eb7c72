/** Runs side by side: each against the first over the tasks that both played, who won where, and the attempts behind it. */
import './compare.css'
import type { ComponentChildren, JSX } from 'preact'
import type { Compared, ComparedTask, ComparedTasks } from '../../../src/serve/view/wire.ts'
import { api, useGet } from '../api.ts'
import { meaning, shared, signOf, warnings, winners } from '../compared.ts'
import { dollars, fixed, short, signed } from '../format.ts'
import { href, type Place, refine } from '../route.ts'
import { Filters, Find } from '../ui/filters.tsx'
import { Difference, IntervalPlot, scaleOf } from '../ui/interval-plot.tsx'
import { Empty, ErrorBox, Loading, Mean, Select, State } from '../ui/parts.tsx'
import { type Column, Table, usePaged } from '../ui/table.tsx'
import { Behind } from './compare-behind.tsx'

export function Compare({ query }: Pick<Place, 'query'>): JSX.Element {
  const ids = [...new Set((query['runs'] ?? '').split(',').filter(Boolean))]
  const metric = query['metric'] === 'return' ? 'return' : 'success'
  const asked = { runs: ids.join(','), metric }
  const { data, error, reload } = useGet<Compared>(ids.length < 2 ? null : api(['compare'], asked))
  return (
    <>
      <h1>Compare</h1>
      {ids.length < 2 ? (
        <Empty title="Two runs or more can be compared.">
          Mark them in the <a href={href([])}>list of runs</a>, and press <kbd>c</kbd>.
        </Empty>
      ) : error !== undefined ? (
        <ErrorBox error={error} retry={reload} />
      ) : !data ? (
        <Loading />
      ) : (
        <Both compared={data} query={query} />
      )}
    </>
  )
}

interface BothProps extends Pick<Place, 'query'> {
  readonly compared: Compared
}

function Both({ compared, query }: BothProps): JSX.Element {
  const { metric } = compared
  return (
    <>
      <div class="filters">
        <Select
          label="compared by"
          value={metric}
          options={[
            ['success', 'success'],
            ['return', 'return'],
          ]}
          onChange={(value) => refine({ metric: value })}
        />
      </div>
      {warnings(compared).map((warning) => (
        <p class="warning" key={warning}>
          <span aria-hidden="true">⚠ </span>
          {warning}
        </p>
      ))}
      <div class="compare-head">
        <RunsTable compared={compared} />
        <Pairs compared={compared} />
      </div>
      <Tasks compared={compared} query={query} />
    </>
  )
}

function RunsTable({ compared: { runs } }: { readonly compared: Compared }): JSX.Element {
  return (
    <section class="card" aria-label="Runs">
      <h2>Runs</h2>
      <table class="stacks">
        <thead>
          <tr>
            <th>run</th>
            <th>who</th>
            <th>world</th>
            <th class="number">success</th>
            <th class="number">return</th>
            <th class="number">episodes</th>
            <th class="number">cost</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <Cell name="run">
                <a href={href(['run', run.id])}>{run.id}</a> {run.state !== 'done' && <State state={run.state} />}
              </Cell>
              <Cell name="who">{[run.model || run.command, run.agent].filter(Boolean).join(', ')}</Cell>
              <Cell name="world">{run.env}</Cell>
              <Cell name="success" number>
                <Mean of={run.success} />
              </Cell>
              <Cell name="return" number>
                <Mean of={run.return} digits={1} />
              </Cell>
              <Cell name="episodes" number>
                {short(run.trajectories)}
              </Cell>
              <Cell name="cost" number>
                {dollars(run.costUsd)}
              </Cell>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface CellProps {
  readonly name: string
  readonly number?: boolean
  readonly children: ComponentChildren
}

/** Its column's name stands before it where the table is too wide for the window. */
const Cell = ({ name, number, children }: CellProps): JSX.Element => (
  <td data-name={name} class={number ? 'number' : ''}>
    <span>{children}</span>
  </td>
)

function Pairs({ compared: { runs, pairs, metric } }: { readonly compared: Compared }): JSX.Element {
  const first = runs[0]?.id ?? ''
  const scale = scaleOf(pairs.map(({ delta }) => delta))
  return (
    <section class="card" aria-label={`Against ${first}`}>
      <h2>
        Against {first} <span class="quiet">mean difference of {metric}, task by task, with its 95 % interval</span>
      </h2>
      <div class="pairs">
        {pairs.map((pair) => (
          <div class="pair" key={pair.run}>
            <strong>{pair.run}</strong>
            <IntervalPlot of={pair.delta} scale={scale} />
            <Difference of={pair.delta} digits={metric === 'success' ? 3 : 2} />
            <p>{meaning(pair, first, metric)}</p>
            <p class="quiet">
              Better on {pair.wins}, alike on {pair.ties}, worse on {pair.losses} of {shared(pair)} tasks
              {pair.onlyHere > 0 && `; ${pair.onlyHere} only here`}
              {pair.onlyThere > 0 && `; ${pair.onlyThere} only in ${first}`}.
            </p>
          </div>
        ))}
      </div>
    </section>
  )
}

function Tasks({ compared: { runs, metric }, query }: BothProps): JSX.Element {
  const { sort = 'disagreement', order = sort === 'task' ? 'ascending' : 'descending', only, find, task } = query
  const ids = runs.map(({ id }) => id)
  const asked = { runs: ids.join(','), metric, sort, only, text: find, descending: order === 'descending' || null }
  const path = (offset: number, limit: number): string => api(['compared-tasks'], { ...asked, offset, limit })
  const { item, onView, total, error } = usePaged<ComparedTasks, ComparedTask>(path(0, 0), path, (page) => page.tasks)
  const won = ids.map((id, i): [string, string] => [`${i}`, `${id} won`])
  return (
    <section aria-label="Who won where">
      <h2 class="where">Who won where</h2>
      <Filters>
        <Find name="find" placeholder="task …" />
        <Select
          label="only"
          value={only ?? ''}
          options={[['', 'all'], ...won, ['ties', 'ties'], ['alone', 'not in every run']]}
          onChange={(value) => refine({ only: value })}
        />
        <Select
          label="by"
          value={sort}
          options={[
            ['disagreement', 'disagreement'],
            ['task', 'name'],
            ...ids.slice(1).map((id, i): [string, string] => [`${i + 1}`, `${id}'s difference`]),
          ]}
          onChange={(value) => refine({ sort: value, order: null })}
        />
        {total !== undefined && <span class="quiet number">{short(total)} tasks</span>}
      </Filters>
      {error !== undefined && <ErrorBox error={error} />}
      {total === 0 && <Empty title="No task is like that.">Loosen the filters above.</Empty>}
      <Table
        label="Tasks of the runs"
        columns={columnsOf(ids, metric)}
        count={total ?? 0}
        row={item}
        to={(row) => href(['compare'], { ...query, task: row.task })}
        current={(row) => row.task === task}
        order={{ by: sort, descending: order === 'descending' }}
        onOrder={({ by, descending }) => refine({ sort: by, order: descending ? 'descending' : 'ascending' })}
        onView={onView}
      />
      {task !== undefined && <Behind task={task} runs={ids} />}
    </section>
  )
}

function columnsOf(ids: readonly string[], metric: Compared['metric']): Column<ComparedTask>[] {
  const digits = metric === 'success' ? 2 : 1
  return [
    { name: 'task', sort: 'task', width: 'minmax(5rem, 2fr)', cell: ({ task }) => task },
    ...ids.map(
      (id, i): Column<ComparedTask> => ({
        name: id,
        sort: `${i}`,
        width: i === 0 ? 'minmax(4.5rem, 1fr)' : 'minmax(8.5rem, 1fr)',
        number: true,
        wide: i > 1,
        cell: (row) => <TaskMean row={row} at={i} run={id} digits={digits} />,
      }),
    ),
  ]
}

interface TaskMeanProps {
  readonly row: ComparedTask
  readonly at: number
  readonly run: string
  readonly digits: number
}

/** Leads to the trajectories behind it. */
function TaskMean({ row, at, run, digits }: TaskMeanProps): JSX.Element {
  const [first, mean] = [row.means[0] ?? null, row.means[at] ?? null]
  if (mean === null) return <span class="quiet">not there</span>
  const best = winners(row).includes(at)
  const delta = at > 0 && first !== null ? mean - first : null
  return (
    <>
      {delta !== null && (
        <span class={`delta ${delta > 0 ? 'up' : delta < 0 ? 'down' : ''}`}>
          {signOf(delta)} {delta === 0 ? '' : signed(delta, digits)}
        </span>
      )}
      <a class={`above mean ${best ? 'best' : ''}`} href={href(['run', run, 'trajectories'], { task: row.task })}>
        {fixed(mean, digits)}
        {best && <span class="unseen"> won</span>}
      </a>
    </>
  )
}
