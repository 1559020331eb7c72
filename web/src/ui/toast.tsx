/** Says what was done, with a way back, for a while. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { type Action, Button } from '../actions.tsx'

interface Said {
  readonly text: string
  readonly action: Action
}

const STAYS_MS = 30_000
const said = signal<Said | undefined>(undefined)

export const toast = (text: string, action: Action): void => {
  said.value = { text, action }
}

export const endToast = (): void => {
  said.value = undefined
}

export function Toast(): JSX.Element {
  const now = said.value
  useEffect(() => {
    if (!now) return
    const timer = setTimeout(endToast, STAYS_MS)
    return () => clearTimeout(timer)
  }, [now])
  return (
    <div role="status">
      {now && (
        <div class="toast">
          <p>{now.text}</p>
          <div class="bar">
            <Button action={now.action} class="small" />
            <button type="button" class="button small quiet-button" onClick={endToast}>
              Close
            </button>
          </div>
        </div>
      )}
    </div>
  )
}
