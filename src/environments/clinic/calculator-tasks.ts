/** The tasks of `clinic/calculators`: every patient stands in one task; some formulas are kept for testing alone. */
import { type Random, random, type Split, type Task } from '../../core/index.ts'
import { reckon } from './formula.ts'
import { formulaIds, formulas } from './formulas.ts'
import { patientFor } from './notes.ts'

/** What a test task tries: a formula known from training on a new patient, or a formula never trained on. */
export type Part = 'training' | 'held-out patients' | 'held-out formulas'

export interface CalculatorTask {
  readonly formula: string
  readonly part: Part
  readonly note: string
  readonly question: string
  /** Python that comes to the gold answer. */
  readonly code: string
  /** The formula with the note's numbers in it, on one line. */
  readonly short: string
  readonly gold: number
  /** Both hold for a right answer. Equal for a score. */
  readonly low: number
  readonly high: number
}

/** Patients of each split. */
const COUNT = { train: 20_000, test: 600 }

/** In an order in which every formula comes up early; test tasks are of a new patient and a new formula by turns. */
export function* calculatorTasks(split: Split, terse: boolean): Generator<Task<CalculatorTask>> {
  const rng = random(terse ? 2 : 1)
  const [known, unknown] = [false, true].map((heldOut) => formulaIds({ heldOut, terse })) as [string[], string[]]
  for (let i = 0; i < COUNT[split]; i++) {
    const part: Part = split === 'train' ? 'training' : i % 2 === 0 ? 'held-out patients' : 'held-out formulas'
    const pool = part === 'held-out formulas' ? unknown : known
    const turn = split === 'train' ? i : Math.floor(i / 2)
    const formula = pool[turn % pool.length]!
    const patient = split === 'train' ? i : COUNT.train + i
    yield { id: `${formula}/${patient}`, data: calculatorTask(formula, part, { rng: rng.split(patient), terse }) }
  }
}

interface Drawing {
  readonly rng: Random
  readonly terse: boolean
}

function calculatorTask(id: string, part: Part, { rng, terse }: Drawing): CalculatorTask {
  const formula = formulas[id]!
  for (let attempt = 0; ; attempt++) {
    const patient = patientFor(formula, rng.split(attempt), terse)
    const gold = reckon(formula, patient.values)
    // Five per cent of next to nothing is nothing: such a patient is drawn again.
    if (!formula.score && Math.abs(gold) < 0.1) continue
    const off = formula.score ? 0 : 0.05 * Math.abs(gold)
    return {
      formula: id,
      part,
      note: patient.note,
      question: questionOf(id, terse),
      code: codeOf(id, patient.assignments),
      short: shortOf(id, patient.values),
      gold,
      low: gold - off,
      high: gold + off,
    }
  }
}

function questionOf(id: string, terse: boolean): string {
  const { name, short, unit, hint, score } = formulas[id]!
  if (terse) return `${short}?`
  const inUnit = unit ? ` in ${unit}` : ''
  const absent = score ? 'What the note does not mention is absent.' : ''
  return [`What is the patient's ${name}${inUnit}?`, hint, absent].filter(Boolean).join(' ')
}

function codeOf(id: string, assignments: readonly string[]): string {
  const lines = formulas[id]!.code.split('\n')
  return ['from math import log, sqrt', ...assignments, ...lines.slice(0, -1), `answer = ${lines.at(-1)}`].join('\n')
}

/** The formula with the numbers in their places, and what depends on the sex decided. */
function shortOf(id: string, values: Readonly<Record<string, number>>): string {
  return formulas[id]!.code.replaceAll(/[a-z]\w*/g, (name) => (Object.hasOwn(values, name) ? `${values[name]}` : name))
    .replaceAll(/\(([^()]*) if ([01]) else ([^()]*)\)/g, (_, yes, sex, no) => (sex === '1' ? yes : no))
    .replaceAll('\n', ';')
}
