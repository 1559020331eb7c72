/** One trajectory: its steps, its tokens, its time, and its world as a picture. */
import type { JSX } from 'preact'
import type { RunNow, TrajectoryHead } from '../../../src/serve/view/wire.ts'
import { api, useGet } from '../api.ts'
import { href, type Place } from '../route.ts'
import { Empty, ErrorBox, Loading, Tabs } from '../ui/parts.tsx'
import { RunFrame } from './run-frame.tsx'
import { Head } from './trajectory/head.tsx'
import { Picture } from './trajectory/picture.tsx'
import { RawCall } from './trajectory/raw-call.tsx'
import { Steps } from './trajectory/steps.tsx'
import { Timing } from './trajectory/timing.tsx'
import { Tokens } from './trajectory/tokens.tsx'
import './trajectory.css'

const VIEWS = ['steps', 'tokens', 'timing', 'picture'] as const
type View = (typeof VIEWS)[number]

interface TrajectoryProps extends Pick<Place, 'query'> {
  readonly run: string
}

export function Trajectory({ run, query }: TrajectoryProps): JSX.Element {
  return (
    <RunFrame run={run} view="trajectory">
      {(now) =>
        query['id'] ? (
          <Whole run={now} id={query['id']} query={query} />
        ) : (
          <Empty title="No trajectory is named.">
            <a href={href(['run', run, 'trajectories'])}>All trajectories of this run</a>
          </Empty>
        )
      }
    </RunFrame>
  )
}

interface WholeProps extends Pick<Place, 'query'> {
  readonly run: RunNow
  readonly id: string
}

function Whole({ run, id, query }: WholeProps): JSX.Element {
  const { data: head, error, reload } = useGet<TrajectoryHead>(api(['runs', run.id, 'trajectory'], { id }))
  if (error !== undefined && !head) return <ErrorBox error={error} retry={reload} />
  if (!head) return <Loading />
  const view = VIEWS.find((name) => name === query['view']) ?? 'steps'
  const raw = numberIn(query['raw'])
  const tabs = VIEWS.map((name) => ({
    name: `${name[0]?.toUpperCase()}${name.slice(1)}`,
    to: href(['run', run.id, 'trajectory'], { id, view: name === 'steps' ? null : name, step: query['step'] }),
    open: name === view,
  }))
  return (
    <div class="trajectory">
      <Head run={run} head={head} />
      <Tabs label="Views of this trajectory" tabs={tabs} />
      <Shown view={view} run={run.id} head={head} query={query} />
      {raw !== undefined && <RawCall key={raw} run={run.id} id={id} call={raw} />}
    </div>
  )
}

interface ShownProps extends Pick<Place, 'query'> {
  readonly view: View
  readonly run: string
  readonly head: TrajectoryHead
}

function Shown({ view, run, head, query }: ShownProps): JSX.Element {
  const step = numberIn(query['step'])
  const at = step !== undefined && step < head.steps.length ? step : undefined
  if (view === 'steps') return <Steps run={run} head={head} at={at} />
  if (view === 'tokens') return <Tokens run={run} head={head} />
  if (view === 'timing') return <Timing head={head} />
  return <Picture run={run} head={head} at={step ?? 0} />
}

const numberIn = (text: string | undefined): number | undefined =>
  /^\d{1,9}$/.test(text ?? '') ? Number(text) : undefined
