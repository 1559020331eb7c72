/** Attempts at one task side by side, step by step: what they had in common, where they parted, and what it brought. */
import type { JSX } from 'preact'
import { useMemo, useRef } from 'preact/hooks'
import type { GroupAttempt, Group as GroupOf, RunNow } from '../../../src/serve/view/wire.ts'
import { type AlignedRow, aligned, type Span } from '../alignment.ts'
import { api, useGet } from '../api.ts'
import { fixed, signed } from '../format.ts'
import { href, type Place } from '../route.ts'
import { useSlow } from '../slow.ts'
import { Empty, ErrorBox, Loading, lookOf, Outcome, Stat } from '../ui/parts.tsx'
import { Virtual } from '../ui/virtual.tsx'
import './group.css'
import { RunFrame } from './run-frame.tsx'

interface GroupProps extends Pick<Place, 'query'> {
  readonly run: string
}

export function Group({ run, query }: GroupProps): JSX.Element {
  const { task = '', batch = '' } = query
  return (
    <RunFrame run={run} view="tasks">
      {(now) => <Loaded now={now} task={task} batch={batch} />}
    </RunFrame>
  )
}

interface LoadedProps {
  readonly now: RunNow
  readonly task: string
  readonly batch: string
}

const ASKED_EVERY_MS = 3000

