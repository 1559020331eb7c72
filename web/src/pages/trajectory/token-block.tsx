/** A few lines of tokens, and what stands between them: the head of a call, a fold, a break. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { CallTokens, TokenOutline } from '../../../../src/serve/view/wire.ts'
import { named, short } from '../../format.ts'
import { seatClass } from './seats.ts'
import { stepAddress } from './step.tsx'
import { type Colouring, colourOf, visible } from './token-colours.ts'
import type { At, Block } from './token-layout.ts'
import type { Slices } from './token-slices.ts'

export interface BlockProps {
  readonly outline: TokenOutline
  readonly slices: Slices
  readonly by: Colouring
  readonly at: At | undefined
  readonly seats: readonly string[]
  /** Policy versions in their order. */
  readonly versions: readonly number[]
  readonly unfold: (call: number) => void
}

export function BlockView({ block, ...props }: BlockProps & { readonly block: Block }): JSX.Element {
  const { outline, unfold } = props
  const call = outline.calls[block.call]!
  if (block.kind === 'head') return <CallHead call={call} {...props} />
  if (block.kind === 'tokens') return <TokenLines block={block} {...props} />
  if (block.kind === 'break') return <Break call={call} place={block.place} />
  if (block.kind === 'empty')
    return <p class="token-note quiet">The answer is empty: no token was sampled, and that is on record.</p>
  return (
    <p class="token-note">
      <button type="button" class="button small quiet-button" onClick={() => unfold(block.call)}>
        {short(block.count)} tokens as before: unfold
      </button>
    </p>
  )
}

function CallHead({ call, seats }: { readonly call: CallTokens; readonly seats: readonly string[] }): JSX.Element {
  const { call: number, step, role, model, policyVersion, source, prompt, completion } = call
  return (
    <header class="call-head">
      <h3>
        Call {number} <span class={`seat ${seatClass(seats, role)}`}>{named(role)}</span>
      </h3>
      <span class="call-model quiet">{named(model)}</span>
      {policyVersion !== null && <span class="quiet number">version {policyVersion}</span>}
      {step === null ? <span class="quiet">led to no step</span> : <a href={stepAddress(step)}>step {step}</a>}
      <span class="quiet number aside">
        {typeof source === 'string'
          ? source === 'captured'
            ? `captured · ${short(prompt.count)} in, ${short(completion.count)} sampled`
            : `rendered for training · ${short(completion.count)} tokens`
          : 'not captured'}
      </span>
      {typeof source !== 'string' && <p class="token-note quiet">No tokens: {named(source.none)}.</p>}
    </header>
  )
}

function Break({ call, place }: { readonly call: CallTokens; readonly place: number }): JSX.Element {
  return (
    <p class="token-break">
      <strong>Break in the prefix.</strong>{' '}
      {place === 0
        ? `The prompt of call ${call.call} begins anew: nothing of the sequence before it is kept.`
        : `The prompt of call ${call.call} leaves the sequence before it at place ${place}.`}
    </p>
  )
}

type Lines = Extract<Block, { kind: 'tokens' }>

function TokenLines(props: BlockProps & { readonly block: Lines }): JSX.Element {
  const { block, slices, outline, by, at, versions } = props
  const { call, from, to } = block
  const isHere = at?.call === call && at.place >= from && at.place < to
  const here = isHere ? at.place : -1
  const version = versions.indexOf(outline.calls[call]!.policyVersion ?? Number.NaN)
  const isThere =
    slices.token({ call, place: from }) !== undefined && slices.token({ call, place: to - 1 }) !== undefined
  // Whole blocks stay as they are while others change.
  const spans = useMemo(
    () =>
      Array.from({ length: to - from }, (_, i) => {
        const token = slices.token({ call, place: from + i })
        if (!token) return null
        const look = colourOf(token, { by, largest: outline.largest, version })
        return (
          <span
            key={i}
            class={`token ${look} ${token.text ? '' : 'by-id'} ${from + i === here ? 'at' : ''}`}
            data-place={from + i}
          >
            {token.text ? visible(token.text) : `#${token.id}`}
          </span>
        )
      }),
    [call, from, to, by, here, version, isThere],
  )
  return (
    <div class="token-lines" data-call={call}>
      <span class="token-place quiet number" aria-hidden="true">
        {from}
      </span>
      <div class="token-text">{isThere ? spans : <span class="quiet">…</span>}</div>
    </div>
  )
}
