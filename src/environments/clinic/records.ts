/**
 * `clinic/records`: questions about a synthetic hospital's sqlite database. Training and testing have a hospital each,
 * and every sixth template is kept for testing.
 */
import { type EnvSpec, random, type Split, type Task } from '../../core/index.ts'
import { nearNumber, type Scalar, sameSet, valuesIn } from '../../rewards/index.ts'
import { inParts, type Play, play } from './forms.ts'
import { hospitalOf, SCHEMA, WORDS } from './hospital.ts'
import { fillIn, type Template, templates } from './record-templates.ts'
import { requestInfo } from './request-info.ts'

export interface RecordTask {
  readonly part: 'training' | 'held-out questions' | 'held-out templates'
  readonly hospital: number
  readonly question: string
  readonly sql: string
  readonly answer: readonly Scalar[]
}

const COUNT = { train: 2000, test: 400 }
const HOSPITAL = { train: 11, test: 12 }
const heldOut = templates.filter((_, i) => i % 6 === 5)
const known = templates.filter((_, i) => i % 6 !== 5)
/** The longest list that is asked for. */
const LONGEST = 100

export function records({ form, checker = false }: Play = { form: 'json' }): EnvSpec<RecordTask> {
  const spec = play<RecordTask>(
    {
      id: 'clinic/records',
      tasks: recordTasks,
      instructions: `You answer questions about a hospital from its sqlite database 'hospital.db' in the working folder, with Python's sqlite3. Its tables:\n${SCHEMA}\nAn answer is a list of values, or one value. Order does not matter; nothing may be missing or too much.`,
      ask: ({ question }) => question,
      actions: ['request_info', 'validate_code', 'debug', 'terminal'],
      answerIs: 'everything printed',
      score: (text, { answer }) => scoreOf(text, answer),
      program: ({ sql }) =>
        `import sqlite3\nanswer = [row[0] for row in sqlite3.connect('hospital.db').execute(${JSON.stringify(sql)})]`,
      answer: ({ answer }) => JSON.stringify(answer),
      guess: (_, rng) =>
        rng.pick([`${rng.int(60)}`, JSON.stringify([rng.pick(WORDS.ward)]), JSON.stringify([rng.pick(WORDS.drug)])]),
      files: ({ hospital }) => ({ 'hospital.db': hospitalOf(hospital).bytes }),
      info: (request, { hospital }) => requestInfo(hospitalOf(hospital).db, request),
    },
    { form, checker },
  )
  return inParts(spec, ['held-out questions', 'held-out templates'], ({ part }) => part)
}

/** The same set; a rounded number may be off in its last place. */
function scoreOf(text: string, answer: readonly Scalar[]): number {
  const [only] = answer
  const said = valuesIn(text)
  if (answer.length === 1 && typeof only === 'number' && !Number.isInteger(only))
    return said.length === 1 ? nearNumber(`${said[0]}`, { gold: only, absolute: 0.0101 }) : 0
  return sameSet(said, answer)
}

export function* recordTasks(split: Split): Generator<Task<RecordTask>> {
  for (let i = 0; i < COUNT[split]; i++) {
    const part = split === 'train' ? 'training' : i % 2 === 0 ? 'held-out questions' : 'held-out templates'
    const pool = part === 'held-out templates' ? heldOut : known
    const number = split === 'train' ? i : COUNT.train + i
    // A prime step goes through all targets before it comes back to one.
    const template = pool[(number * 101) % pool.length]!
    yield { id: `${template.id}/${number}`, data: recordTask(template, { part, number, hospital: HOSPITAL[split] }) }
  }
}

interface Placed extends Pick<RecordTask, 'part' | 'hospital'> {
  readonly number: number
}

/** Values are drawn again until the answer is something, and no longer list than anybody would read. */
function recordTask(template: Template, { part, number, hospital }: Placed): RecordTask {
  const { db } = hospitalOf(hospital)
  for (let attempt = 0; attempt < 1000; attempt++) {
    const { question, sql } = fillIn(template, random(number).split(template.id, attempt))
    const answer = db
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)[0] as Scalar)
    const told = answer.filter((value) => value !== null && value !== 0)
    if (told.length > 0 && told.length === answer.length && answer.length <= LONGEST)
      return { part, hospital, question, sql, answer }
  }
  throw new Error(`the template '${template.id}' has no answer in hospital ${hospital}`)
}