function Loaded({ now, task, batch }: LoadedProps): JSX.Element {
  const stamp = useSlow(now.stamp, ASKED_EVERY_MS)
  const { data, error, reload } = useGet<GroupOf>(api(['runs', now.id, 'group'], { task, batch }), stamp)
  if (!data) return error === undefined ? <Loading /> : <ErrorBox error={error} retry={reload} />
  if (data.attempts.length === 0)
    return (
      <Empty title={`Nobody has tried '${task}'${batch && ` in ${batch}`}.`}>
        <a href={href(['run', now.id, 'tasks'])}>All tasks</a>
      </Empty>
    )
  return (
    <>
      <Head now={now} group={data} />
      <Grid run={now.id} group={data} />
    </>
  )
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

function Head({ now, group }: { readonly now: RunNow; readonly group: GroupOf }): JSX.Element {
  const { task, batch, attempts, total } = group
  const of = (name: 'success' | 'return'): number[] => attempts.flatMap(({ row }) => row[name] ?? [])
  return (
    <>
      <h2 class="group-title">
        {task} <span class="quiet">{batch}</span>
      </h2>
      <dl class="stats group-stats">
        <Stat
          name="attempts"
          value={total}
          note={total > attempts.length ? `the first ${attempts.length} are shown` : ''}
        />
        <Stat name="scored" value={attempts.filter(({ row }) => row.outcome === 'scored').length} />
        <Stat name="success" value={fixed(mean(of('success')))} />
        <Stat name="return" value={fixed(mean(of('return')))} />
        <div class="stat">
          <dt>also</dt>
          <dd>
            <a href={href(['run', now.id, 'trajectories'], { task, batch })}>as a list</a>
          </dd>
        </div>
      </dl>
    </>
  )
}

/** In px: a step's column, an attempt's, and a row. */
const [STEP_PX, ATTEMPT_PX, GROUP_ROW_PX] = [64, 168, 50]

function Grid({ run, group }: { readonly run: string; readonly group: GroupOf }): JSX.Element {
  const { attempts, rows } = useMemo(() => aligned(group.attempts), [group])
  const heads = useRef<HTMLDivElement>(null)
  const style = {
    '--columns': `${STEP_PX}px repeat(${attempts.length}, ${ATTEMPT_PX}px)`,
    '--wide': `${STEP_PX + attempts.length * ATTEMPT_PX}px`,
  }
  return (
    <div
      class="group"
      role="table"
      aria-label={`Attempts at ${group.task}`}
      aria-rowcount={rows.length + 2}
      style={style}
    >
      <div class="group-heads" ref={heads} role="rowgroup">
        <div class="group-row" role="row">
          <span role="columnheader" class="group-step">
            step
          </span>
          {attempts.map((attempt) => (
            <AttemptHead key={attempt.row.id} run={run} attempt={attempt} />
          ))}
        </div>
      </div>
      <div
        class="group-body"
        role="rowgroup"
        onScroll={({ currentTarget }) => heads.current?.scrollTo({ left: currentTarget.scrollLeft })}
      >
        <div class="group-row group-rewards" role="row">
          <span role="rowheader" class="group-step quiet">
            rewards
          </span>
          {attempts.map((attempt) => (
            <Rewards key={attempt.row.id} attempt={attempt} />
          ))}
        </div>
        <Virtual count={rows.length} height={GROUP_ROW_PX} exact role="presentation" itemRole="presentation">
          {(step) => <StepRow run={run} step={step} row={rows[step]!} attempts={attempts} />}
        </Virtual>
      </div>
    </div>
  )
}

interface AttemptProps {
  readonly attempt: GroupAttempt
}

function AttemptHead({ run, attempt: { row, advantage } }: AttemptProps & { readonly run: string }): JSX.Element {
  return (
    <span role="columnheader" class="group-head">
      <span class="group-line">
        <a href={href(['run', run, 'trajectory'], { id: row.id })}>attempt {row.attempt}</a>
        <Outcome look={lookOf(row)} plain />
      </span>
      <span class="group-line number">
        <span title="return">{fixed(row.return)}</span>
        <span
          class={advantage === null || advantage === 0 ? 'quiet' : advantage > 0 ? 'group-ahead' : 'group-behind'}
          title="advantage: (return − mean) / standard deviation within the group"
        >
          <span class="unseen">advantage </span>
          {signed(advantage, 2)}
        </span>
      </span>
    </span>
  )
}

function Rewards({ attempt: { row } }: AttemptProps): JSX.Element {
  const rewards = Object.entries(row.rewards)
  return (
    <span role="cell" class="group-cell">
      {rewards.map(([name, { value, weight, why }]) => (
        <span key={name} class="group-line" title={why ?? ''}>
          <span class={weight === 0 ? 'quiet' : ''}>{name}</span>
          <span class="number">{fixed(value)}</span>
        </span>
      ))}
      {rewards.length === 0 && <span class="quiet">{row.failure ? row.failure.message : 'none'}</span>}
    </span>
  )
}

interface StepRowProps {
  readonly run: string
  readonly step: number
  readonly row: AlignedRow
  readonly attempts: readonly GroupAttempt[]
}

function StepRow({ run, step, row: { spans, ways }, attempts }: StepRowProps): JSX.Element {
  return (
    <div class={`group-row ${ways > 1 ? 'parting' : ''}`} role="row" aria-rowindex={step + 3}>
      <span role="rowheader" class="group-step number">
        {step}
        {ways > 1 && <span class="ways">{ways} ways</span>}
      </span>
      {spans.map((span) => (
        <StepCell key={span.from} run={run} step={step} span={span} attempts={attempts} />
      ))}
    </div>
  )
}

interface StepCellProps extends Omit<StepRowProps, 'row'> {
  readonly span: Span
}

function StepCell({ run, step, span: { from, count }, attempts }: StepCellProps): JSX.Element {
  const within = attempts.slice(from, from + count)
  const steps = within.map((attempt) => attempt.steps[step]!)
  const { preview } = steps[0]!
  const rewards = new Set(steps.map(({ reward }) => reward))
  const failed = steps.filter(({ error }) => error).length
  return (
    <span
      role="cell"
      aria-colspan={count}
      class={`group-cell ${count > 1 ? 'common' : ''}`}
      style={{ gridColumn: `${from + 2} / span ${count}` }}
    >
      <span class="group-said">
        <a href={href(['run', run, 'trajectory'], { id: within[0]!.row.id, step })} title={preview}>
          {preview || '(nothing)'}
        </a>
        <span class="group-line">
          <span class="quiet">{count > 1 && `${count} alike`}</span>
          {failed > 0 && <span class="bad">{failed === count ? '! error' : `! ${failed} errors`}</span>}
          <span class="number">{rewards.size > 1 ? 'rewards differ' : rewarded(steps[0]!.reward)}</span>
        </span>
      </span>
    </span>
  )
}

const rewarded = (reward: number): string => (reward === 0 ? '' : signed(reward, 2))
