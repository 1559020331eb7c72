/** Every token of every call as running text, coloured by what is known of it. */
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TokenOutline, TrajectoryHead } from '../../../../src/serve/view/wire.ts'
import { type Action, Button, useActions } from '../../actions.tsx'
import { api, useGet } from '../../api.ts'
import { named } from '../../format.ts'
import { place as address, refine } from '../../route.ts'
import { Empty, ErrorBox, Loading, Select } from '../../ui/parts.tsx'
import { Virtual } from '../../ui/virtual.tsx'
import { seatsOf } from './seats.ts'
import { BlockView } from './token-block.tsx'
import { COLOURINGS, type Colouring } from './token-colours.ts'
import { Detail, Legend } from './token-detail.tsx'
import { type At, type Block, beside, blockOf, blocksOf, leastLikely, nextBreak, nextCall } from './token-layout.ts'
import { type Slices, useSlices } from './token-slices.ts'
import './tokens.css'

interface TokensProps {
  readonly run: string
  readonly head: TrajectoryHead
}

export function Tokens({ run, head }: TokensProps): JSX.Element {
  const { data, error, reload } = useGet<TokenOutline>(api(['runs', run, 'tokens'], { id: head.id }))
  if (error !== undefined && !data) return <ErrorBox error={error} retry={reload} />
  if (!data) return <Loading />
  if (data.calls.length === 0)
    return <Empty title="No model was asked: there are no tokens.">What ended the episode stands above.</Empty>
  if (data.calls.every(({ source }) => typeof source !== 'string')) return <NotCaptured outline={data} />
  return <Layer key={head.id} run={run} head={head} outline={data} />
}

