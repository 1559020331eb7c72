import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { pythonPlaces } from '../../../test/places.ts'
import {
  type Agent,
  assistant,
  checkEnv,
  type EnvSpec,
  type Episode,
  rollout,
  type Task,
  type Trajectory,
} from '../../core/index.ts'
import { openEnvironment } from '../index.ts'
import { parseAction } from './actions.ts'
import { medcalcScore, npoweraiScore } from './medagentgym-scores.ts'
import { templates } from './record-templates.ts'

const sandbox = await pythonPlaces()
const folder = mkdtempSync(join(tmpdir(), 'ludus-medagentgym-'))
afterAll(() => rmSync(folder, { recursive: true }))

const write = (set: string, file: string, records: readonly unknown[]): string => {
  mkdirSync(join(folder, set), { recursive: true })
  writeFileSync(join(folder, set, file), records.map((record) => JSON.stringify(record)).join('\n'))
  return folder
}

const first = async (spec: EnvSpec, split: 'train' | 'test' = 'test'): Promise<Task> => {
  for await (const task of spec.tasks(split)) return task
  throw new Error('no task')
}

/** Plays these messages on a task. */
async function play(spec: EnvSpec, task: Task, said: readonly string[]): Promise<Trajectory> {
  const agent = {
    id: 'script',
    async play(episode: Episode) {
      for (const text of said) if (!episode.done) await episode.step(assistant(text))
    },
  }
  const model = (): never => {
    throw new Error('no model')
  }
  const [group] = await Array.fromAsync(rollout(spec, agent, [task], { model, sandbox }))
  return group!.trajectories[0]!
}

const shownBy = ({ steps, final }: Trajectory): string[] =>
  [...steps.slice(1).map(({ observation }) => observation), final!].map(({ messages }) =>
    messages.map(({ content }) => content).join(''),
  )

const action = (name: string, params: Record<string, string>): string => JSON.stringify({ action: name, params })
const validate = (code: string): string => action('validate_code', { code })
const EXIT = action('terminal', { cmd: 'exit' })

describe('certificates', () => {
  it.each([
    ['clinic/calculators', 2],
    ['clinic/calculators:codeact', 2],
    ['clinic/calculators:direct', 12],
    ['clinic/power', 1],
    ['clinic/power:direct', 12],
    ['clinic/records', 2],
  ])(
    '%s is certified',
    async (name, tasks) => {
      const { promises } = await checkEnv(openEnvironment(name), { tasks, sandbox })
      expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
    },
    300_000,
  )
})

describe('actions', () => {
  const allowed = ['validate_code', 'terminal'] as const
  const read = (text: string) => parseAction(assistant(text), allowed)

  it('are read from a block, behind thoughts, among words, and with a Python text in three quotes', () => {
    const right = { action: 'validate_code', params: { code: 'answer = {"a": 1}' } }
    const text = JSON.stringify(right)
    for (const said of [text, `so: ${text} done`, `<think>{}</think>${text}`, `\`\`\`json\n${text}\n\`\`\``])
      expect(read(said)).toEqual(right)
    const quoted = '{"action": "validate_code", "params": {"code": """x = 1\nanswer = x"""}}'
    expect(read(quoted)).toEqual({ action: 'validate_code', params: { code: 'x = 1\nanswer = x' } })
  })

  it('are otherwise answered with what is wrong', () => {
    const wrong = {
      hello: 'no JSON object',
      '{"action": }': 'no JSON:',
      '{"action": "validate_code"}': 'exactly two keys',
      '{"action": "validate_code", "params": {}, "why": 1}': 'exactly two keys',
      '{"action": "debug", "params": {"code": "", "error_msg": ""}}': 'one of validate_code, terminal',
      '{"action": "terminal", "params": {"cmd": "ls", "cwd": "/"}}': 'exactly cmd',
      '{"action": "terminal", "params": {"cmd": 1}}': 'is a text',
    }
    for (const [text, why] of Object.entries(wrong)) expect(read(text)).toContain(why)
  })
})

