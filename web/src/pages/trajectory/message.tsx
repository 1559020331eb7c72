/** One message as people read it: its text, its code set apart, its images, what it calls and with what. */
import type { ComponentChildren, JSX } from 'preact'
import type { AssistantMessage, Json, Message, Part } from '../../../../src/serve/view/wire.ts'
import { bytes, named, short } from '../../format.ts'
import { Text } from '../../ui/parts.tsx'
import { segments } from './segments.ts'

interface MessageProps {
  readonly message: Message
  /** What was done before it, which it may answer. */
  readonly before?: AssistantMessage | undefined
}

export function MessageView({ message, before }: MessageProps): JSX.Element {
  const { role } = message
  if (role === 'assistant')
    return (
      <Said label="assistant" kind="assistant">
        <Answer message={message} />
      </Said>
    )
  const failed = role === 'tool' && message.isError === true
  return (
    <Said label={labelOf(message, before)} kind={failed ? 'tool failed' : role} note={failed ? 'error' : ''}>
      <Content content={message.content} />
    </Said>
  )
}

/** Who says it; of what answers something, what it answers. */
function labelOf(message: Exclude<Message, AssistantMessage>, before: AssistantMessage | undefined): string {
  const { role } = message
  if (role === 'tool') {
    const call = before?.calls?.find(({ id }) => id === message.callId)
    return `result of ${call?.name ?? message.callId}`
  }
  const ran = role === 'user' && before && segments(before.content).some(({ code }) => code)
  return ran ? 'output of the code' : role
}

interface SaidProps {
  readonly label: string
  readonly kind: string
  readonly note?: string
  readonly children: ComponentChildren
}

/** Text with its speaker beside it. */
export function Said({ label, kind, note = '', children }: SaidProps): JSX.Element {
  return (
    <div class={`said ${kind}`}>
      <div class="who">
        <span class="speaker">{named(label)}</span>
        {note !== '' && <span class="bad"> {note}</span>}
      </div>
      <div class="what">{children}</div>
    </div>
  )
}

const Nothing = (): JSX.Element => <p class="quiet nothing">says nothing</p>

function Content({ content }: { readonly content: string | readonly Part[] }): JSX.Element {
  if (typeof content === 'string') return content === '' ? <Nothing /> : <Text text={content} />
  return (
    <>
      {content.map((part, i) =>
        part.type === 'text' ? <Text key={i} text={part.text} /> : <Image key={i} {...part} />,
      )}
      {content.length === 0 && <Nothing />}
    </>
  )
}

const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

function Image({ mimeType, data }: { readonly mimeType: string; readonly data: string }): JSX.Element {
  const size = bytes(Math.floor((data.length * 3) / 4))
  const why = !SHOWN.has(mimeType)
    ? 'only PNG, JPEG, GIF and WebP are'
    : !BASE64.test(data)
      ? 'its data is no base64'
      : undefined
  if (why !== undefined)
    return (
      <p class="quiet nothing">
        An image ({named(mimeType)}, {size}) that is not shown: {why}.
      </p>
    )
  return <img class="seen-image" src={`data:${mimeType};base64,${data}`} alt={`what was seen (${mimeType}, ${size})`} />
}

/** What a model answered: thinking first, then text, code and calls. */
export function Answer({ message }: { readonly message: AssistantMessage }): JSX.Element {
  const { content, thinking = '', calls = [] } = message
  return (
    <>
      {thinking !== '' && <Thinking text={thinking} />}
      {segments(content).map(({ code, tag, text }, i) =>
        code ? (
          <div class="code" key={i}>
            {tag !== '' && <div class="code-tag quiet">{named(tag)}</div>}
            <Text text={text} />
          </div>
        ) : (
          <Text key={i} text={text} />
        ),
      )}
      {calls.map(({ id, name, arguments: given }, i) => (
        <div class="tool-call" key={i}>
          <div>
            calls <strong class="mono">{named(name)}</strong> <span class="quiet mono call-id">{named(id)}</span>
          </div>
          <Arguments given={given} />
        </div>
      ))}
      {content === '' && calls.length === 0 && <Nothing />}
    </>
  )
}

const LONG_THOUGHT = 600

export function Thinking({ text }: { readonly text: string }): JSX.Element {
  return (
    <details class="thinking" open={text.length <= LONG_THOUGHT}>
      <summary>
        thinking <span class="quiet">{short(text.length)} characters</span>
      </summary>
      <Text text={text} />
    </details>
  )
}

const isPlain = (value: Json): boolean => value === null || typeof value !== 'object'
const MANY = 40

/** Arguments by name, where they have names; as JSON otherwise. */
export function Arguments({ given }: { readonly given: Json }): JSX.Element | null {
  if (given === null || typeof given !== 'object' || Array.isArray(given))
    return <Text text={typeof given === 'string' ? given : JSON.stringify(given, null, 2)} />
  const entries = Object.entries(given)
  if (entries.length === 0) return <p class="quiet nothing">without arguments</p>
  if (entries.length > MANY) return <Text text={JSON.stringify(given, null, 2)} />
  return (
    <dl class="arguments">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt class="mono">{named(name)}</dt>
          <dd>
            <Text text={isPlain(value) ? `${value}` : JSON.stringify(value, null, 2)} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
