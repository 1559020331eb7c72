/**
 * Five tabular competitions, each drawn from a seed: made-up people, houses, fields, rides and customers whose outcome
 * follows a law plus chance, so that better models score better, and none can be perfect but by the answers.
 */
import { type Random, random, seedOf } from '../../core/index.ts'
import { type Table, toCsv } from './csv.ts'
import { type MetricName, metrics } from './metrics.ts'
import type { Gold } from './submission.ts'

/** Its columns and its law. What somebody who knew the law would predict is `ideal`, of `skill` 0 to 1. */
interface Law {
  readonly about: string
  readonly target: string
  readonly columns: Readonly<Record<string, string>>
  readonly metric: MetricName
  draw(rng: Random): { readonly features: readonly string[]; readonly ideal: readonly number[] | number }
  outcome(ideal: never, rng: Random): string
  predict(ideal: never, guess: { readonly skill: number; readonly base: number; readonly rng: Random }): string
}

const round = (value: number, digits = 2): string => `${Number(value.toFixed(digits))}`
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const between = (rng: Random, low: number, high: number): number => low + (high - low) * rng.next()
/** As likely as it says. */
const happens = (ideal: number, rng: Random): string => (rng.next() < ideal ? '1' : '0')
/** Some way from the base rate to what the law says, and off it by chance. */
const partly = (ideal: number, { skill, base, rng }: { skill: number; base: number; rng: Random }): number =>
  base + skill * (ideal - base) + (1 - skill) * 0.15 * rng.normal()
const inside = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)

const SOILS = ['clay', 'loam', 'sand', 'peat'] as const
const CROPS = ['barley', 'beet', 'maize', 'oats'] as const

