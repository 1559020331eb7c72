/** Writes the note of a patient: what a formula needs, among what it does not, in words that vary. */
import type { Random } from '../../core/index.ts'
import { type Finding, type FindingName, findings, type Quantity } from './findings.ts'
import type { Formula } from './formula.ts'

export interface Patient {
  /** As the note gives them, in the formulas' own units: a value written in another unit, converted back. */
  readonly values: Readonly<Record<string, number>>
  readonly note: string
  /** Python that sets each value needed, from the numbers as written. */
  readonly assignments: readonly string[]
}

/** One patient for a formula. A terse note is a list of findings; any other is prose. */
export function patientFor(formula: Formula, rng: Random, terse: boolean): Patient {
  const values = drawn(formula, rng)
  return terse ? terseNote(formula, values, rng) : proseNote(formula, values, rng)
}

const findingOf = (name: string): Finding => findings[name as keyof typeof findings]

function drawn({ needs, ranges }: Formula, rng: Random): Record<string, number> {
  const values: Record<string, number> = { female: rng.int(2), age: rng.split('age').int(75) + 18 }
  for (const name of needs) {
    if (name === 'female') continue
    const finding = findingOf(name)
    values[name] = finding.kind === 'number' ? uniform(finding, rng, ranges?.[name]) : other(finding, rng)
  }
  return values
}

function uniform({ low, high, digits }: Quantity, rng: Random, range: readonly [number, number] = [low, high]): number {
  const scale = 10 ** digits
  const [from, to] = range.map((bound) => Math.round(bound * scale)) as [number, number]
  return (from + rng.int(to - from + 1)) / scale
}

const other = (finding: Exclude<Finding, Quantity>, rng: Random): number =>
  finding.kind === 'flag' ? rng.int(2) : rng.pick(finding.levels)[0]

const spelt = (value: number, digits: number): string => value.toFixed(digits)

/** 'F 67; K 4.1; Na 140; Cl 101': up to two findings that are not needed, then those that are, in the formula's order. */
function terseNote({ needs }: Formula, values: Record<string, number>, rng: Random): Patient {
  const distractors = rng.shuffle(LABORATORY.filter((name) => !needs.includes(name))).slice(0, rng.int(3))
  const said = needs.filter((name) => name !== 'female' && name !== 'age')
  const all = [...distractors, ...said].map((name) => {
    const finding = findingOf(name)
    return `${finding.short} ${values[name] ?? uniform(finding as Quantity, rng)}`
  })
  const opening = `${values['female'] ? 'F' : 'M'} ${values['age']}`
  return {
    values,
    note: [opening, ...all].join('; '),
    assignments: needs.map((name) => `${name} = ${values[name]}`),
  }
}

function proseNote(formula: Formula, values: Record<string, number>, rng: Random): Patient {
  const [He, his, noun] = values['female'] ? ['She', 'her', 'woman'] : ['He', 'his', 'man']
  const measured: string[] = []
  const told: string[] = []
  const real: Record<string, number> = { ...values }
  const assignments = [`female = ${values['female']}`, `age = ${values['age']}`].filter((line) =>
    formula.needs.includes(line.split(' ')[0] as FindingName),
  )
  for (const name of formula.needs) {
    if (name === 'female' || name === 'age') continue
    const finding = findingOf(name)
    if (finding.kind !== 'number') {
      const phrase = phraseOf(finding, values[name]!, rng)
      if (phrase) told.push(`${He} ${phrase}.`)
      assignments.push(`${name} = ${values[name]}`)
      continue
    }
    const written = write(finding, values[name]!, rng, !formula.score)
    measured.push(written.phrase)
    real[name] = written.value
    assignments.push(`${name} = ${written.python}`)
  }
  const past = rng.next() < 0.4 ? earlier(formula, { his, rng }) : []
  const noise = distractions(formula, { He, his, rng })
  const opening = `${article(values['age']!)} ${values['age']}-year-old ${noun} ${rng.pick(COMPLAINTS)}.`
  const numbers = sentences(rng.shuffle([...measured, ...noise.measured]), rng)
  const middle = rng.shuffle([...told, ...noise.told, ...past])
  const note = [opening, ...(rng.next() < 0.5 ? [...middle, ...numbers] : [...numbers, ...middle])].join(' ')
  return { values: real, note, assignments }
}

