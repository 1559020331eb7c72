/** Which page an address asks for. */
import type { JSX } from 'preact'
import type { Place } from '../route.ts'
import { href } from '../route.ts'
import { Empty } from '../ui/parts.tsx'
import { Certificate } from './certificate.tsx'
import { Compare } from './compare.tsx'
import { Overview } from './overview.tsx'
import { Papers } from './papers.tsx'
import { Runs } from './runs.tsx'
import { Search } from './search.tsx'

interface Shown {
  readonly title: string
  readonly body: JSX.Element
}

export function pageAt({ path, query }: Place): Shown {
  const [room, run = '', view = ''] = path
  if (room === undefined) return { title: '', body: <Runs query={query} /> }
  if (room === 'compare') return { title: 'Compare', body: <Compare query={query} /> }
  if (room === 'papers') return { title: 'Papers', body: <Papers query={query} /> }
  if (room === 'run' && run && view === '') return { title: run, body: <Overview run={run} query={query} /> }
  if (room === 'run' && view === 'certificate')
    return { title: `${run}, certificate`, body: <Certificate run={run} query={query} /> }
  if (room === 'run' && view === 'search') return { title: `${run}, search`, body: <Search run={run} query={query} /> }
  return {
    title: 'Not here',
    body: (
      <Empty title="There is no such page.">
        <a href={href([])}>All runs</a>
      </Empty>
    ),
  }
}
