/** Einstein's riddle in the words of x1's data set (Besta et al. 2025, "Reasoning Language Models: A Blueprint"). */
import { quoted } from '../kit/game-env.ts'
import type { Clue, Kind, Relation, Riddle, Thing } from './riddle.ts'

const WORDS: Readonly<Record<Relation, string>> = {
  same: 'equal to',
  different: 'not equal to',
  left: 'directly to the left of',
  right: 'directly to the right of',
  beside: 'adjacent to',
}
const RELATIONS = Object.entries(WORDS) as readonly (readonly [Relation, string])[]

const nameOf = ({ name, kind }: Thing): string => `${name} (${kind})`

export function worded({ kinds, clues }: Riddle): string {
  const houses = kinds[0]!.things.length
  return [
    `There are ${houses} houses in a row (numbered 1 to ${houses}). In each house there is one of each of these:`,
    ...kinds.map(({ name, things }) => `${name}: ${things.join(', ')}`),
    '',
    'This is known:',
    ...clues.map(({ left, relation, right }, i) => `${i + 1}. ${nameOf(left)} is ${WORDS[relation]} ${nameOf(right)}`),
  ].join('\n')
}

export interface Asked extends Riddle {
  /** Whose house is asked for. */
  readonly question: Thing
}

/** The riddle of such a text. Throws a sentence on one that it cannot read. */
export function riddleIn(text: string): Asked {
  const lines = text.split('\n')
  const kinds = lines.flatMap((line) => kindIn(line) ?? [])
  const clues = lines.flatMap((line) => {
    const [, clue] = /^\d+\. (.+)$/.exec(line) ?? []
    return clue ? [clueIn(clue)] : []
  })
  const asked = lines.find((line) => line.startsWith(QUESTION))
  const houses = Number(/^There are (\d+) houses/.exec(text)?.[1])
  if (!asked || !(houses > 0) || kinds.length === 0 || kinds.some(({ things }) => things.length !== houses))
    throw new Error(`this is no riddle of houses, things and a question: '${quoted(text)}'`)
  return { kinds, clues, question: thingIn(asked.slice(QUESTION.length).split('?')[0]!) }
}

const QUESTION = 'Which house is associated with '

function kindIn(line: string): Kind | undefined {
  const [, name, things] = /^([A-Z][A-Za-z ]*): (.+)$/.exec(line) ?? []
  return name && things ? { name, things: things.split(', ') } : undefined
}

function clueIn(text: string): Clue {
  for (const [relation, words] of RELATIONS) {
    const [left, right, ...rest] = text.split(` is ${words} `)
    if (left && right && rest.length === 0) return { left: thingIn(left), relation, right: thingIn(right) }
  }
  throw new Error(`'${quoted(text)}' is no clue: there are ${Object.values(WORDS).join(', ')}`)
}

function thingIn(text: string): Thing {
  const [, name, kind] = /^([^()]+) \(([^()]+)\)$/.exec(text) ?? []
  if (!name || !kind) throw new Error(`'${quoted(text)}' is no thing with its kind behind it in parentheses`)
  return { name, kind }
}
