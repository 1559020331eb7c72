/** Full text over everything in a run: found as it is typed, and each find leads to its step. */
import './search.css'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { RunNow, SearchHit } from '../../../src/serve/view/wire.ts'
import { short } from '../format.ts'
import { href, type Place, refine } from '../route.ts'
import { type Found, useSearch } from '../search.ts'
import { Empty, ErrorBox } from '../ui/parts.tsx'
import { Virtual } from '../ui/virtual.tsx'
import { RunFrame, SEARCH_FIELD } from './run-frame.tsx'

interface SearchProps extends Pick<Place, 'query'> {
  readonly run: string
}

export const Search = ({ run, query }: SearchProps): JSX.Element => (
  <RunFrame run={run} view="search">
    {(now) => <Body now={now} q={query['q'] ?? ''} />}
  </RunFrame>
)

interface BodyProps {
  readonly now: RunNow
  readonly q: string
}

function Body({ now, q }: BodyProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const { found, error, more } = useSearch(now.id, q, now.state === 'running' ? '' : now.stamp)
  useEffect(() => field.current?.focus({ preventScroll: true }), [])
  return (
    <>
      <form class="search" onSubmit={(event) => event.preventDefault()}>
        <input
          ref={field}
          id={SEARCH_FIELD}
          type="search"
          aria-label="Find in this run"
          aria-describedby="search-help"
          placeholder="What was seen, thought, done or answered"
          value={q}
          onInput={(event) => refine({ q: event.currentTarget.value })}
        />
        <p id="search-help" class="quiet">
          All words must occur; <code>"a phrase"</code> as it stands; <code>begin*</code> for what begins so. The key{' '}
          <kbd>/</kbd> leads here.
        </p>
      </form>
      {error !== undefined && <ErrorBox error={error} />}
      <p class="search-state quiet" role="status">
        {found && q.trim() !== '' && said(found)}
      </p>
      {found && found.total === 0 && (
        <Empty title="Nothing in this run says that.">Try fewer words, or the beginning of one with a star.</Empty>
      )}
      {found && found.hits.length > 0 && (
        <Virtual
          count={found.hits.length}
          height={64}
          role="list"
          itemRole="listitem"
          label="Found"
          onView={(_, to) => to >= found.hits.length - 5 && more()}
        >
          {(i) => <Hit run={now.id} hit={found.hits[i]!} />}
        </Virtual>
      )}
    </>
  )
}

function said({ total, more, indexed, of }: Found): string {
  const count = `${more ? 'more than ' : ''}${short(total)} ${total === 1 && !more ? 'place' : 'places'}`
  if (indexed >= of) return count
  return `${count} so far: ${short(indexed)} of ${short(of)} trajectories are indexed (${Math.floor((100 * indexed) / of)} %)`
}

const Hit = ({ run, hit: { id, step, where, snippet } }: { readonly run: string; readonly hit: SearchHit }) => (
  <a class="hit" href={href(['run', run, 'trajectory'], { id, step })}>
    <span class="hit-head">
      <strong>{id}</strong> <span class="tag">{where}</span>
      {step !== null && <span class="quiet number">step {step}</span>}
    </span>
    <span class="snippet">{snippet.map(({ text, mark }, i) => (mark ? <mark key={i}>{text}</mark> : text))}</span>
  </a>
)
