/** One step: what was seen, the calls that led to the action, the action, and what it paid. */
import type { JSX } from 'preact'
import type { AssistantMessage, CallOutline, StepBody, StepOutline } from '../../../../src/serve/view/wire.ts'
import { dollars, duration, named, plain, short, signed } from '../../format.ts'
import { href, place, refine } from '../../route.ts'
import { Text } from '../../ui/parts.tsx'
import { Answer, MessageView, Said } from './message.tsx'
import { seatClass } from './seats.ts'

export interface StepProps {
  readonly step: number
  readonly outline: StepOutline
  /** undefined while it is on its way. */
  readonly body: StepBody | undefined
  /** The action of the step before it, where that is here. */
  readonly before: AssistantMessage | undefined
  /** The number of its first call among the trajectory's. */
  readonly firstCall: number
  readonly seats: readonly string[]
  readonly isHere: boolean
}

export const stepAddress = (step: number): string => {
  const { path, query } = place.peek()
  return href(path, { ...query, step, view: null, raw: null })
}

export function StepView(props: StepProps): JSX.Element {
  const { step, outline, body, isHere } = props
  const { reward, error, calls } = outline
  const timeMs = calls.reduce((sum, call) => sum + call.timeMs, 0)
  return (
    <article
      class={`step ${isHere ? 'here' : ''}`}
      aria-labelledby={`step-${step}`}
      {...(isHere && { 'aria-current': 'step' as const })}
    >
      <header class="step-head">
        <h3 id={`step-${step}`}>
          <a href={stepAddress(step)}>Step {step}</a>
        </h3>
        {reward !== 0 && <span class={`paid number ${reward > 0 ? 'plus' : 'minus'}`}>reward {signed(reward, 2)}</span>}
        {error && <span class="bad">a tool failed</span>}
        <span class="quiet number aside">
          {calls.length > 0 && duration(timeMs / 1000)}
          {tokensOf(calls)}
        </span>
      </header>
      {body ? <Body {...props} body={body} /> : <p class="quiet waiting-step">{plain(outline.preview) || ' '}</p>}
    </article>
  )
}

const tokensOf = (calls: readonly CallOutline[]): string => {
  const known = calls.filter(({ promptTokens }) => promptTokens !== null)
  const sum = known.reduce((total, call) => total + (call.promptTokens ?? 0) + (call.completionTokens ?? 0), 0)
  return known.length === 0 ? '' : ` · ${short(sum)} tokens`
}

function Body({ body, before, firstCall, seats }: StepProps & { readonly body: StepBody }): JSX.Element {
  const { observation, repeated, calls, action, info } = body
  const said = calls.findLastIndex(({ completion: { message } }) => isSame(message, action))
  return (
    <>
      {repeated && repeated.messages > 0 && (
        <p class="quiet repeated">
          {repeated.messages === 1 ? 'First the message' : `First the ${repeated.messages} messages`} that stood here
          since <a href={stepAddress(repeated.since)}>step {repeated.since}</a>
        </p>
      )}
      {observation.messages.map((message, i) => (
        <MessageView key={i} message={message} before={before} />
      ))}
      {observation.tools && <Tools tools={observation.tools} />}
      {calls.map((call, i) => (
        <CallView key={i} call={call} number={firstCall + i} seats={seats} isAction={i === said} />
      ))}
      {said < 0 && (
        <Said label="action" kind="action">
          <Answer message={action} />
        </Said>
      )}
      {info && Object.keys(info).length > 0 && <Info info={info} />}
    </>
  )
}

/** What fits a line is one. */
const LINE = 140

function Info({ info }: { readonly info: NonNullable<StepBody['info']> }): JSX.Element {
  const line = Object.entries(info)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ')
  if (line.length <= LINE) return <p class="quiet info">{plain(line)}</p>
  return (
    <details class="info">
      <summary class="quiet">what else the world said</summary>
      <Text text={JSON.stringify(info, null, 2)} />
    </details>
  )
}

const isSame = (a: AssistantMessage, b: AssistantMessage): boolean =>
  a.content === b.content && JSON.stringify(a.calls) === JSON.stringify(b.calls)

function Tools({ tools }: { readonly tools: NonNullable<StepBody['observation']['tools']> }): JSX.Element {
  return (
    <details class="tools">
      <summary>
        {tools.length === 1 ? '1 tool' : `${tools.length} tools`}{' '}
        <span class="quiet mono">
          {tools
            .slice(0, 12)
            .map(({ name }) => named(name))
            .join(' ')}
        </span>
      </summary>
      <dl class="arguments">
        {tools.map(({ name, description, parameters }) => (
          <div key={name}>
            <dt class="mono">{named(name)}</dt>
            <dd>
              {plain(description)}
              <details>
                <summary class="quiet">its arguments</summary>
                <Text text={JSON.stringify(parameters, null, 2)} />
              </details>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

interface CallProps {
  readonly call: StepBody['calls'][number]
  /** Among the trajectory's calls. */
  readonly number: number
  readonly seats: readonly string[]
  /** Whether the step's action is what it said. */
  readonly isAction: boolean
}

function CallView({ call, number, seats, isAction }: CallProps): JSX.Element {
  const { role, model, timeMs, promptTokens, completionTokens, costUsd, completion } = call
  const figures = [
    duration(timeMs / 1000),
    promptTokens === null ? '' : `${short(promptTokens)} → ${short(completionTokens ?? 0)} tokens`,
    costUsd ? dollars(costUsd) : '',
    completion.finish === 'length' ? 'cut off' : '',
    (completion.attempts ?? 1) > 1 ? `${completion.attempts} tries` : '',
  ]
  return (
    <div class={`said ${isAction ? 'action' : 'thought'}`}>
      <div class="who">
        <span class={`seat ${seatClass(seats, role)}`}>{named(role)}</span>
      </div>
      <div class="what">
        <Answer message={completion.message} />
        <p class="quiet call-line">
          <span class="call-model">{named(model)}</span> {figures.filter(Boolean).join(' · ')}{' '}
          {call.captured !== null && <TokensLink call={call} number={number} />}
          <RawLink call={number} />
        </p>
      </div>
    </div>
  )
}

/** Leads to the first token that the call sampled. */
function TokensLink({ call, number }: Pick<CallProps, 'call' | 'number'>): JSX.Element {
  const { path, query } = place.peek()
  const to = href(path, { ...query, view: 'tokens', at: `${number}.${call.promptTokens ?? 0}`, raw: null })
  return (
    <a class="button small quiet-button" href={to}>
      tokens<span class="unseen"> of call {number}</span>
    </a>
  )
}

/** Opens the request and the answer as they went over the wire. */
export function RawLink({ call }: { readonly call: number }): JSX.Element {
  return (
    <button type="button" class="button small quiet-button" onClick={() => refine({ raw: call })}>
      raw
      <span class="unseen"> request and answer of call {call}</span>
    </button>
  )
}