describe('committed answers', () => {
  const spec = openEnvironment('clinic/calculators')

  it('are the last program when the agent leaves; any of n is another number', async () => {
    const task = await first(spec)
    const { gold } = task.data as { gold: number }
    const lost = await play(spec, task, [validate(`answer = ${gold}`), validate('answer = -1'), EXIT])
    expect(lost.rewards).toMatchObject({ success: { value: 0 }, anyOfN: { value: 1, weight: 0 } })
    expect(lost.rewards['held-out patients']!.value).toBe(0)
    expect(lost.rewards['held-out formulas']!.value).toBe(null)
    const won = await play(spec, task, [validate('answer = -1'), validate(`print("so")\nprint(${gold})`), EXIT])
    expect(won.rewards).toMatchObject({ success: { value: 1 }, anyOfN: { value: 1 } })
    expect(won.steps).toHaveLength(3)
    const stayed = await play(spec, task, [validate(`answer = ${gold}`)])
    expect(stayed.rewards).toMatchObject({ success: { value: 0 }, anyOfN: { value: 1 } })
  })

  it('are not the answers of programs that fail, nor what an earlier one left behind', async () => {
    const task = await first(spec)
    const { gold } = task.data as { gold: number }
    const left = await play(spec, task, [validate(`answer = ${gold}`), validate('print(answer)'), EXIT])
    expect(left.rewards['success']!.value).toBe(0)
    const failed = await play(spec, task, [validate(`print(${gold})\nraise SystemExit(3)`), EXIT])
    expect(failed.rewards['success']!.value).toBe(0)
  })

  it('with the checker in the loop the first right one ends the episode', async () => {
    const checked = openEnvironment('clinic/calculators:checker-in-the-loop')
    const task = await first(checked)
    const { gold } = task.data as { gold: number }
    const right = validate(`answer = ${gold}`)
    const played = await play(checked, task, [validate('answer = -1'), right, validate('answer = -1')])
    expect(played.steps).toHaveLength(2)
    expect(played.rewards['success']!.value).toBe(1)
  })

  it('a constant is right only where both limits hold it', async () => {
    const all = [...(spec.tasks('test') as Iterable<Task<{ low: number; high: number }>>)]
    const lucky = all.filter(({ data }) => data.low <= 1 && 1 <= data.high)
    expect(lucky.length / all.length).toBeLessThan(0.1)
  })
})

describe('terminal, debug and request_info', () => {
  it('show what a shell, a failing line and the database say', async () => {
    const spec = openEnvironment('clinic/records')
    const played = await play(spec, await first(spec), [
      action('terminal', { cmd: 'ls' }),
      action('debug', { code: 'answer = 1 / 0', error_msg: 'it failed' }),
      action('request_info', { data_path: 'labs', info_type: 'column_names', keyterm: '' }),
      action('request_info', { data_path: 'admissions.csv', info_type: 'column_values', keyterm: 'kind' }),
      action('request_info', { data_path: 'hospital.db', info_type: 'term', keyterm: 'asprin' }),
      EXIT,
    ])
    const [ls, debug, columns, values, term] = shownBy(played)
    expect(ls).toContain('hospital.db')
    expect(debug).toContain('ZeroDivisionError')
    expect(columns).toContain('admission_id, test, value, taken')
    expect(values).toContain('elective, emergency, transfer')
    expect(term).toContain('prescriptions: no; closest aspirin')
  }, 60_000)
})

describe('clinic/records', () => {
  it('has several hundred templates, some kept for testing, and a hospital for each split', () => {
    expect(templates.length).toBeGreaterThan(500)
    expect(new Set(templates.map(({ id }) => id)).size).toBe(templates.length)
    const spec = openEnvironment('clinic/records')
    const template = ({ id }: Task): string => id.split('/')[0]!
    const learned = new Set([...(spec.tasks('train') as Iterable<Task>)].map(template))
    for (const task of spec.tasks('test') as Iterable<Task<{ part: string }>>)
      if (task.data.part === 'held-out templates') expect(learned.has(template(task))).toBe(false)
  })

  it('pays nothing for a list that holds the answer and more', async () => {
    const spec = openEnvironment('clinic/records')
    const tasks = [...(spec.tasks('test') as Iterable<Task<{ answer: readonly string[] }>>)]
    const task = tasks.find(({ data: { answer } }) => answer.length > 1)!
    const listed = JSON.stringify(task.data.answer)
    const more = await play(spec, task, [validate(`answer = ${JSON.stringify([...task.data.answer, 'more'])}`), EXIT])
    expect(more.rewards['success']!.value).toBe(0)
    const same = await play(spec, task, [validate(`answer = list(reversed(${listed}))`), EXIT])
    expect(same.rewards['success']!.value).toBe(1)
  })
})

