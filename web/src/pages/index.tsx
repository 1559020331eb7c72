/** Which page an address asks for. */
import type { JSX } from 'preact'
import type { Place } from '../route.ts'
import { href } from '../route.ts'
import { Empty } from '../ui/parts.tsx'
import { Overview } from './overview.tsx'
import { Runs } from './runs.tsx'

interface Shown {
  readonly title: string
  readonly body: JSX.Element
}

export function pageAt({ path, query }: Place): Shown {
  const [room, run = '', view = ''] = path
  if (room === undefined) return { title: '', body: <Runs query={query} /> }
  if (room === 'run' && run && view === '') return { title: run, body: <Overview run={run} query={query} /> }
  return {
    title: 'Not here',
    body: (
      <Empty title="There is no such page.">
        <a href={href([])}>All runs</a>
      </Empty>
    ),
  }
}
