import { describe, expect, it } from 'vitest'
import { calculate } from './calculate.ts'
import { calculatorTasks } from './calculator-tasks.ts'
import { reckon } from './formula.ts'
import { formulaIds, formulas } from './formulas.ts'

describe('calculate', () => {
  it('reckons as Python does', () => {
    const expected: Record<string, number> = {
      '2+3*4': 14,
      '-2**2': -4,
      '2**-1': 0.5,
      '2**3**2': 512,
      '7/2-1': 2.5,
      '+-3': -3,
      '1e3*.5': 500,
      '(1 < 2) + (2 <= 2 < 3) + (3 != 3)': 2,
      '10 if 1 > 2 else 20 if 0 else 30': 30,
      'not 0 and (0 or 5)': 5,
      'min(3,1,2)+max(1,2)': 3,
      'round(2.5)+round(3.5)+round(-1.5)': 4,
      'round(2.345,1)': 2.3,
      'math.sqrt(16)+log10(100)': 6,
      'a=2;b=a*3;b+1': 7,
      'x = 4\nanswer = x / 8': 0.5,
    }
    for (const [text, value] of Object.entries(expected)) expect(calculate(text), text).toBeCloseTo(value, 12)
  })

  it('takes nothing else for arithmetic', () => {
    const wrong = [
      '',
      '1+',
      '(1',
      '1)',
      '1 2',
      'x',
      'import os',
      '1/0',
      'sqrt(-1)',
      '__import__("os")',
      '9**9**9',
      '1;',
    ]
    for (const text of [...wrong, 'constructor', 'min()', 'sqrt', `${'('.repeat(700)}1`, '1'.repeat(801)])
      expect(calculate(text), text).toBe(null)
  })
})

/** Worked by hand or with the published calculators, from the sources' own definitions. */
const worked: Record<string, [Record<string, number>, number]> = {
  bmi: [{ weight: 70, height: 175 }, 22.857],
  bsa: [{ weight: 70, height: 170 }, 1.8181],
  'bsa-du-bois': [{ weight: 70, height: 170 }, 1.8097],
  'ideal-weight': [{ female: 0, height: 177.8 }, 73],
  'adjusted-weight': [{ female: 0, height: 177.8, weight: 100 }, 83.8],
  'target-weight': [{ target_bmi: 22, height: 170 }, 63.58],
  'lean-mass': [{ female: 1, weight: 60, height: 165 }, 44.865],
  'resting-energy': [{ weight: 70, height: 175, age: 40, female: 0 }, 1598.75],
  'maintenance-fluids': [{ weight: 70 }, 110],
  'water-deficit': [{ female: 0, weight: 70, sodium: 160 }, 6],
  'cockcroft-gault': [{ age: 60, weight: 72, creatinine: 1, female: 1 }, 68],
  'ckd-epi-2021': [{ creatinine: 1, female: 0, age: 50 }, 91.69],
  mdrd: [{ creatinine: 1, age: 50, female: 0 }, 79.1],
  fena: [{ urine_sodium: 20, creatinine: 2, sodium: 140, urine_creatinine: 100 }, 0.2857],
  feurea: [{ urine_urea: 300, creatinine: 2, urea_nitrogen: 30, urine_creatinine: 100 }, 20],
  'anion-gap': [{ sodium: 140, chloride: 104, bicarbonate: 24 }, 12],
  'anion-gap-albumin': [{ sodium: 140, chloride: 104, bicarbonate: 24, albumin: 2 }, 17],
  'delta-gap': [{ sodium: 140, chloride: 100, bicarbonate: 10 }, 18],
  'delta-ratio': [{ sodium: 140, chloride: 100, bicarbonate: 10 }, 1.2857],
  'corrected-calcium': [{ calcium: 8, albumin: 2 }, 9.6],
  'corrected-sodium': [{ sodium: 130, glucose: 600 }, 142],
  'corrected-sodium-katz': [{ sodium: 130, glucose: 600 }, 138],
  osmolality: [{ sodium: 140, glucose: 90, urea_nitrogen: 14 }, 290],
  winters: [{ bicarbonate: 12 }, 26],
  ttkg: [{ urine_potassium: 40, potassium: 4, urine_osmolality: 600, serum_osmolality: 300 }, 5],
  ldl: [{ cholesterol: 200, hdl: 50, triglycerides: 150 }, 120],
  'homa-ir': [{ glucose: 90, insulin: 9 }, 2],
  'average-glucose': [{ a1c: 7 }, 154.2],
  'fib-4': [{ age: 50, ast: 64, platelets: 200, alt: 64 }, 2],
  apri: [{ ast: 80, platelets: 100 }, 2],
  maddrey: [{ prothrombin_time: 20, bilirubin: 5 }, 41.8],
  meld: [{ bilirubin: 2, inr: 1.5, creatinine: 1.5 }, 17],
  'meld-na': [{ bilirubin: 2, inr: 1.5, creatinine: 1.5, sodium: 130 }, 22],
  'mean-pressure': [{ systolic: 120, diastolic: 80 }, 93.333],
  'shock-index': [{ heart_rate: 90, systolic: 120 }, 0.75],
  'qtc-bazett': [{ qt: 400, heart_rate: 75 }, 447.21],
  'qtc-fridericia': [{ qt: 400, heart_rate: 75 }, 430.89],
  'qtc-framingham': [{ qt: 400, heart_rate: 75 }, 430.8],
  'qtc-hodges': [{ qt: 400, heart_rate: 75 }, 426.25],
  'a-a-gradient': [{ inspired_oxygen: 21, carbon_dioxide_tension: 40, oxygen_tension: 90 }, 9.73],
  'p-f-ratio': [{ oxygen_tension: 80, inspired_oxygen: 40 }, 200],
  'curb-65': [{ confusion: 1, urea_nitrogen: 25, respiratory_rate: 32, systolic: 110, diastolic: 60, age: 70 }, 5],
  centor: [{ exudate: 1, tender_nodes: 1, temperature: 38.5, cough: 0, age: 50 }, 3],
  sirs: [{ temperature: 38.5, heart_rate: 95, respiratory_rate: 18, carbon_dioxide_tension: 30, white_cells: 8 }, 3],
  qsofa: [{ respiratory_rate: 22, confusion: 0, systolic: 100 }, 2],
  'glasgow-coma': [{ eyes: 3, verbal: 4, motor: 5 }, 12],
  'child-pugh': [{ bilirubin: 2.5, albumin: 2.5, inr: 1.5, ascites: 2, encephalopathy: 1 }, 9],
  'apache-age-pressure': [{ age: 60, systolic: 90, diastolic: 45, heart_rate: 115 }, 7],
  'cha2ds2-vasc': [
    { heart_failure: 1, hypertension: 1, age: 76, diabetes: 0, stroke: 1, vascular_disease: 0, female: 1 },
    7,
  ],
  'has-bled': [
    {
      ...{ systolic: 170, renal_disease: 0, liver_disease: 1, stroke: 1, bleeding: 0, labile_inr: 1, age: 66 },
      ...{ antiplatelets: 0, alcohol: 1 },
    },
    6,
  ],
  'wells-pe': [
    {
      ...{ clot_signs: 1, embolism_likeliest: 0, heart_rate: 110, immobile: 1, venous_thrombosis: 0 },
      ...{ haemoptysis: 1, cancer: 0 },
    },
    7,
  ],
  'wells-dvt': [
    {
      ...{ cancer: 1, paralysis: 0, immobile: 1, tenderness: 1, whole_leg: 0, calf: 1, pitting: 0, collaterals: 0 },
      ...{ venous_thrombosis: 0, otherwise_explained: 1 },
    },
    2,
  ],
  perc: [
    {
      ...{ age: 55, heart_rate: 90, saturation: 94, leg_swelling: 0, haemoptysis: 0, immobile: 1 },
      ...{ venous_thrombosis: 0, oestrogen: 0 },
    },
    3,
  ],
  'glasgow-blatchford': [
    {
      ...{ urea_nitrogen: 25, haemoglobin: 11, female: 0, systolic: 95, heart_rate: 105, melaena: 1, syncope: 0 },
      ...{ liver_disease: 0, heart_failure: 0 },
    },
    10,
  ],
}

