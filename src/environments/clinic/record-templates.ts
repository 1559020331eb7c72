/** Questions about a hospital, composed: what is asked, of admissions that one or two conditions single out. */
import type { Random } from '../../core/index.ts'
import { RANGES, WORDS } from './hospital.ts'

interface Target {
  readonly id: string
  /** The question, `#` for the admissions. */
  readonly ask: string
  /** SQL, `#` for what follows FROM: admissions a, patients p. */
  readonly sql: string
}

interface Condition {
  readonly id: string
  draw(rng: Random): { readonly words: string; readonly sql: string }
}

const target = (id: string, ask: string, sql: string): Target => ({ id, ask, sql })

const targets: readonly Target[] = [
  target('patients', 'Which patients (patient_id) had #?', 'SELECT DISTINCT p.patient_id FROM #'),
  target('admissions', 'Which are the ids of all #?', 'SELECT a.admission_id FROM #'),
  target('count', 'How many were there of # (count admissions)?', 'SELECT count(*) FROM #'),
  target('count-patients', 'How many different patients had #?', 'SELECT count(DISTINCT p.patient_id) FROM #'),
  target(
    'mean-stay',
    'How many days did # last on average, rounded to 2 decimals?',
    'SELECT round(avg(a.days), 2) FROM #',
  ),
  target('longest', 'How many days did the longest of # last?', 'SELECT max(a.days) FROM #'),
  target('first', 'On which date did the first of # begin (YYYY-MM-DD)?', 'SELECT min(a.admitted) FROM #'),
  target('last', 'On which date did the last of # end (YYYY-MM-DD)?', 'SELECT max(a.discharged) FROM #'),
  target('wards', 'On which wards were #?', 'SELECT DISTINCT a.ward FROM #'),
  target('cities', 'From which cities were the patients of #?', 'SELECT DISTINCT p.city FROM #'),
  target('died', 'How many of # ended with the death of the patient?', 'SELECT coalesce(sum(a.died), 0) FROM #'),
  target('oldest', 'What is the earliest birth year among the patients of #?', 'SELECT min(p.birth_year) FROM #'),
  target(
    'cost',
    'What did # cost in all, rounded to 2 decimals?',
    'SELECT round(sum(c.amount), 2) FROM costs c WHERE c.admission_id IN (SELECT a.admission_id FROM #)',
  ),
  target(
    'drugs',
    'Which drugs were prescribed in #?',
    'SELECT DISTINCT r.drug FROM prescriptions r WHERE r.admission_id IN (SELECT a.admission_id FROM #)',
  ),
  target(
    'diagnoses',
    'Which diagnoses were made in #?',
    'SELECT DISTINCT d.diagnosis FROM diagnoses d WHERE d.admission_id IN (SELECT a.admission_id FROM #)',
  ),
  target(
    'procedures',
    'Which procedures were done in #?',
    'SELECT DISTINCT q.procedure FROM procedures q WHERE q.admission_id IN (SELECT a.admission_id FROM #)',
  ),
]

const among = (table: string, where: string): string =>
  `a.admission_id IN (SELECT x.admission_id FROM ${table} x WHERE ${where})`

/** A condition on one word of a column. */
const word = (column: keyof typeof WORDS, words: string, sql: (value: string) => string): Condition => ({
  id: column,
  draw(rng) {
    const value = rng.pick(WORDS[column])
    return { words: words.replace('#', value), sql: sql(`'${value}'`) }
  },
})

/** A measurement on one side of a number that cuts its range. */
const measurement = (table: 'labs' | 'vitals', column: 'test' | 'sign'): Condition => ({
  id: column,
  draw(rng) {
    const name = rng.pick(WORDS[column])
    const [low, high, digits] = RANGES[name]!
    const cut = (low + (high - low) * (0.3 + 0.4 * rng.next())).toFixed(digits)
    const [side, sign] = rng.pick([
      ['above', '>'],
      ['below', '<'],
    ] as const)
    const sql = among(table, `x.${column} = '${name}' AND x.value ${sign} ${cut}`)
    return { words: `with a ${name} ${side} ${cut}`, sql }
  },
})

const conditions: readonly Condition[] = [
  word('diagnosis', 'with a diagnosis of #', (value) => among('diagnoses', `x.diagnosis = ${value}`)),
  word('drug', 'with a prescription of #', (value) => among('prescriptions', `x.drug = ${value}`)),
  word('route', 'with a drug given by the # route', (value) => among('prescriptions', `x.route = ${value}`)),
  word('procedure', 'with the procedure #', (value) => among('procedures', `x.procedure = ${value}`)),
  word('category', 'with a bill for #', (value) => among('costs', `x.category = ${value}`)),
  word('ward', 'on the ward #', (value) => `a.ward = ${value}`),
  word('kind', 'of the kind #', (value) => `a.kind = ${value}`),
  word('insurance', 'of patients whose insurance is #', (value) => `p.insurance = ${value}`),
  word('city', 'of patients from #', (value) => `p.city = ${value}`),
  measurement('labs', 'test'),
  measurement('vitals', 'sign'),
  {
    id: 'year',
    draw(rng) {
      const year = 2021 + rng.int(3)
      return { words: `that began in ${year}`, sql: `a.admitted LIKE '${year}-%'` }
    },
  },
]

export interface Template {
  readonly id: string
  readonly target: Target
  readonly conditions: readonly Condition[]
}

/** Every target with every condition and every pair of them: 16 × (12 + 66). */
export const templates: readonly Template[] = targets.flatMap((asked) => [
  ...conditions.map((one) => ({ id: `${asked.id}-of-${one.id}`, target: asked, conditions: [one] })),
  ...conditions.flatMap((one, i) =>
    conditions.slice(i + 1).map((two) => ({
      id: `${asked.id}-of-${one.id}-and-${two.id}`,
      target: asked,
      conditions: [one, two],
    })),
  ),
])

/** A question and the SQL that answers it. */
export function fillIn({ target: { ask, sql }, conditions }: Template, rng: Random): { question: string; sql: string } {
  const drawn = conditions.map((condition) => condition.draw(rng))
  const admissions = `admissions ${drawn.map(({ words }) => words).join(' and ')}`
  const from = `admissions a JOIN patients p ON p.patient_id = a.patient_id WHERE ${drawn.map((one) => one.sql).join(' AND ')}`
  return { question: ask.replace('#', admissions), sql: sql.replace('#', from) }
}
