/** Which page an address asks for. */
import type { JSX } from 'preact'
import type { Place } from '../route.ts'
import { href } from '../route.ts'
import { Empty } from '../ui/parts.tsx'
import { Runs } from './runs.tsx'

interface Shown {
  readonly title: string
  readonly body: JSX.Element
}

export function pageAt({ path, query }: Place): Shown {
  const [room, _run = '', _view = ''] = path
  if (room === undefined) return { title: '', body: <Runs query={query} /> }
  return {
    title: 'Not here',
    body: (
      <Empty title="There is no such page.">
        <a href={href([])}>All runs</a>
      </Empty>
    ),
  }
}
