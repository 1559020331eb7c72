/** The attempts of each run at one task, side by side: what a difference between runs is made of. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Row, Rows } from '../../../src/serve/view/wire.ts'
import { Button, useActions } from '../actions.tsx'
import { api, useGet } from '../api.ts'
import { fixed, short } from '../format.ts'
import { href, refine } from '../route.ts'
import { lookOf, Outcome } from '../ui/parts.tsx'

/** So many attempts of a run are shown; the link leads to all. */
const MOST = 24

export function Behind({ task, runs }: { readonly task: string; readonly runs: readonly string[] }): JSX.Element {
  const box = useRef<HTMLElement>(null)
  const close = { id: 'close-task', title: 'Close', key: 'Escape', run: () => refine({ task: null }) }
  useActions([close])
  useEffect(() => box.current?.focus({ preventScroll: true }), [task])
  return (
    <section class="behind card" aria-label={`Attempts at ${task}`} ref={box} tabIndex={-1}>
      <header>
        <h3>{task}</h3>
        <Button action={close} class="small" />
      </header>
      {runs.map((run) => (
        <Attempts key={run} run={run} task={task} />
      ))}
    </section>
  )
}

function Attempts({ run, task }: { readonly run: string; readonly task: string }): JSX.Element {
  const { data, error } = useGet<Rows>(api(['runs', run, 'rows'], { task, offset: 0, limit: MOST }))
  return (
    <div class="attempts">
      <a href={href(['run', run, 'trajectories'], { task })}>{run}</a>
      <div>
        {error !== undefined && <span class="bad">{error}</span>}
        {data?.total === 0 && <span class="quiet">did not play it</span>}
        {data?.rows.map((row) => (
          <Attempt key={row.id} run={run} row={row} />
        ))}
        {data && data.total > MOST && <span class="quiet"> and {short(data.total - MOST)} more</span>}
      </div>
    </div>
  )
}

const Attempt = ({ run, row }: { readonly run: string; readonly row: Row }): JSX.Element => (
  <a class="attempt" href={href(['run', run, 'trajectory'], { id: row.id })}>
    <Outcome look={lookOf(row)} plain />
    {row.return !== null && <span class="number">{fixed(row.return, 1)}</span>}
    <span class="quiet number">{row.steps} steps</span>
  </a>
)
