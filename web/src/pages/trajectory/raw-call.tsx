/** A call as it was made: the whole request, and the whole answer. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Call } from '../../../../src/serve/view/wire.ts'
import { api, useGet } from '../../api.ts'
import { duration, named } from '../../format.ts'
import { refine } from '../../route.ts'
import { Copy, ErrorBox, Loading, Text } from '../../ui/parts.tsx'
import { MessageView } from './message.tsx'

interface RawProps {
  readonly run: string
  readonly id: string
  readonly call: number
}

export function RawCall({ run, id, call }: RawProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const { data, error } = useGet<Call>(api(['runs', run, 'call'], { id, call }))
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="raw" aria-labelledby="raw-title" onClose={() => refine({ raw: null })}>
      <header>
        <h2 id="raw-title">
          Call {call}
          {data && (
            <span class="quiet">
              {' '}
              {named(data.role)}, {named(data.model)}, {duration(data.timeMs / 1000)}
            </span>
          )}
        </h2>
        <span class="aside">
          {data && <Copy text={() => JSON.stringify(data, null, 2)}>Copy as JSON</Copy>}
          <button type="button" class="button small" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </span>
      </header>
      {error !== undefined && <ErrorBox error={error} />}
      {!data && error === undefined && <Loading />}
      {data && <Both call={data} />}
    </dialog>
  )
}

/** So many of the latest messages are shown before more are asked for. */
const LATEST = 30

function Both({ call: { request, completion } }: { readonly call: Call }): JSX.Element {
  const { messages, tools, sampling } = request
  const { message, tokens, ...rest } = completion
  const [most, more] = useState(LATEST)
  const left = Math.max(0, messages.length - most)
  return (
    <>
      <h3>Request</h3>
      {left > 0 && (
        <button type="button" class="button small" onClick={() => more(most + 200)}>
          {left} earlier messages
        </button>
      )}
      {messages.slice(left).map((one, i) => (
        <MessageView key={left + i} message={one} />
      ))}
      {sampling && <Json name="sampling" value={sampling} open />}
      {tools && tools.length > 0 && <Json name={`${tools.length} tools`} value={tools} />}
      <h3>Answer</h3>
      <MessageView message={message} />
      <Json name="what else came with it" value={rest} open />
      <p class="quiet">
        {tokens
          ? `${tokens.prompt.length} prompt tokens and ${tokens.completion.length} sampled ones were captured.`
          : (completion.tokensRefused ?? 'No token ids were captured.')}
      </p>
    </>
  )
}

function Json({ name, value, open = false }: { name: string; value: unknown; open?: boolean }): JSX.Element {
  return (
    <details open={open}>
      <summary>{name}</summary>
      <Text text={JSON.stringify(value, null, 2)} />
    </details>
  )
}
