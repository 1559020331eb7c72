/** What every page of one run has above it: its name and state, the ways to its other pages, and what can be done to it. */
import type { ComponentChildren, JSX } from 'preact'
import type { LiveStatus, Order, RunNow } from '../../../src/serve/view/wire.ts'
import { type Action, Button, useActions } from '../actions.tsx'
import { api, isExport, post } from '../api.ts'
import { type Live, useLive } from '../live.ts'
import { href } from '../route.ts'
import { askNumber, confirmed } from '../ui/dialog.tsx'
import { ErrorBox, Loading, State, Tabs } from '../ui/parts.tsx'
import { Tags } from '../ui/tags.tsx'

const VIEWS = [
  ['', 'Overview'],
  ['trajectories', 'Trajectories'],
  ['tasks', 'Tasks'],
  ['search', 'Search'],
] as const

interface FrameProps {
  readonly run: string
  /** Which of its pages this is: the third part of the address. */
  readonly view: string
  readonly children: (now: RunNow, live: Live) => ComponentChildren
}

export function RunFrame({ run, view, children }: FrameProps): JSX.Element {
  const live = useLive(run)
  const now = live.now.value
  const deeds = now ? controls(now) : []
  const ways = VIEWS.map(
    ([name, title], i): Action => ({
      id: `view-${name || 'overview'}`,
      title,
      key: `${i + 1}`,
      to: href(['run', run, name]),
    }),
  )
  useActions([...ways, find(run, view), ...deeds])
  const error = live.error.value
  if (!now) return error === undefined ? <Loading /> : <Missing run={run} error={error} />
  const certified = now.command === 'check'
  const tabs = [...(certified ? [['certificate', 'Certificate'] as const] : []), ...VIEWS]
  return (
    <>
      <div class="run-head">
        <h1>{run}</h1>
        <State state={now.state} />
        {now.live?.state === 'paused' && <span class="tag">paused</span>}
        <Tags run={run} tags={now.tags} />
        <div class="aside">
          {now.live &&
            deeds.filter(({ not }) => !not).map((action) => <Button key={action.id} action={action} class="small" />)}
        </div>
      </div>
      {error !== undefined && <ErrorBox error={error} />}
      <Tabs
        label="Pages of this run"
        tabs={tabs.map(([name, title]) => ({ name: title, to: href(['run', run, name]), open: name === view }))}
      />
      {children(now, live)}
    </>
  )
}

const Missing = ({ run, error }: { readonly run: string; readonly error: string }): JSX.Element => (
  <>
    <h1>{run}</h1>
    <ErrorBox error={error} />
    <p>
      See <a href={href([])}>all runs</a> of this folder; those of another:{' '}
      <code>ludus view --runs &lt;folder&gt;</code>.
    </p>
  </>
)

export const SEARCH_FIELD = 'search-field'

/** One key leads to the search from every page of the run, and on it to its field. */
function find(run: string, view: string): Action {
  const search = { id: 'find', title: 'Find in this run', key: '/' }
  if (view !== 'search') return { ...search, to: href(['run', run, 'search']) }
  return { ...search, run: () => document.getElementById(SEARCH_FIELD)?.focus() }
}

/** What a run under way can be told. */
function controls({ id, live }: RunNow): Action[] {
  if (isExport) return []
  const tell = (order: Order): Promise<LiveStatus> => post(api(['runs', id, 'control']), order)
  const none = live === null && 'no process is working on this run'
  const capUsd = live?.budgets.find(({ scope }) => scope === 'run')?.capUsd
  return [
    {
      id: 'pause',
      title: 'Pause',
      not: none || (live?.state !== 'running' && 'it is not going on'),
      run: () => tell({ do: 'pause' }),
    },
    {
      id: 'resume',
      title: 'Go on',
      not: none || (live?.state !== 'paused' && 'it is not paused'),
      run: () => tell({ do: 'resume' }),
    },
    {
      id: 'concurrency',
      title: 'Concurrency',
      not: none,
      async run() {
        const to = await askNumber('Concurrency', 'Episodes at a time', live?.concurrency ?? 1)
        return to === undefined ? undefined : tell({ do: 'concurrency', to })
      },
    },
    {
      id: 'budget',
      title: 'Budget',
      not: none || (capUsd === undefined && 'it was begun without a budget'),
      async run() {
        const to = await askNumber('Budget', 'Dollars for the whole run', capUsd ?? 1)
        return to === undefined ? undefined : tell({ do: 'budget', to })
      },
    },
    {
      id: 'cancel',
      title: 'Cancel',
      danger: true,
      not: none || (live?.state === 'cancelling' && 'it is being cancelled'),
      async run() {
        const sure = { title: `Cancel ${id}?`, about: 'What was played is kept.', yes: 'Cancel the run', danger: true }
        return (await confirmed(sure)) ? tell({ do: 'cancel' }) : undefined
      },
    },
  ]
}
