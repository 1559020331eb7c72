/** Which page an address asks for. */
import type { ComponentType, JSX } from 'preact'
import type { Place } from '../route.ts'
import { href } from '../route.ts'
import { Empty } from '../ui/parts.tsx'
import { Certificate } from './certificate.tsx'
import { Compare } from './compare.tsx'
import { Group } from './group.tsx'
import { Overview } from './overview.tsx'
import { Papers } from './papers.tsx'
import { Runs } from './runs.tsx'
import { Search } from './search.tsx'
import { Tasks } from './tasks.tsx'
import { Trajectories } from './trajectories.tsx'
import { Trajectory } from './trajectory.tsx'

interface Shown {
  readonly title: string
  readonly body: JSX.Element
}

type Query = Place['query']

/** #/<name> */
const pages: ReadonlyMap<string, readonly [title: string, page: ComponentType<{ query: Query }>]> = new Map([
  ['', ['', Runs]],
  ['compare', ['Compare', Compare]],
  ['papers', ['Papers', Papers]],
])

/** #/run/<run>/<name> */
const views: ReadonlyMap<string, ComponentType<{ run: string; query: Query }>> = new Map([
  ['', Overview],
  ['trajectories', Trajectories],
  ['tasks', Tasks],
  ['group', Group],
  ['trajectory', Trajectory],
  ['search', Search],
  ['certificate', Certificate],
])

export function pageAt({ path, query }: Place): Shown {
  const [room = '', run = '', view = ''] = path
  const View = room === 'run' && run !== '' ? views.get(view) : undefined
  if (View)
    return { title: query['id'] ?? [run, view].filter(Boolean).join(', '), body: <View run={run} query={query} /> }
  const [title, Page] = pages.get(room) ?? []
  if (Page && run === '') return { title: `${title}`, body: <Page query={query} /> }
  return {
    title: 'Not here',
    body: (
      <>
        <h1>Not here</h1>
        <Empty title="There is no such page.">
          <a href={href([])}>All runs</a>
        </Empty>
      </>
    ),
  }
}
