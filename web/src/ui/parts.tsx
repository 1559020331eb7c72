/** The small things that pages are made of. */
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Interval, RunState } from '../../../src/serve/view/wire.ts'
import { bytes, fixed, interval, plain } from '../format.ts'

type Props<P> = P & { readonly children?: ComponentChildren; readonly class?: string }

export function Card({
  title,
  aside,
  children,
  class: name = '',
}: Props<{ title: string; aside?: ComponentChildren }>): JSX.Element {
  return (
    <section class={`card ${name}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside !== undefined && <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  )
}

/** One number with its name. */
export function Stat({
  name,
  value,
  note,
}: {
  readonly name: string
  readonly value: ComponentChildren
  readonly note?: ComponentChildren
}): JSX.Element {
  return (
    <div class="stat">
      <dt>{name}</dt>
      <dd>
        <span class="number">{value}</span>
        {note !== undefined && note !== '' && <span class="quiet"> {note}</span>}
      </dd>
    </div>
  )
}

/** A mean, its 95 % interval beside it. */
export function Mean({ of, digits = 2 }: { readonly of: Interval; readonly digits?: number }): JSX.Element {
  if (of.mean === null) return <span class="quiet">–</span>
  return (
    <span class="number">
      {fixed(of.mean, digits)} <span class="quiet interval">{interval(of, digits)}</span>
    </span>
  )
}

/** What an attempt came to, by colour, letter and name alike: nobody has to tell red from green. */
const OUTCOMES = {
  won: ['✓', 'success'],
  part: ['◐', 'partial success'],
  lost: ['✗', 'no success'],
  unscored: ['?', 'unscored'],
  broken: ['!', 'broken'],
  cancelled: ['–', 'cancelled'],
  'over-budget': ['$', 'over budget'],
} as const

export type Look = keyof typeof OUTCOMES

export function lookOf({ outcome, success }: { readonly outcome: string; readonly success: number | null }): Look {
  if (outcome !== 'scored') return Object.hasOwn(OUTCOMES, outcome) ? (outcome as Look) : 'unscored'
  return success === null ? 'part' : success >= 1 ? 'won' : success > 0 ? 'part' : 'lost'
}

export const lookMark = (look: Look): string => OUTCOMES[look][0]
export const lookName = (look: Look): string => OUTCOMES[look][1]

export function Outcome({ look, plain }: { readonly look: Look; readonly plain?: boolean }): JSX.Element {
  const [mark, name] = OUTCOMES[look]
  return (
    <span class={`outcome ${look}`} title={name}>
      <span aria-hidden="true">{mark}</span>
      <span class={plain ? 'unseen' : 'outcome-name'}>{name}</span>
    </span>
  )
}

export function State({ state }: { readonly state: RunState }): JSX.Element {
  return (
    <span class={`state ${state}`} title={state}>
      <span class="state-name">{state}</span>
    </span>
  )
}

/** Nothing is here, and what to do about it. */
export function Empty({ title, children }: Props<{ title: string }>): JSX.Element {
  return (
    <div class="empty">
      <p>{title}</p>
      <div class="quiet">{children}</div>
    </div>
  )
}

export function ErrorBox({ error, retry }: { readonly error: string; readonly retry?: () => void }): JSX.Element {
  return (
    <div class="error" role="alert">
      <p>{error}</p>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

export const Loading = (): JSX.Element => (
  <p class="loading quiet" role="status">
    Loading …
  </p>
)

const MOST = 8000

/** Somebody else's text: as text, and no more of it than anybody reads at once until more is asked for. */
export function Text({ text, class: name = '' }: { readonly text: string; readonly class?: string }): JSX.Element {
  const [most, more] = useState(MOST)
  const left = text.length - most
  return (
    <div class={`text ${name}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a mouse */}
      <pre tabIndex={0}>{plain(left > 0 ? text.slice(0, most) : text)}</pre>
      {left > 0 && (
        <button type="button" class="button small" onClick={() => more(most + 100_000)}>
          {bytes(left)} more
        </button>
      )}
    </div>
  )
}

/** What may be wider than its place, and can be scrolled without a mouse too. */
export function Scrolls({ label, children }: Props<{ label: string }>): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a mouse
    <div class="scrolls" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  )
}

/** Puts text on the clipboard, and says so. */
export function Copy({ text, children }: Props<{ text: string | (() => string | Promise<string>) }>): JSX.Element {
  const [said, say] = useState('')
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text())
      say('copied')
    } catch {
      say('the browser does not let this page copy')
    }
    setTimeout(() => say(''), 2000)
  }
  return (
    <button type="button" class="button small" onClick={copy}>
      <span aria-live="polite">{said || children}</span>
    </button>
  )
}

interface Choice<T extends string> {
  readonly label: string
  readonly value: T
  readonly options: readonly (readonly [value: T, name: string])[]
  readonly onChange: (value: T) => void
}

export function Select<T extends string>({ label, value, options, onChange }: Choice<T>): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Links that say which of several views of one thing is open. */
export function Tabs({
  label,
  tabs,
}: {
  readonly label: string
  readonly tabs: readonly { readonly name: string; readonly to: string; readonly open: boolean }[]
}): JSX.Element {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ name, to, open }) => (
        <a key={name} href={to} {...(open && { 'aria-current': 'page' as const })}>
          {name}
        </a>
      ))}
    </nav>
  )
}