describe('formulas', () => {
  it.each(Object.keys(formulas))('%s gives the value of a worked example', (id) => {
    const [values, expected] = worked[id]!
    expect(Object.keys(values).sort()).toEqual([...formulas[id]!.needs].sort())
    expect(Math.abs(reckon(formulas[id]!, values) / expected - 1)).toBeLessThan(1e-3)
  })

  it('are at least 25 in training, and some never', () => {
    expect(formulaIds({ heldOut: false, terse: false }).length).toBeGreaterThanOrEqual(25)
    expect(formulaIds({ heldOut: true, terse: false }).length).toBeGreaterThanOrEqual(8)
  })
})

describe.each([false, true])('the tasks, terse: %s', (terse) => {
  const train = [...calculatorTasks('train', terse)]
  const test = [...calculatorTasks('test', terse)]

  it('keep patients and formulas apart', () => {
    const patients = [...train, ...test].map(({ id }) => id.split('/')[1])
    expect(new Set(patients).size).toBe(patients.length)
    const learned = new Set(train.map(({ data }) => data.formula))
    expect([...learned].sort()).toEqual(formulaIds({ heldOut: false, terse }).sort())
    for (const { data } of test) expect(learned.has(data.formula)).toBe(data.part === 'held-out patients')
  })

  it('hold the gold value within both limits, and little else', () => {
    for (const { data } of test) {
      expect(data.low <= data.gold && data.gold <= data.high).toBe(true)
      if (formulas[data.formula]!.score) expect(data.low).toBe(data.high)
    }
    const lucky = (constant: number): number =>
      test.filter(({ data }) => data.low <= constant && constant <= data.high).length / test.length
    for (const constant of [0, 1, 2, 3, 10, 100]) expect(lucky(constant)).toBeLessThan(0.1)
  })

  it('say in the note, in one unit or another, every number that counts', () => {
    for (const { data } of train.slice(0, 500)) {
      for (const [, name, value] of data.code.matchAll(/^(\w+) = ([\d.]+)( \/ [\d.]+)?$/gm))
        if (
          name !== 'female' &&
          Number(value) > 1 &&
          !['ascites', 'encephalopathy', 'eyes', 'verbal', 'motor'].includes(`${name}`)
        )
          expect(data.note.replaceAll(/(\d)\.0+\b/g, '$1'), `${data.formula}: ${name}`).toContain(`${Number(value)}`)
    }
  })

  it('come to the gold value by the code and by the short form', () => {
    for (const { data } of test) {
      const code = calculate(data.code.split('\n').slice(1).join('\n'))
      expect(Math.abs((code ?? Number.NaN) - data.gold)).toBeLessThanOrEqual(1e-4 * Math.abs(data.gold))
      if (terse) expect(calculate(data.short)).toBeCloseTo(data.gold, 9)
    }
  })
})
