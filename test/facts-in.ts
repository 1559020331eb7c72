/** Reads a passage of the made-up worlds back, from its sentences alone: the relation's name, and what it leads to. */
import { RELATIONS } from '../src/environments/search/facts.ts'

export function factsIn(title: string, text: string): Map<string, string> {
  const facts = RELATIONS.flatMap(({ name, says }): [string, string][] => {
    const [before, between] = says.split(/[SO]/)
    const start = `${before}${title}${between}`
    const at = text.indexOf(start)
    return at < 0 ? [] : [[name, text.slice(at + start.length).split('.')[0]!]]
  })
  const number = / of .* is (\d+)\./.exec(text.slice(text.indexOf(`The `)))
  return new Map([...facts, ...(number ? [['number', number[1]!] as const] : [])])
}
