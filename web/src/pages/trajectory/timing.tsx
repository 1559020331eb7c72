/** Where the time went: a row for each call, one after the other, as a waterfall and as a table in one. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { CallOutline, TrajectoryHead } from '../../../../src/serve/view/wire.ts'
import { duration, named, percent, short } from '../../format.ts'
import { Empty, Stat } from '../../ui/parts.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { seatClass, seatsOf } from './seats.ts'
import { RawLink, stepAddress } from './step.tsx'

interface TimingRow extends CallOutline {
  readonly call: number
  readonly step: number | null
  /** Since the first call began, the calls laid end to end. */
  readonly startMs: number
}

export function rowsOf({ steps, trailing }: Pick<TrajectoryHead, 'steps' | 'trailing'>): TimingRow[] {
  let startMs = 0
  const all = [
    ...steps.flatMap(({ calls }, step) => calls.map((call) => ({ ...call, step }))),
    ...trailing.map((call) => ({ ...call, step: null })),
  ]
  return all.map((one, call) => {
    const row = { ...one, call, startMs }
    startMs += one.timeMs
    return row
  })
}

export function Timing({ head }: { readonly head: TrajectoryHead }): JSX.Element {
  const rows = useMemo(() => rowsOf(head), [head])
  const seats = useMemo(() => seatsOf(head), [head])
  if (rows.length === 0)
    return <Empty title="No model was asked.">All of its {duration(head.timeMs / 1000)} were the world's.</Empty>
  const asked = rows.reduce((sum, { timeMs }) => sum + timeMs, 0)
  const total = Math.max(asked, head.timeMs)
  return (
    <>
      <Sums rows={rows} asked={asked} timeMs={head.timeMs} seats={seats} />
      <Table label="Calls in their order" columns={columnsOf(total, seats)} count={rows.length} row={(i) => rows[i]} />
    </>
  )
}

interface SumsProps {
  readonly rows: readonly TimingRow[]
  readonly asked: number
  readonly timeMs: number
  readonly seats: readonly string[]
}

/** How much was whose. Worlds and judges leave no times of their own: theirs is what is left. */
function Sums({ rows, asked, timeMs, seats }: SumsProps): JSX.Element {
  const seconds = (ms: number): string => duration(ms / 1000)
  const longest = rows.reduce((most, row) => (row.timeMs > most.timeMs ? row : most))
  return (
    <dl class="stats timing-sums">
      <Stat name="in all" value={seconds(timeMs)} />
      {seats.map((seat) => {
        const ms = rows.filter(({ role }) => role === seat).reduce((sum, row) => sum + row.timeMs, 0)
        return (
          <Stat
            key={seat}
            name={`calls of ${named(seat)}`}
            value={seconds(ms)}
            note={percent(ms / Math.max(1e-9, timeMs))}
          />
        )
      })}
      <Stat
        name="world, judging and the rest"
        value={asked > timeMs ? '–' : seconds(timeMs - asked)}
        note={asked > timeMs ? 'calls ran side by side' : percent((timeMs - asked) / Math.max(1e-9, timeMs))}
      />
      <Stat name="longest call" value={seconds(longest.timeMs)} note={`call ${longest.call}`} />
    </dl>
  )
}

const perSecond = ({ completionTokens, timeMs }: TimingRow): string =>
  completionTokens === null || timeMs <= 0 ? '–' : short(completionTokens / (timeMs / 1000))

function columnsOf(totalMs: number, seats: readonly string[]): Column<TimingRow>[] {
  const percentOf = (ms: number): string => `${(100 * ms) / Math.max(1e-9, totalMs)}%`
  return [
    { name: 'call', width: '2.6rem', number: true, cell: ({ call }) => call },
    {
      name: 'step',
      width: '2.6rem',
      number: true,
      cell: ({ step }) => (step === null ? '–' : <a href={stepAddress(step)}>{step}</a>),
    },
    {
      name: 'seat',
      width: 'minmax(6rem, 10rem)',
      cell: ({ role }) => <span class={`seat ${seatClass(seats, role)}`}>{named(role)}</span>,
    },
    { name: 'model', width: 'minmax(4rem, 12rem)', wide: 'wider', cell: ({ model }) => named(model) },
    { name: 'began', width: '5.5rem', number: true, wide: true, cell: ({ startMs }) => duration(startMs / 1000) },
    { name: 'took', width: '5.5rem', number: true, cell: ({ timeMs }) => duration(timeMs / 1000) },
    { name: 'tokens/s', width: '5rem', number: true, wide: true, cell: perSecond },
    {
      name: 'when',
      width: 'minmax(4rem, 1fr)',
      cell: ({ startMs, timeMs, role }) => (
        <span class="waterfall" aria-hidden="true">
          <span
            class={`waterfall-bar ${seatClass(seats, role)}`}
            style={{ left: percentOf(startMs), width: percentOf(timeMs) }}
          />
        </span>
      ),
    },
    { name: 'more', width: '3rem', wide: true, cell: ({ call }) => <RawLink call={call} /> },
  ]
}