/** Eight, eleven, eighteen and the eighties begin with a vowel. */
const article = (age: number): string => (age === 18 || (age >= 80 && age < 90) ? 'An' : 'A')

/** Nothing for some of what is not there: notes leave out what they do not find. */
function phraseOf(finding: Exclude<Finding, Quantity>, value: number, rng: Random): string | undefined {
  if (finding.kind === 'level') return finding.levels.find(([points]) => points === value)![1]
  if (value) return rng.pick(finding.yes)
  return rng.next() < 0.7 ? rng.pick(finding.no) : undefined
}

/** A value as written, in its own unit or another; `value` and `python` are what was written, in the own unit. */
function write(
  { say, unit, digits, other }: Quantity,
  value: number,
  rng: Random,
  convert: boolean,
): { phrase: string; value: number; python: string } {
  const phrase = rng.pick(say)
  const put = (number: string, of: string): string =>
    phrase.replace('#', `${number}${of === '%' ? '' : ' '}${of}`.trim())
  if (!other || !convert || rng.next() > 0.25) {
    const text = spelt(value, digits)
    return { phrase: put(text, unit), value, python: `${value}` }
  }
  const text = spelt(value * other.factor, other.digits)
  const factor = Number(other.factor.toPrecision(6))
  return { phrase: put(text, other.unit), value: Number(text) / factor, python: `${Number(text)} / ${factor}` }
}

interface Told {
  readonly his: string
  readonly rng: Random
}

/** What one of the values was a year ago: not what is asked for. */
function earlier({ needs }: Formula, { his, rng }: Told): string[] {
  const numbers = needs.filter((name) => name !== 'female' && name !== 'age' && findingOf(name).kind === 'number')
  if (numbers.length === 0) return []
  const finding = findingOf(rng.pick(numbers)) as Quantity
  const text = `${spelt(uniform(finding, rng), finding.digits)} ${finding.unit}`.trim()
  const phrase = finding.say[0]!.replace('#', text)
  return [rng.pick([`A year ago ${his} records gave ${phrase}.`, `At ${his} last visit, a year earlier: ${phrase}.`])]
}

const LABORATORY = (Object.keys(findings) as (keyof typeof findings)[]).filter(
  (name) => findings[name].kind === 'number' && !['age', 'target_bmi', 'qt'].includes(name),
)

function distractions(
  { needs }: Formula,
  { He, his, rng }: Told & { readonly He: string },
): { measured: string[]; told: string[] } {
  const strangers = rng.shuffle(LABORATORY.filter((name) => !needs.includes(name))).slice(0, 1 + rng.int(4))
  const measured = strangers.map((name) => {
    const finding = findings[name] as Quantity
    return write(finding, uniform(finding, rng), rng, true).phrase
  })
  const kin = rng.pick(['mother', 'father', 'brother', 'sister'])
  const family = `${capital(his)} ${kin} ${rng.pick(['had diabetes', 'died of a stroke', 'had high blood pressure', 'had cancer'])}.`
  const told = rng.shuffle([family, ...ASIDES.map((aside) => aside.replace('#', He))]).slice(0, 1 + rng.int(3))
  return { measured, told }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Two to four phrases to a sentence. */
function sentences(phrases: readonly string[], rng: Random): string[] {
  const out: string[] = []
  for (let rest = phrases; rest.length > 0; ) {
    const some = rest.slice(0, 2 + rng.int(3))
    rest = rest.slice(some.length)
    const list = some.length > 1 ? `${some.slice(0, -1).join(', ')} and ${some.at(-1)}` : some[0]!
    out.push(
      rng.pick([`Findings today: ${list}.`, `${capital(list)}.`, `We noted ${list}.`, `On record now: ${list}.`]),
    )
  }
  return out
}

const COMPLAINTS = [
  'comes to the emergency department after three days of feeling unwell',
  'is admitted from a nursing home',
  'is seen in the clinic for follow-up',
  'is brought in by ambulance',
  'is referred by the family doctor',
  'was admitted overnight and is seen on the morning round',
  'is reviewed before an elective operation',
]

const ASIDES = [
  '# lives alone on the second floor.',
  '# works as a teacher.',
  '# has two grown children.',
  '# reports no allergies.',
  '# was vaccinated last autumn.',
  'The chest film is unremarkable.',
  '# had an appendectomy as a child.',
  '# sleeps badly.',
]
