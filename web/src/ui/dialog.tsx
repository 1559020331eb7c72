/** Asks for a value, or whether something is meant: one dialog at a time, and the answer as a promise. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import './dialog.css'

interface Question {
  readonly title: string
  readonly about?: string
  /** Of the button that says yes. */
  readonly yes: string
  readonly danger?: boolean
  /** What is asked for; a confirmation asks for nothing. */
  readonly field?: { readonly label: string; readonly value: string; readonly type?: 'text' | 'number' }
  /** What is wrong with the answer. */
  readonly check?: (text: string) => string | undefined
}

interface Asked extends Question {
  answer(text: string | undefined): void
}

const open = signal<Asked | undefined>(undefined)

/** The value, or undefined where it was not given. */
export function ask(question: Question & Required<Pick<Question, 'field'>>): Promise<string | undefined> {
  return answered(question)
}

export async function confirmed(question: Omit<Question, 'field' | 'check'>): Promise<boolean> {
  return (await answered(question)) !== undefined
}

/** Rejects what is no number above 0. */
export async function askNumber(title: string, label: string, value: number): Promise<number | undefined> {
  const text = await ask({
    ...{ title, yes: 'Set', field: { label, value: `${value}`, type: 'number' } },
    check: (given) => (Number(given) > 0 ? undefined : `A number above 0 is expected, not '${given}'.`),
  })
  return text === undefined ? undefined : Number(text)
}

function answered(question: Question): Promise<string | undefined> {
  open.peek()?.answer(undefined)
  return new Promise((resolve) => {
    const asked: Asked = {
      ...question,
      answer(text) {
        if (open.peek() === asked) open.value = undefined
        resolve(text)
      },
    }
    open.value = asked
  })
}

export function Dialog(): JSX.Element | null {
  const asked = open.value
  return asked ? <OpenDialog key={asked.title} asked={asked} /> : null
}

function OpenDialog({ asked }: { readonly asked: Asked }): JSX.Element {
  const { title, about, yes, danger, field, check, answer } = asked
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState(field?.value ?? '')
  const [wrong, setWrong] = useState<string>()
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    element?.querySelector('input')?.select()
    // Closed, it gives the focus back to where it was.
    return () => element?.close()
  }, [])
  const submit = (event: Event): void => {
    event.preventDefault()
    const found = check?.(text)
    setWrong(found)
    if (found === undefined) answer(text)
  }
  return (
    <dialog ref={dialog} class="ask" aria-labelledby="ask-title" onClose={() => answer(undefined)}>
      <form onSubmit={submit} noValidate>
        <h2 id="ask-title">{title}</h2>
        {about !== undefined && <p class="quiet">{about}</p>}
        {field && (
          <label class="ask-field">
            <span>{field.label}</span>
            <input
              type="text"
              inputMode={field.type === 'number' ? 'decimal' : 'text'}
              value={text}
              aria-invalid={wrong !== undefined}
              aria-describedby="ask-wrong"
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        )}
        <p id="ask-wrong" class="bad" aria-live="polite">
          {wrong}
        </p>
        <div class="ask-buttons">
          <button type="button" class="button" onClick={() => answer(undefined)}>
            Not now
          </button>
          <button type="submit" class={`button ${danger ? 'danger' : 'first'}`}>
            {yes}
          </button>
        </div>
      </form>
    </dialog>
  )
}
