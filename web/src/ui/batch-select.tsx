/** Which batch is meant: all, all whose names begin alike, or one. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { BatchTotals } from '../../../src/serve/view/wire.ts'
import { api, type Got, useGet } from '../api.ts'
import { batchGroups } from '../batches.ts'
import { short } from '../format.ts'
import { useSlow } from '../slow.ts'

const ASKED_EVERY_MS = 3000
export const useBatches = (run: string, stamp: string): Got<readonly BatchTotals[]> =>
  useGet<readonly BatchTotals[]>(api(['runs', run, 'batches']), useSlow(stamp, ASKED_EVERY_MS))

interface BatchSelectProps {
  readonly run: string
  readonly value: string
  /** Of the run: asks again when it changes. */
  readonly stamp: string
  readonly onChange: (batch: string) => void
}

export function BatchSelect({ run, value, stamp, onChange }: BatchSelectProps): JSX.Element | null {
  const { data } = useBatches(run, stamp)
  const options = useMemo(() => groupsOf(data ?? []), [data])
  if (!data || data.length < 2) return null
  return (
    <label class="field batch-select">
      <span>batch</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">all {data.length}</option>
        {options}
      </select>
    </label>
  )
}

function groupsOf(batches: readonly BatchTotals[]): JSX.Element[] {
  return batchGroups(batches).map(({ name, batches: within, totals }) => (
    <optgroup key={name} label={name || 'others'}>
      {name !== '' && within.length > 1 && (
        <option value={name}>
          all of {name} ({short(totals.trajectories)})
        </option>
      )}
      {within.map(({ batch, trajectories }) => (
        <option key={batch} value={batch}>
          {batch} ({short(trajectories)})
        </option>
      ))}
    </optgroup>
  ))
}
