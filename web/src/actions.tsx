/**
 * What a reader can do. One object is an action's button, its key, its entry in the command palette (Ctrl K, or ⌘ K)
 * and its URL: `…?do=<id>` opens the palette at it. A URL never does it by itself: whoever follows a link presses Enter.
 */
import { computed, signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { go, href, place, refine } from './route.ts'

export interface Action {
  /** Its name in a URL. */
  readonly id: string
  readonly title: string
  /** As `KeyboardEvent.key`; letters stand for themselves. */
  readonly key?: string
  /** Where it leads; what it does stands in `run` otherwise. */
  readonly to?: string
  run?(): unknown
  /** Why it cannot be done now. */
  readonly not?: string | false | undefined
  readonly danger?: boolean
}

const groups = signal<readonly (readonly Action[])[]>([])
/** What can be done here, the most particular first. */
export const actions = computed(() => {
  const seen = new Set<string>()
  return groups.value
    .toReversed()
    .flat()
    .filter(({ id }) => !seen.has(id) && seen.add(id))
})

/** Offers these while the component is there. */
export function useActions(offered: readonly Action[]): void {
  const key = JSON.stringify(offered)
  const latest = useRef(offered)
  latest.current = offered
  // The key says whether what is offered has changed.
  useEffect(() => {
    const group = offered.map((action, i) => ({
      ...action,
      ...(action.run && { run: () => latest.current[i]?.run?.() }),
    }))
    groups.value = [...groups.peek(), group]
    return () => {
      groups.value = groups.peek().filter((one) => one !== group)
    }
  }, [key])
}

export const failure = signal<string | undefined>(undefined)

function perform(action: Action): void {
  if (action.not) return
  if (action.to !== undefined) {
    go(action.to)
    return
  }
  Promise.resolve()
    .then(() => action.run?.())
    .catch((error) => {
      failure.value = `${action.title}: ${error.message}`
    })
}

interface ButtonProps {
  readonly action: Action
  readonly children?: ComponentChildren
  readonly class?: string
}

/** The action as a button, or as a link where it leads somewhere. */
export function Button({ action, children, class: name = '' }: ButtonProps): JSX.Element {
  const { title, key, to, not, danger } = action
  const label = children ?? title
  const hint = not || `${title}${key ? ` (${key})` : ''}`
  const look = `button ${danger ? 'danger' : ''} ${name}`
  if (to !== undefined && !not)
    return (
      <a class={look} href={to} title={hint}>
        {label}
      </a>
    )
  return (
    <button type="button" class={look} title={hint} disabled={Boolean(not)} onClick={() => perform(action)}>
      {label}
    </button>
  )
}

const isOpen = signal(false)
const chosen = signal('')
export const palette: Action = {
  id: 'palette',
  title: 'Commands',
  key: '?',
  run: () => {
    chosen.value = ''
    isOpen.value = true
  },
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** A space presses what is in focus, where that can be pressed. */
const presses = ({ key, target }: KeyboardEvent): boolean =>
  key === ' ' && target instanceof Element && target.closest('button, summary, a, [role="option"]') !== null

addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 'k') {
    event.preventDefault()
    perform(palette)
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return
  if (presses(event)) return
  const action = actions.peek().find(({ key }) => key === event.key)
  if (!action || document.querySelector('dialog[open]')) return
  event.preventDefault()
  perform(action)
})

const matches = ({ title }: Action, text: string): boolean =>
  text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => title.toLowerCase().includes(word))

/** Everything that can be done here, found by its name. */
export function Palette(): JSX.Element | null {
  const asked = place.value.query['do']
  useEffect(() => {
    if (asked === undefined) return
    refine({ do: null })
    chosen.value = asked
    isOpen.value = true
  }, [asked])
  return isOpen.value ? <OpenPalette /> : null
}

function OpenPalette(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const [index, setIndex] = useState(0)
  const named = actions.value.find(({ id }) => id === chosen.value)
  const found = (named && text === '' ? [named] : actions.value).filter((action) => matches(action, text))
  const at = Math.min(index, Math.max(0, found.length - 1))
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const close = (): void => {
    isOpen.value = false
  }
  const take = (action: Action | undefined): void => {
    if (!action || action.not) return
    close()
    perform(action)
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      event.preventDefault()
      take(found[at])
    }
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    setIndex((at + step + found.length) % Math.max(1, found.length))
  }
  return (
    <dialog ref={dialog} class="palette" aria-label="Commands" onClose={close} onKeyDown={onKey}>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] && `do-${found[at].id}`}
        aria-label="Find a command"
        placeholder="What do you want to do?"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setIndex(0)
        }}
      />
      <div id="palette-list" role="listbox" aria-label="Commands found" tabIndex={-1}>
        {found.map((action, i) => (
          <a
            key={action.id}
            id={`do-${action.id}`}
            role="option"
            tabIndex={-1}
            href={addressOf(action)}
            aria-selected={i === at}
            aria-disabled={Boolean(action.not)}
            onClick={(event) => {
              event.preventDefault()
              take(action)
            }}
          >
            <span>{action.title}</span>
            <span class="quiet">{action.not || (action.key ? <kbd>{action.key}</kbd> : '')}</span>
          </a>
        ))}
      </div>
      {found.length === 0 && <p class="quiet">Nothing here is called that.</p>}
    </dialog>
  )
}

/** The address that opens the palette at an action. */
const addressOf = ({ id, to }: Action): string => {
  const { path, query } = place.peek()
  return to ?? href(path, { ...query, do: id })
}
