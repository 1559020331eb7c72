/**
 * PrOntoQA's chains (Saparov and He 2023), in concepts that nobody has heard of: is it true or false of somebody, by so
 * many steps as the level says? Concepts that lead nowhere, and one that says the contrary of others, are in the way.
 */
import type { EnvSpec, Random } from '../../core/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'
import { type Claim, follows, type Rule, statementIn } from './ontology.ts'

export interface Chain {
  /** The theory, and behind a line break what is true or false. */
  readonly text: string
}

/** Throws a sentence on a level that there is none of. */
export function prontoqa(argument?: string): EnvSpec<Chain, QuestionEnv> {
  const levels = levelsOf('prontoqa', argument)
  return questionEnv<Chain>({
    id: named('prontoqa', levels),
    tasks: gradedTasks({ name: 'prontoqa', levels, draw }),
    instructions: 'Is the last sentence true or false? Go by what the text says. Answer True or False.',
    ask: ({ text }) => text,
    form: afterAnswer,
    score: (answer, { task }) => (answer.toLowerCase() === truth(task.data).toLowerCase() ? 1 : 0),
    solve: truth,
    guess: (_, random) => random.pick(['True', 'False']),
  })
}

function truth({ text }: Chain): string {
  const answer = follows(statementIn(text))
  if (answer === null) throw new Error('a chain was made that leads to no answer')
  return answer ? 'True' : 'False'
}

const NAMES = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus', 'Hana', 'Ivo', 'June']
const PROPERTIES = [
  'angry big blue brave calm cheap clean clever cold curly dark dry fast fierce flat fresh gentle happy heavy hollow',
  'honest hungry lazy loud lucky noisy old pale polite proud quiet rare red rich rough round shiny short shy silent',
  'slow smooth soft sour strong sweet tall tame thin tidy tiny tired warm wet wild wise young',
]
  .join(' ')
  .split(' ')

function draw({ level, round, random }: Draw): Chain {
  const words = conceptNames(random)
  const properties = random.shuffle(PROPERTIES)
  const fresh = (): Claim => ({ what: properties.pop()!, not: random.int(3) === 0 })
  const rules: Rule[] = []
  const chain = Array.from({ length: level + 1 }, () => words.pop()!)
  for (const [i, concept] of chain.entries()) {
    const [next, aside] = [chain[i + 1], words.pop()!]
    if (next) rules.push({ concept, says: { what: next, not: false } })
    rules.push({ concept, says: { what: aside, not: false } }, { concept: aside, says: fresh() })
    if (next) rules.push({ concept, says: fresh() })
  }
  const asked = fresh()
  const stranger = words.pop()!
  rules.push({ concept: chain[level]!, says: asked }, { concept: stranger, says: { ...asked, not: !asked.not } })
  rules.push({ concept: stranger, says: { what: words.pop()!, not: false } })
  const [member, other] = random.shuffle(NAMES)
  // As many are true as are false, at every level.
  const isTrue = (round + level) % 2 === 0
  const sentences = random.shuffle(rules.map((rule) => sentenceOf(rule, random)))
  const facts = random.shuffle([`${member} is a ${chain[0]}.`, `${other} is a ${stranger}.`])
  const not = asked.not === isTrue ? 'not ' : ''
  return { text: `${[...sentences, ...facts].join(' ')}\nTrue or false: ${member} is ${not}${asked.what}.` }
}

/** Names like 'lorbus', all different, whose plural is 'lorbuses'. */
function conceptNames(random: Random): string[] {
  const names = [...'bdfgjklmnprstvz'].flatMap((first) =>
    ['a', 'e', 'i', 'o', 'u'].flatMap((vowel) =>
      ['lb', 'lp', 'mb', 'mp', 'nd', 'nt', 'rb', 'rd', 'rg'].map((middle) => `${first}${vowel}${middle}us`),
    ),
  )
  return random.shuffle(names)
}

function sentenceOf({ concept, says: { what, not } }: Rule, random: Random): string {
  const isConcept = what.endsWith('us')
  const no = not ? 'not ' : ''
  const many = `${concept[0]!.toUpperCase()}${concept.slice(1)}es are ${no}${isConcept ? `${what}es` : what}.`
  const one = `is ${no}${isConcept ? 'a ' : ''}${what}.`
  return random.pick([many, `Each ${concept} ${one}`, `Every ${concept} ${one}`])
}
