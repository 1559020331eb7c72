/**
 * The actions of Lumos as text: `R1 = KnowledgeQuery(Foo)`, `R3 = QA([R2], Question: …)`, one a line or divided by
 * semicolons. Knows nothing of what they do.
 */

export interface Action {
  /** The name of what it comes to: 'R1'. */
  readonly result: string
  readonly name: string
  readonly given: readonly Given[]
}

/** An argument, behind its label where it has one ('Question'). */
export interface Given {
  readonly label?: string
  readonly text: string
}

/** The actions in a text, in order; whatever else stands there is left out. */
export function actionsIn(text: string): Action[] {
  return text.split(/\n|;(?= *R\d+ *=)/).flatMap((line) => {
    const [, result, name, given] = /^(R\d+) *= *([A-Za-z_]\w*) *\((.*)\)[.;]?$/.exec(afterLabel(line)) ?? []
    return result && name && given !== undefined ? [{ result, name, given: argumentsIn(given) }] : []
  })
}

/** Some write 'Subgoal 1: R1 = …'. */
const afterLabel = (line: string): string => line.trim().replace(/^Subgoal \d+: */, '')

/**
 * Divided by the commas outside of brackets. A labelled argument is prose: it goes on until the next label, commas and
 * all.
 */
export function argumentsIn(text: string): Given[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if ('([{'.includes(char)) depth++
    if (')]}'.includes(char)) depth = Math.max(0, depth - 1)
    const divides = char === ',' && depth === 0 && (!LABEL.test(part) || LABEL.test(text.slice(i + 1, i + 40)))
    if (divides) parts.push(part)
    part = divides ? '' : part + char
  }
  return [...parts, part].map(given).filter(({ text }) => text !== '')
}

const LABEL = /^ {0,9}([A-Za-z]\w{0,29}): /

function given(part: string): Given {
  const label = LABEL.exec(part)
  return label ? { label: label[1]!, text: part.slice(label[0].length).trim() } : { text: part.trim() }
}

/** A text with 'R2', and '[R1, R2]', replaced by what they came to. Throws a sentence where one has come to nothing yet. */
export function resolved(text: string, results: ReadonlyMap<string, string>): string {
  const value = (name: string): string => {
    const found = results.get(name)
    if (found === undefined)
      throw new Error(`${name} has no result: there are ${[...results.keys()].join(', ') || 'none'}`)
    return found
  }
  const list = /^\[([^[\]]*)\]$/.exec(text.trim())?.[1]
  if (list === undefined) return text.replace(/\bR\d+\b/g, value)
  return list
    .split(',')
    .map((one) => resolved(one.trim(), results))
    .join('\n')
}
