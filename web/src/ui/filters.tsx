/** What narrows a listing: a row of fields whose values stand in the address. */
import type { ComponentChildren, JSX } from 'preact'
import { place, refine } from '../route.ts'

export function Filters({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      {children}
    </form>
  )
}

/** A text to look for; `name` is its place in the query. */
export function Find({ name, placeholder }: { readonly name: string; readonly placeholder: string }): JSX.Element {
  return (
    <label class="field">
      <span>find</span>
      <input
        type="search"
        value={place.value.query[name] ?? ''}
        placeholder={placeholder}
        onInput={(event) => refine({ [name]: event.currentTarget.value })}
      />
    </label>
  )
}