/** Why there are none, each reason once. */
function NotCaptured({ outline: { calls } }: { readonly outline: TokenOutline }): JSX.Element {
  const reasons = new Set(calls.flatMap(({ source }) => (typeof source === 'string' ? [] : named(source.none))))
  return (
    <Empty title="No tokens were captured.">
      {[...reasons].slice(0, 8).map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <p>
        A model that samples in this process gives them (<code>engine:…</code>), and so does a server that answers with
        token ids and logprobs (<code>openai:…</code>).
      </p>
    </Empty>
  )
}

function Layer({ run, head, outline }: TokensProps & { readonly outline: TokenOutline }): JSX.Element {
  const { colour } = address.value.query
  const by = COLOURINGS.find(([name]) => name === colour)?.[0] ?? 'logprob'
  const slices = useSlices(run, head.id, outline)
  const [at, setAt] = useAt(outline)
  const [over, setOver] = useState<At>()
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set())
  const open = useMemo(() => opened(unfolded, at, outline), [unfolded, at, outline])
  const blocks = useMemo(() => blocksOf(outline.calls, open), [outline, open])
  const [seats, versions] = useMemo(() => [seatsOf(head), versionsOf(outline)], [head, outline])
  const shown = over ?? at
  const ways = waysBetween(outline, at, setAt)
  useActions(ways)
  useEffect(() => {
    if (shown) slices.load(shown.call, shown.place, shown.place + 1)
  }, [shown])
  const view = useRef({ from: 0, to: 0 })
  const focus = useFocus(blocks, at, view)
  return (
    <section class="tokens" aria-label="Tokens">
      <Bar by={by} ways={ways} />
      <Legend by={by} outline={outline} versions={versions} />
      <Learned outline={outline} />
      {slices.error !== undefined && (
        <ErrorBox error={slices.error} retry={() => loadAll(slices, blocks, view.current)} />
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys do the same */}
      <div
        class="token-list"
        onPointerMove={({ target }) => setOver(pointedAt(target))}
        onPointerLeave={() => setOver(undefined)}
        onClick={({ target }) => setAt(pointedAt(target) ?? at)}
        onKeyDown={() => setOver(undefined)}
      >
        <Virtual
          count={blocks.length}
          height={(i) => heightOf(blocks[i]!, outline)}
          focus={focus}
          label="Calls and their tokens"
          role="group"
          onView={(from, to) => {
            view.current = { from, to }
            loadAll(slices, blocks, view.current)
          }}
        >
          {(i) => (
            <BlockView
              block={blocks[i]!}
              {...{ outline, slices, by, at, seats, versions }}
              unfold={(call) => setUnfolded(new Set([...unfolded, call]))}
            />
          )}
        </Virtual>
      </div>
      <div class="token-detail" role="status" aria-label="The token">
        <Detail outline={outline} at={shown} token={shown && slices.token(shown)} />
      </div>
    </section>
  )
}

/** The prefix is unfolded where the token that is looked at is in it. */
function opened(unfolded: ReadonlySet<number>, at: At | undefined, { calls }: TokenOutline): ReadonlySet<number> {
  return at && at.place < calls[at.call]!.shared ? new Set([...unfolded, at.call]) : unfolded
}

const versionsOf = ({ calls }: TokenOutline): number[] =>
  [...new Set(calls.flatMap(({ policyVersion }) => policyVersion ?? []))].sort((a, b) => a - b)

function loadAll(slices: Slices, blocks: readonly Block[], { from, to }: { from: number; to: number }): void {
  for (const block of blocks.slice(from, to)) if (block.kind === 'tokens') slices.load(block.call, block.from, block.to)
}

/** A guess in px, before it is measured: as many lines as such text takes at this width. */
function heightOf(block: Block, { texts }: TokenOutline): number {
  if (block.kind === 'head') return 52
  if (block.kind !== 'tokens') return 34
  const perLine = Math.min(innerWidth, 1700) / 8
  return 8 + 22 * Math.ceil(((block.to - block.from) * (texts ? 3 : 6)) / perLine)
}

/** The token under the pointer. */
function pointedAt(target: EventTarget | null): At | undefined {
  const token = target instanceof Element ? target.closest<HTMLElement>('[data-place]') : null
  const call = token?.closest<HTMLElement>('[data-call]')?.dataset['call']
  return token && call !== undefined ? { call: Number(call), place: Number(token.dataset['place']) } : undefined
}

const URL_MS = 250

/** The token that is looked at; the address has it as `at=<call>.<place>`, a moment later. */
function useAt(outline: TokenOutline): readonly [At | undefined, (at: At | undefined) => void] {
  const given = address.value.query['at']
  const [at, set] = useState(() => read(given, outline))
  const known = useRef(given)
  useEffect(() => {
    if (given === known.current) return
    known.current = given
    set(read(given, outline))
  }, [given])
  useEffect(() => {
    const timer = setTimeout(() => {
      const text = at && `${at.call}.${at.place}`
      if (known.current === text) return
      known.current = text
      refine({ at: text })
    }, URL_MS)
    return () => clearTimeout(timer)
  }, [at])
  return [at, set]
}

function read(text: string | undefined, { calls }: TokenOutline): At | undefined {
  const [, call, place] = /^(\d{1,9})\.(\d{1,9})$/.exec(text ?? '') ?? []
  const found = calls[Number(call)]
  const is = found && Number(place) < found.prompt.count + found.completion.count
  return is ? { call: Number(call), place: Number(place) } : undefined
}

/** The block to go to: only where the token is not in the window already. */
function useFocus(
  blocks: readonly Block[],
  at: At | undefined,
  view: { readonly current: { from: number; to: number } },
) {
  const [focus, setFocus] = useState<number>()
  useLayoutEffect(() => {
    if (!at) return
    const block = blockOf(blocks, at)
    if (block >= view.current.from && block < view.current.to) {
      setFocus(undefined)
      document.querySelector('.token.at')?.scrollIntoView({ block: 'nearest' })
    } else setFocus(block)
  }, [at, blocks])
  return focus
}

function waysBetween(outline: TokenOutline, at: At | undefined, go: (at: At | undefined) => void): Action[] {
  const { calls } = outline
  const way = (id: string, [title, key]: readonly [string, string], to: At | undefined, not: string): Action => ({
    ...{ id, title, key, run: () => go(to) },
    not: !to && not,
  })
  const none = 'no tokens were captured'
  return [
    way('next-token', ['Next token', 'ArrowRight'], beside(calls, at, 1), none),
    way('previous-token', ['Previous token', 'ArrowLeft'], beside(calls, at, -1), none),
    way('next-call', ['Next call', 'n'], nextCall(calls, at), none),
    way('least-likely', ['Least likely token', 'l'], leastLikely(outline), 'no logprob is on record'),
    way('next-break', ['Next break', 'b'], nextBreak(calls, at), 'no prompt breaks the prefix'),
  ]
}

function Bar({ by, ways }: { readonly by: Colouring; readonly ways: readonly Action[] }): JSX.Element {
  return (
    <div class="bar token-bar">
      <Select
        label="colour by"
        value={by}
        options={COLOURINGS.map(([value, name]): [Colouring, string] => [value, name])}
        onChange={(colour) => refine({ colour: colour === 'logprob' ? null : colour })}
      />
      {ways.slice(2).map((way) => (
        <Button key={way.id} action={way} class="small">
          {way.title} <kbd>{way.key}</kbd>
        </Button>
      ))}
    </div>
  )
}

const MOST_UPDATES = 12

/** The updates that learned from it. */
function Learned({ outline: { updates } }: { readonly outline: TokenOutline }): JSX.Element | null {
  if (updates.length === 0) return null
  const more = updates.length - MOST_UPDATES
  return (
    <p class="learned">
      Learned from by{' '}
      {updates.slice(0, MOST_UPDATES).map(({ arm, round, update }) => (
        <span class="tag" key={`${arm}/${round}/${update}`}>
          {arm}, round {round}, update {update}
        </span>
      ))}
      {more > 0 && <span class="quiet">and {more} more</span>}
    </p>
  )
}