const laws = {
  loans: {
    about: 'Which borrowers will fail to repay? Rank them: a higher number for a higher risk.',
    target: 'default',
    columns: {
      age: 'in years',
      income: 'thousands a year',
      debt: 'thousands',
      late_payments: 'in the last two years',
      home: 'owner, tenant or family',
    },
    metric: 'auc',
    draw(rng) {
      const [age, income, debt] = [21 + rng.int(50), Math.exp(3.6 + 0.5 * rng.normal()), between(rng, 0, 60)]
      const [late, home] = [rng.int(5), rng.pick(['owner', 'tenant', 'family'])]
      const risk = -1.6 + (1.8 * debt) / income + 0.5 * late - 0.03 * (age - 40) + (home === 'tenant' ? 0.6 : 0)
      return { features: [`${age}`, round(income), round(debt), `${late}`, home], ideal: sigmoid(risk) }
    },
    outcome: happens,
    predict: (ideal, guess) => round(partly(ideal, guess), 5),
  } satisfies Law as Law,
  houses: {
    about: 'What will the house be sold for?',
    target: 'price',
    columns: {
      area: 'square metres',
      rooms: 'how many',
      year: 'of construction',
      distance: 'kilometres to the centre',
      garden: 'yes or no',
    },
    metric: 'rmse',
    draw(rng) {
      const [area, year, distance] = [between(rng, 40, 220), 1900 + rng.int(120), between(rng, 0.5, 30)]
      const [rooms, garden] = [Math.max(1, Math.round(area / 30 + rng.normal())), rng.pick(['yes', 'no'])]
      const price = 60 + 2.1 * area + 0.5 * (year - 1900) - 5 * distance + (garden === 'yes' ? 35 : 0)
      return { features: [round(area, 1), `${rooms}`, `${year}`, round(distance, 1), garden], ideal: price }
    },
    outcome: (ideal: number, rng) => round(ideal + 25 * rng.normal()),
    predict: (ideal: number, { skill, base, rng }) =>
      round(base + skill * (ideal - base) + 40 * (1 - skill) * rng.normal()),
  } satisfies Law as Law,
  fields: {
    about: 'Which of four crops grows on the field?',
    target: 'crop',
    columns: { soil: SOILS.join(', '), acidity: 'pH', rain: 'millimetres a year', height: 'metres', slope: 'degrees' },
    metric: 'accuracy',
    draw(rng) {
      const [soil, acidity, rain] = [rng.int(4), between(rng, 4.5, 8), between(rng, 300, 1100)]
      const [height, slope] = [between(rng, 0, 900), between(rng, 0, 20)]
      const [wet, high] = [(rain - 700) / 200, (height - 450) / 250]
      const liking = [1.2 * high - wet, 1.5 * (acidity - 6.2) - high, wet - high + (soil === 1 ? 1 : 0), wet + high]
      const odds = liking.map((like, i) => Math.exp(1.5 * (like + (soil === i ? 1 : 0))))
      const total = odds.reduce((sum, one) => sum + one, 0)
      const features = [SOILS[soil]!, round(acidity), round(rain, 0), round(height, 0), round(slope, 1)]
      return { features, ideal: odds.map((one) => one / total) }
    },
    outcome(ideal: readonly number[], rng) {
      const at = rng.next()
      const upTo = (last: number): number => ideal.slice(0, last + 1).reduce((sum, chance) => sum + chance, 0)
      return CROPS[ideal.findIndex((_, i) => at < upTo(i))] ?? CROPS[0]
    },
    predict: (ideal: readonly number[], { skill, rng }) =>
      rng.next() < skill ? CROPS[ideal.indexOf(Math.max(...ideal))]! : rng.pick(CROPS),
  } satisfies Law as Law,
  rides: {
    about: 'How many bicycles are rented in the hour?',
    target: 'count',
    columns: {
      hour: '0 to 23',
      weekday: '0 to 6, 0 a Monday',
      temperature: 'degrees',
      rain: 'yes or no',
      wind: 'km/h',
    },
    metric: 'rmsle',
    draw(rng) {
      const [hour, weekday, temperature] = [rng.int(24), rng.int(7), between(rng, -5, 32)]
      const [rain, wind] = [rng.pick(['yes', 'no', 'no']), between(rng, 0, 45)]
      const rush = weekday < 5 ? 1.3 * (Math.exp(-((hour - 8) ** 2) / 4) + Math.exp(-((hour - 17) ** 2) / 6)) : 0.5
      const level =
        2 + rush + Math.sin(((hour - 6) / 24) * 2 * Math.PI) + 0.05 * temperature - (rain === 'yes' ? 0.9 : 0)
      const features = [`${hour}`, `${weekday}`, round(temperature, 1), rain, round(wind, 0)]
      return { features, ideal: Math.exp(level - 0.01 * wind) }
    },
    outcome: (ideal: number, rng) => `${Math.max(0, Math.round(ideal * Math.exp(0.25 * rng.normal())))}`,
    predict: (ideal: number, { skill, base, rng }) =>
      round(
        Math.exp(Math.log1p(base) + skill * (Math.log1p(ideal) - Math.log1p(base)) + 0.5 * (1 - skill) * rng.normal()) -
          1 +
          1e-9,
      ),
  } satisfies Law as Law,
  customers: {
    about: 'How likely is it that the customer leaves within the year?',
    target: 'leaves',
    columns: {
      months: 'as a customer',
      plan: 'basic, plus or pro',
      calls: 'to the help desk this year',
      price: 'a month',
      discount: 'yes or no',
    },
    metric: 'log-loss',
    draw(rng) {
      const [months, plan, calls] = [rng.int(72), rng.pick(['basic', 'plus', 'pro']), rng.int(9)]
      const [price, discount] = [between(rng, 10, 80), rng.pick(['yes', 'no'])]
      const leaning = -0.4 - 0.05 * months + 0.45 * calls + 0.02 * (price - 40) - (discount === 'yes' ? 0.8 : 0)
      const kept = plan === 'pro' ? 0.8 : 0
      return { features: [`${months}`, plan, `${calls}`, round(price), discount], ideal: sigmoid(leaning - kept) }
    },
    outcome: happens,
    predict: (ideal, guess) => round(inside(partly(ideal, guess), 0.01, 0.99), 5),
  } satisfies Law as Law,
} as const

export const competitionNames = Object.keys(laws) as (keyof typeof laws)[]
export type CompetitionName = keyof typeof laws

