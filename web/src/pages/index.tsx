/** Which page an address asks for. */
import type { JSX } from 'preact'
import type { Place } from '../route.ts'
import { href } from '../route.ts'
import { Empty } from '../ui/parts.tsx'
import { Runs } from './runs.tsx'
import { Trajectory } from './trajectory.tsx'

interface Shown {
  readonly title: string
  readonly body: JSX.Element
}

export function pageAt({ path, query }: Place): Shown {
  const [room, run = '', view = ''] = path
  if (room === undefined) return { title: '', body: <Runs query={query} /> }
  if (room === 'run' && view === 'trajectory')
    return { title: query['id'] ?? run, body: <Trajectory run={run} query={query} /> }
  return {
    title: 'Not here',
    body: (
      <Empty title="There is no such page.">
        <a href={href([])}>All runs</a>
      </Empty>
    ),
  }
}
