/** Which page an address asks for. */
import type { JSX } from 'preact'
import type { Place } from '../route.ts'
import { href } from '../route.ts'
import { Empty } from '../ui/parts.tsx'
import { Certificate } from './certificate.tsx'
import { Compare } from './compare.tsx'
import { Papers } from './papers.tsx'
import { RunFrame } from './run-frame.tsx'
import { Runs } from './runs.tsx'

interface Shown {
  readonly title: string
  readonly body: JSX.Element
}

export function pageAt({ path, query }: Place): Shown {
  const [room, run = '', view = ''] = path
  if (room === undefined) return { title: '', body: <Runs query={query} /> }
  if (room === 'compare') return { title: 'Compare', body: <Compare query={query} /> }
  if (room === 'papers') return { title: 'Papers', body: <Papers query={query} /> }
  if (room === 'run' && view === 'certificate')
    return {
      title: `${run}, certificate`,
      body: (
        <RunFrame run={run} view={view}>
          {(now) => <Certificate now={now} query={query} />}
        </RunFrame>
      ),
    }
  return {
    title: 'Not here',
    body: (
      <Empty title="There is no such page.">
        <a href={href([])}>All runs</a>
      </Empty>
    ),
  }
}