describe('medagentgym', () => {
  const note = {
    'Row Number': 1,
    'Calculator ID': 2,
    'Calculator Name': 'Creatinine Clearance',
    'Patient Note': 'An old man.',
    Question: 'What is his clearance?',
    'Relevant Entities': '{}',
    'Ground Truth Answer': '25.238',
    'Lower Limit': '23.9761',
    'Upper Limit': '26.4999',
  }
  const due = { ...note, 'Ground Truth Answer': '05/03/2022', 'Lower Limit': '05/03/2022', 'Upper Limit': '05/03/2022' }
  const sized = { task_type: 'Paired t-test', task_id: 3, estimate_target: 'size', question: 'How many?', answer: 84 }
  const powered = { ...sized, estimate_target: 'power', answer: [0.5595] }
  const hole = '<<insert solution here>>'
  const solution = 'def twice(x):\n    return 2 * x'
  const context = `import random\n${hole}\nprint(twice(21))\n`
  const coded = {
    ...{ idx: 'a1', problem: 'Double it.', solution, context, signature: 'def twice(x)' },
    code: context.replace(hole, solution),
  }

  it.each([
    ['medcalc', 'medcalcbench', [note, due]],
    ['npowerai', 'npowerai', [sized, powered]],
    ['biocoder', 'biocoder', [coded]],
  ])(
    '%s: the key of its records wins, and a constant does not',
    async (set, at, records) => {
      const spec = openEnvironment(`medagentgym:${set}`, write(at, 'test_tasks.jsonl', records))
      for await (const task of spec.tasks('test')) {
        const [key] = await Array.fromAsync(
          rollout(spec, spec.solve!(task) as Agent, [task], {
            model: () => Promise.reject() as never,
            sandbox,
          }),
        )
        expect(key!.trajectories[0]!.rewards['success']).toMatchObject({ value: 1 })
        const constant = await play(spec, task, [validate('answer = 1.0'), EXIT])
        expect(constant.rewards['success']!.value, task.id).toBe(0)
      }
    },
    60_000,
  )

  it('asks questions about a database that the user holds', async () => {
    const asked = { template: 'what is the gender of patient 7?', query: 'select …', answer: ['female'] }
    write('eicu', 'valid_tasks.jsonl', [asked])
    expect(() => openEnvironment('medagentgym:eicu', folder)).toThrow('no sqlite database')
    const db = new DatabaseSync(join(folder, 'eicu', 'eicu.db'))
    db.exec("CREATE TABLE patient (id INTEGER, gender TEXT); INSERT INTO patient VALUES (7, 'female'), (8, 'male')")
    db.close()
    const spec = openEnvironment('medagentgym:eicu', folder)
    const task = await first(spec)
    const query = (where: string): string =>
      validate(
        `import sqlite3\nanswer = [g for (g,) in sqlite3.connect('eicu.db').execute('select gender from patient ${where}')]`,
      )
    expect((await play(spec, task, [query('where id = 7'), EXIT])).rewards['success']!.value).toBe(1)
    // The defect was containment: a whole column won.
    expect((await play(spec, task, [query(''), EXIT])).rewards['success']!.value).toBe(0)
    const info = action('request_info', { data_path: 'patient', info_type: 'column_values', keyterm: 'gender' })
    expect(shownBy(await play(spec, task, [info]))[0]).toContain('female, male')
  })

  it('has verifiers that hold what the originals let slip', () => {
    const limits = { gold: '25.238', low: 23.9761, high: 26.4999 }
    expect(['25', '1.0', '1000', ''].map((answer) => medcalcScore(answer, limits))).toEqual([1, 0, 0, 0])
    const date = { gold: '05/03/2022', low: Number.NaN, high: Number.NaN }
    expect(['5/3/2022', "'05/03/2022'", '05/04/2022'].map((answer) => medcalcScore(answer, date))).toEqual([1, 1, 0])
    const weeks = { ...date, gold: "('4 weeks', '3 days')" }
    expect(['(4 weeks, 3 days)', '4 weeks'].map((answer) => medcalcScore(answer, weeks))).toEqual([1, 0])
    expect(['84', '85', '84.0'].map((answer) => npoweraiScore(answer, { target: 'size', gold: 84 }))).toEqual([1, 0, 1])
    expect(['0.505', '0.51'].map((answer) => npoweraiScore(answer, { target: 'power', gold: 0.5 }))).toEqual([1, 0])
  })

  it('says which file, line and field is wrong, and leaves it out only when asked to', () => {
    const { Question: _, ...mute } = note
    write('medcalcbench', 'train_tasks.jsonl', [note, mute])
    expect(() => openEnvironment('medagentgym:medcalc', folder)).toThrow(
      "train_tasks.jsonl, line 2: the field 'Question' is missing",
    )
    const spec = openEnvironment('medagentgym:medcalc,skip-broken', folder)
    expect([...(spec.tasks('train') as Iterable<Task>)].map(({ id }) => id)).toEqual(['train_tasks/1'])
    expect(spec.id).toBe('medagentgym:medcalc@1')
    expect(openEnvironment('medagentgym:medcalc,codeact,skip-broken', folder).id).toBe('medagentgym:medcalc,codeact@1')
    expect(openEnvironment('clinic/power:checker-in-the-loop').id).toBe('clinic/power:checker-in-the-loop@1')
    expect(() => openEnvironment('medagentgym:biods', folder)).toThrow("not 'biods'")
    expect(() => openEnvironment('medagentgym:treqs', folder)).toThrow('holds no tasks of treqs')
    expect(() => openEnvironment('medagentgym:medcalc', join(folder, 'none'))).toThrow('there is no folder')
    expect(() => openEnvironment('clinic/power:quick')).toThrow("not 'quick'")
    expect(() => openEnvironment('clinic/calculators:direct,checker-in-the-loop')).toThrow('for JSON actions')
  })
})
