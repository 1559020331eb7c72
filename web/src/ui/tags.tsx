/** A run's tags, edited where they stand. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { failure } from '../actions.tsx'
import { api, isExport, post } from '../api.ts'

interface TagsProps {
  readonly run: string
  readonly tags: readonly string[]
  /** Called when they have become others. */
  readonly changed?: () => void
}

export const tagsFrom = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim().slice(0, 40))
      .filter(Boolean),
  ),
]

export const setTags = (run: string, tags: readonly string[]): Promise<unknown> =>
  post(api(['runs', run, 'tags']), { tags })

export function Tags({ run, tags, changed }: TagsProps): JSX.Element {
  const [isOpen, open] = useState(false)
  if (isOpen) return <Edited run={run} tags={tags} changed={changed ?? (() => {})} close={() => open(false)} />
  return (
    <span class="tags">
      {tags.map((tag) => (
        <span class="tag" key={tag}>
          {tag}
        </span>
      ))}
      {!isExport && (
        <button type="button" class="tag-edit above" title="edit tags" onClick={() => open(true)}>
          {tags.length === 0 ? '+ tag' : <span aria-hidden="true">✎</span>}
          <span class="unseen"> {tags.length === 0 ? run : `edit the tags of ${run}`}</span>
        </button>
      )}
    </span>
  )
}

interface EditedProps extends Required<TagsProps> {
  readonly close: () => void
}

function Edited({ run, tags, changed, close }: EditedProps): JSX.Element {
  const before = tags.join(', ')
  const save = (text: string): void => {
    close()
    if (text === before) return
    setTags(run, tagsFrom(text)).then(changed, (error) => {
      failure.value = `Tags: ${error.message}`
    })
  }
  return (
    <input
      class="above tag-input"
      aria-label={`tags of ${run}, by commas`}
      placeholder="by commas"
      defaultValue={before}
      ref={(element: HTMLInputElement | null) => element?.focus()}
      onKeyDown={(event) => {
        if (event.key === 'Enter') save(event.currentTarget.value)
        if (event.key === 'Escape') close()
      }}
      onBlur={(event) => save(event.currentTarget.value)}
    />
  )
}
