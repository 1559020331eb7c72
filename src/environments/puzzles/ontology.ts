/**
 * Small theories in the words of PrOntoQA (Saparov and He 2023): every this is a that, or is not so. Questions about
 * one member are answered by following what it is.
 */
import { quoted } from '../kit/game-env.ts'

/** Of all members of a concept: which concept they belong to, or which property they have or have not. */
export interface Rule {
  readonly concept: string
  readonly says: Claim
}

export interface Claim {
  /** A concept's name in the singular, or a property. */
  readonly what: string
  readonly not: boolean
}

export interface Theory {
  readonly rules: readonly Rule[]
  readonly facts: readonly (Claim & { readonly member: string })[]
}

export interface Statement extends Theory {
  readonly question: Claim & { readonly member: string }
}

/** Whether the claim about the member follows, or its contrary does; null where neither does. Throws where both do. */
export function follows({ rules, facts, question }: Statement): boolean | null {
  const byConcept = Map.groupBy(rules, ({ concept }) => concept)
  const claims = facts.filter(({ member }) => member === question.member).map(({ what, not }): Claim => ({ what, not }))
  const known = new Set(claims.map(keyOf))
  for (const claim of claims) {
    if (claim.not) continue
    for (const { says } of byConcept.get(claim.what) ?? []) {
      if (known.has(keyOf(says))) continue
      known.add(keyOf(says))
      claims.push(says)
    }
  }
  const [yes, no] = [known.has(keyOf(question)), known.has(keyOf({ ...question, not: !question.not }))]
  if (yes && no) throw new Error(`of ${question.member} both '${question.what}' and its contrary follow`)
  return yes || no ? yes : null
}

const keyOf = ({ what, not }: Claim): string => `${not ? 'not ' : ''}${what}`

/** The theory and the question of a text like 'Every wumpus is red. Rex is a wumpus. True or false: Rex is red.' */
export function statementIn(text: string): Statement {
  const [, body, asked] = /^(?:Q: )?([^\n]+)\nTrue or false: ([^\n]+?)\.?\s*(?:$|\n)/.exec(text) ?? []
  if (!body || !asked) throw new Error(`this is no theory with a question: '${quoted(text)}'`)
  const rules: Rule[] = []
  const facts: Statement['question'][] = []
  for (const sentence of body.split('.')) {
    if (sentence.trim() === '') continue
    const rule = ruleIn(sentence.trim())
    if (rule) rules.push(rule)
    else facts.push(factIn(sentence.trim()))
  }
  return { rules, facts, question: factIn(asked) }
}

function ruleIn(sentence: string): Rule | undefined {
  const [, concept, not, what] = /^(?:Each|Every) (\w+) is (not )?(?:an? )?(\w+)$/.exec(sentence) ?? []
  if (concept && what) return { concept, says: { what, not: not !== undefined } }
  const [, many, nots, whats] = /^(\w+) are (not )?(\w+)$/.exec(sentence) ?? []
  if (!many || !whats) return undefined
  return { concept: singular(many).toLowerCase(), says: { what: singular(whats), not: nots !== undefined } }
}

const singular = (word: string): string => (word.endsWith('uses') ? word.slice(0, -2) : word)

function factIn(sentence: string): Statement['question'] {
  const [, member, not, what] = /^(\w+) is (not )?(?:an? )?(\w+)$/.exec(sentence) ?? []
  if (!member || !what) throw new Error(`'${quoted(sentence)}' is no sentence that a theory is made of`)
  return { member, what, not: not !== undefined }
}
