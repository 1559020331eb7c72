/** Which batch is meant: all, all whose names begin alike, or one. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { BatchTotals } from '../../../src/serve/view/wire.ts'
import { batchGroups } from '../batches.ts'
import { short } from '../format.ts'

interface BatchSelectProps {
  readonly value: string
  readonly batches: readonly BatchTotals[]
  readonly onChange: (batch: string) => void
}

export function BatchSelect({ value, batches, onChange }: BatchSelectProps): JSX.Element | null {
  const key = batches.map(({ batch, trajectories }) => `${batch} ${trajectories}`).join('\n')
  const options = useMemo(() => groupsOf(batches), [key])
  if (batches.length < 2) return null
  return (
    <label class="field batch-select">
      <span>batch</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">all {batches.length}</option>
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