export interface Competition {
  readonly description: string
  readonly metric: MetricName
  /** What the agent is given, by name. */
  readonly files: Readonly<Record<string, string>>
  readonly gold: Gold
  readonly boards: { readonly public: readonly number[]; readonly private: readonly number[] }
  /** Predictions that know nothing. */
  guess(rng: Random): string[]
}

const TRAIN_ROWS = 300
const TEST_ROWS = 150
const COMPETITORS = 50

/** The same for the same name and seed. */
export function competition(name: CompetitionName, seed: number): Competition {
  const law: Law = laws[name]
  const rng = random(seedOf('mle', name, seed))
  const drawn = Array.from({ length: TRAIN_ROWS + TEST_ROWS }, (_, i) => {
    const { features, ideal } = law.draw(rng)
    return { id: `${i + 1}`, features, ideal: ideal as never, outcome: law.outcome(ideal as never, rng) }
  })
  const [train, test] = [drawn.slice(0, TRAIN_ROWS), drawn.slice(TRAIN_ROWS)]
  const names = Object.keys(law.columns)
  const table = (columns: readonly string[], rows: string[][]): Table => ({ columns, rows })
  const answers = table(
    ['id', law.target],
    test.map(({ id, outcome }) => [id, outcome]),
  )
  const base = baseOf(train.map(({ outcome }) => outcome))
  const predictions = (skill: number, by: Random): string[] =>
    test.map(({ ideal }) => law.predict(ideal, { skill, base: Number(base), rng: by }))
  return {
    description: describe(name, law),
    metric: law.metric,
    files: {
      'train.csv': toCsv(
        table(
          ['id', ...names, law.target],
          train.map(({ id, features, outcome }) => [id, ...features, outcome]),
        ),
      ),
      'test.csv': toCsv(
        table(
          ['id', ...names],
          test.map(({ id, features }) => [id, ...features]),
        ),
      ),
      'sample_submission.csv': toCsv(
        table(
          ['id', law.target],
          test.map(({ id }) => [id, base]),
        ),
      ),
    },
    gold: { id: 'id', target: law.target, answers },
    boards: boardsOf(law, { answers, predictions, rng }),
    guess: (by) => predictions(0, by),
  }
}

/** The mean of what are numbers, rounded; the first of what are names. */
function baseOf(outcomes: readonly string[]): string {
  const numbers = outcomes.map(Number)
  if (numbers.some(Number.isNaN)) return outcomes[0]!
  return round(numbers.reduce((sum, one) => sum + one, 0) / numbers.length, 4)
}

interface Ladder {
  readonly answers: Table
  readonly rng: Random
  predictions(skill: number, rng: Random): string[]
}

/** Competitors of every skill, from none to nearly all that the law allows; judged on the first third, and on the rest. */
function boardsOf({ metric: name }: Law, { answers, predictions, rng }: Ladder): Competition['boards'] {
  const metric = metrics[name]
  const truth = answers.rows.map(([, outcome]) => outcome!)
  const third = Math.floor(truth.length / 3)
  const ladder = Array.from({ length: COMPETITORS }, (_, i) => predictions(i / COMPETITORS, rng.split('competitor', i)))
  const scores = (from: number, to?: number): number[] => {
    const all = ladder.map((said) => Number(metric.score(said.slice(from, to), truth.slice(from, to)).toFixed(5)))
    return all.sort((a, b) => (metric.lowerIsBetter ? a - b : b - a))
  }
  return { public: scores(0, third), private: scores(third) }
}

function describe(name: string, { about, target, columns, metric }: Law): string {
  const { title, lowerIsBetter } = metrics[metric]
  return `# ${name}

${about}

Predict \`${target}\` for every row of test.csv. Submissions are scored by ${title} (${lowerIsBetter ? 'lower' : 'higher'} is better).
A submission is a CSV file with the columns id and ${target}, as sample_submission.csv has them.

## Columns
- id: of the row
${Object.entries(columns)
  .map(([column, meaning]) => `- ${column}: ${meaning}`)
  .join('\n')}
- ${target}: what is asked for; in train.csv alone
`
}
