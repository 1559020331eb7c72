/** A hospital that never was: patients, stays and what was done, drawn from a seed into an sqlite database. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Random, random } from '../../core/index.ts'

export interface Hospital {
  readonly db: DatabaseSync
  /** The database as a file. */
  readonly bytes: Uint8Array
}

export const SCHEMA = `CREATE TABLE patients (patient_id INTEGER PRIMARY KEY, sex TEXT, birth_year INTEGER, insurance TEXT, city TEXT);
CREATE TABLE admissions (admission_id INTEGER PRIMARY KEY, patient_id INTEGER REFERENCES patients, admitted TEXT, discharged TEXT, days INTEGER, ward TEXT, kind TEXT, died INTEGER);
CREATE TABLE diagnoses (admission_id INTEGER REFERENCES admissions, diagnosis TEXT);
CREATE TABLE prescriptions (admission_id INTEGER REFERENCES admissions, drug TEXT, route TEXT, dose_mg REAL);
CREATE TABLE labs (admission_id INTEGER REFERENCES admissions, test TEXT, value REAL, taken TEXT);
CREATE TABLE vitals (admission_id INTEGER REFERENCES admissions, sign TEXT, value REAL, taken TEXT);
CREATE TABLE procedures (admission_id INTEGER REFERENCES admissions, procedure TEXT, done TEXT);
CREATE TABLE costs (admission_id INTEGER REFERENCES admissions, category TEXT, amount REAL);`

/** What columns of words hold. */
export const WORDS = {
  insurance: ['public', 'private', 'none'],
  city: ['Ashford', 'Brookton', 'Carwell', 'Denby', 'Elmsea', 'Fernley'],
  ward: ['cardiology', 'surgery', 'neurology', 'intensive care', 'general medicine', 'oncology'],
  kind: ['emergency', 'elective', 'transfer'],
  diagnosis: [
    'pneumonia',
    'atrial fibrillation',
    'heart failure',
    'type 2 diabetes',
    'ischaemic stroke',
    'sepsis',
    'acute kidney injury',
    'hip fracture',
    'gastrointestinal bleeding',
    'asthma',
    'cirrhosis',
    'anaemia',
  ],
  drug: [
    'aspirin',
    'metoprolol',
    'furosemide',
    'insulin glargine',
    'heparin',
    'ceftriaxone',
    'pantoprazole',
    'paracetamol',
    'morphine',
    'atorvastatin',
    'warfarin',
    'prednisolone',
  ],
  route: ['oral', 'intravenous', 'subcutaneous'],
  test: ['sodium', 'potassium', 'creatinine', 'haemoglobin', 'lactate', 'glucose', 'platelets'],
  sign: ['heart rate', 'systolic pressure', 'temperature', 'oxygen saturation'],
  procedure: [
    'echocardiography',
    'computed tomography',
    'endoscopy',
    'mechanical ventilation',
    'blood transfusion',
    'haemodialysis',
    'hip replacement',
    'cardiac catheterisation',
  ],
  category: ['bed', 'drugs', 'laboratory', 'imaging', 'surgery'],
} as const

/** Where a measurement lies: low, high, decimals. */
export const RANGES: Readonly<Record<string, readonly [number, number, number]>> = {
  sodium: [124, 152, 0],
  potassium: [2.8, 6.2, 1],
  creatinine: [0.5, 5, 1],
  haemoglobin: [6, 17, 1],
  lactate: [0.5, 9, 1],
  glucose: [60, 380, 0],
  platelets: [40, 420, 0],
  'heart rate': [45, 150, 0],
  'systolic pressure': [75, 195, 0],
  temperature: [35, 40.5, 1],
  'oxygen saturation': [82, 100, 0],
}

const PATIENTS = 60
const known = new Map<number, Hospital>()

/** The same hospital for the same seed; made once. */
export function hospitalOf(seed: number): Hospital {
  const made = known.get(seed) ?? build(seed)
  known.set(seed, made)
  return made
}

function build(seed: number): Hospital {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-hospital-'))
  try {
    const path = join(folder, 'hospital.db')
    const file = new DatabaseSync(path)
    fill(file, random(seed))
    file.close()
    const bytes = readFileSync(path)
    const db = new DatabaseSync(':memory:')
    fill(db, random(seed))
    return { db, bytes }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function fill(db: DatabaseSync, rng: Random): void {
  db.exec(SCHEMA)
  db.exec('BEGIN')
  const add = (table: string, values: readonly (string | number)[]): void => {
    db.prepare(`INSERT INTO ${table} VALUES (${values.map(() => '?').join(', ')})`).run(...values)
  }
  let admission = 20_000
  for (let i = 0; i < PATIENTS; i++) {
    const patient = 1000 + 7 * i + rng.int(7)
    add('patients', [
      patient,
      rng.pick(['female', 'male']),
      1930 + rng.int(75),
      rng.pick(WORDS.insurance),
      rng.pick(WORDS.city),
    ])
    for (let stay = 1 + rng.int(3); stay > 0; stay--) {
      admission += 1 + rng.int(5)
      stays(add, { patient, admission, rng })
    }
  }
  db.exec('COMMIT')
}

type Add = (table: string, values: readonly (string | number)[]) => void

function stays(add: Add, { patient, admission, rng }: { patient: number; admission: number; rng: Random }): void {
  const [start, days] = [rng.int(3 * 365), 1 + rng.int(21)]
  const died = rng.int(10) === 0 ? 1 : 0
  const ward = rng.pick(WORDS.ward)
  add('admissions', [admission, patient, dateOf(start), dateOf(start + days), days, ward, rng.pick(WORDS.kind), died])
  const some = <T>(items: readonly T[], most: number): T[] => rng.shuffle(items).slice(0, 1 + rng.int(most))
  const when = (): string => dateOf(start + rng.int(days))
  for (const diagnosis of some(WORDS.diagnosis, 3)) add('diagnoses', [admission, diagnosis])
  for (const drug of some(WORDS.drug, 4))
    add('prescriptions', [admission, drug, rng.pick(WORDS.route), 5 * (1 + rng.int(60))])
  for (const procedure of some(WORDS.procedure, 2)) add('procedures', [admission, procedure, when()])
  for (const test of some(WORDS.test, 5)) add('labs', [admission, test, measure(test, rng), when()])
  for (const sign of some(WORDS.sign, 4)) add('vitals', [admission, sign, measure(sign, rng), when()])
  for (const category of some(WORDS.category, 4)) add('costs', [admission, category, 50 + rng.int(400_000) / 100])
}

function measure(name: string, rng: Random): number {
  const [low, high, digits] = RANGES[name]!
  return Number((low + (high - low) * rng.next()).toFixed(digits))
}

/** Days after the first of January 2021. */
const dateOf = (day: number): string => new Date(Date.UTC(2021, 0, 1 + day)).toISOString().slice(0, 10)
