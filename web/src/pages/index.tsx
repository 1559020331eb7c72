/** Which page an address asks for. */
import type { JSX } from 'preact'
import type { Place } from '../route.ts'
import { href } from '../route.ts'
import { Empty } from '../ui/parts.tsx'
import { Group } from './group.tsx'
import { Overview } from './overview.tsx'
import { Runs } from './runs.tsx'
import { Tasks } from './tasks.tsx'
import { Trajectories } from './trajectories.tsx'

interface Shown {
  readonly title: string
  readonly body: JSX.Element
}

export function pageAt({ path, query }: Place): Shown {
  const [room, run = '', view = ''] = path
  if (room === undefined) return { title: '', body: <Runs query={query} /> }
  if (room === 'run' && run && view === '') return { title: run, body: <Overview run={run} query={query} /> }
  if (room === 'run' && view === 'trajectories')
    return { title: `${run}, trajectories`, body: <Trajectories run={run} query={query} /> }
  if (room === 'run' && view === 'tasks') return { title: `${run}, tasks`, body: <Tasks run={run} query={query} /> }
  if (room === 'run' && view === 'group')
    return { title: `${run}, ${query['task']}`, body: <Group run={run} query={query} /> }
  return {
    title: 'Not here',
    body: (
      <Empty title="There is no such page.">
        <a href={href([])}>All runs</a>
      </Empty>
    ),
  }
}
