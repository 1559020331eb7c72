/** Fenced code blocks of a message, as Markdown has them. A block that is not closed is none: it may have been cut. */

export interface Fence {
  /** What stands behind the opening fence, in lower case: 'python', 'submit', ''. */
  readonly tag: string
  readonly code: string
}

const OPENING = /^(`{3,}) *([^`\s]*)[^`]*$/

/** The blocks in their order, and the text outside of them. */
export function fences(text: string): { readonly blocks: readonly Fence[]; readonly outside: string } {
  const blocks: Fence[] = []
  const outside: string[] = []
  let open: { fence: string; tag: string; lines: string[] } | undefined
  for (const line of text.split(/\r?\n/)) {
    const [, fence, tag] = OPENING.exec(line) ?? []
    if (open && /^`{3,} *$/.test(line) && line.trim().length >= open.fence.length) {
      blocks.push({ tag: open.tag, code: open.lines.join('\n') })
      open = undefined
    } else if (open) open.lines.push(line)
    else if (fence !== undefined) open = { fence, tag: `${tag}`.toLowerCase(), lines: [] }
    else outside.push(line)
  }
  return { blocks, outside: outside.join('\n') }
}

/** The code in a block of its own, behind a fence longer than any inside. */
export function fenced(tag: string, code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/^`+/gm)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${tag}\n${code.replace(/\n$/, '')}\n${fence}`
}

/** Of all blocks that hold Python, or say nothing of what they hold; null where there is none. */
export function pythonOf(blocks: readonly Fence[]): string | null {
  const found = blocks.filter(({ tag }) => ['python', 'py', 'python3', ''].includes(tag))
  return found.length > 0 ? found.map(({ code }) => code).join('\n') : null
}
