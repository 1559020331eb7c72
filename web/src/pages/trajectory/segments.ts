/** A message's text, cut where its fenced code begins and ends. What opens a fence and never closes it is text. */
export interface Segment {
  readonly code: boolean
  /** What stands behind the opening fence. */
  readonly tag: string
  readonly text: string
}

const OPENING = /^(`{3,}) *([^`\s]*)[^`]*$/
const CLOSING = /^(`{3,}) *$/

export function segments(text: string): Segment[] {
  if (!text.includes('```')) return text === '' ? [] : [{ code: false, tag: '', text }]
  const found: Segment[] = []
  let lines: string[] = []
  const flush = (): void => {
    const held = lines.join('\n')
    if (held.trim() !== '') found.push({ code: false, tag: '', text: held.replace(/^\n+|\n+$/g, '') })
    lines = []
  }
  const all = text.split(/\r?\n/)
  for (let i = 0; i < all.length; i++) {
    const [, fence, tag = ''] = OPENING.exec(all[i]!) ?? []
    const end = fence === undefined ? -1 : closing(all, { from: i + 1, fence })
    if (end < 0) lines.push(all[i]!)
    else {
      flush()
      found.push({ code: true, tag, text: all.slice(i + 1, end).join('\n') })
      i = end
    }
  }
  flush()
  return found
}

/** The line that closes the fence; −1 where none does. */
function closing(lines: readonly string[], { from, fence }: { from: number; fence: string }): number {
  return lines.findIndex((line, i) => i >= from && (CLOSING.exec(line)?.[1]?.length ?? 0) >= fence.length)
}
