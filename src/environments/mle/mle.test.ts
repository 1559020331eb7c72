import { describe, expect, it } from 'vitest'
import { pythonPlaces } from '../../../test/places.ts'
import {
  type Agent,
  type AssistantMessage,
  assistant,
  checkEnv,
  random,
  returnOf,
  rollout,
  successOf,
  type Task,
  type Trajectory,
  textOf,
} from '../../core/index.ts'
import { positionScore } from '../../rewards/index.ts'
import { competition, competitionNames } from './competitions.ts'
import { metrics } from './metrics.ts'
import { type MleTask, mle } from './mle.ts'
import { MEDAL } from './mle-env.ts'
import { scoreSubmission } from './submission.ts'

const sandbox = await pythonPlaces()
const spec = mle()
const task = (name: string): Task<MleTask> =>
  [...(spec.tasks('train') as Iterable<Task<MleTask>>)].find(({ id }) => id === `${name}-0`)!
const act = (action: string, params: object = {}): AssistantMessage => assistant(JSON.stringify({ action, params }))
const execute = (code: string): AssistantMessage => act('execute_code', { code })

async function play(name: string, actions: readonly AssistantMessage[]): Promise<Trajectory> {
  const agent: Agent = {
    id: 'script',
    async play(episode) {
      for (const action of actions) await episode.step(action)
    },
  }
  const options = { sandbox, model: () => Promise.reject(new Error('no model')) as never }
  const [group] = await Array.fromAsync(rollout(spec, agent, [task(name)], options))
  return group!.trajectories[0]!
}

const saidIn = ({ steps, final }: Trajectory): string[] =>
  [...steps.slice(1).map(({ observation }) => observation), final].map((seen) => seen!.messages.map(textOf).join('\n'))

// A model of one column, by the mean of the target in each fifth of it: what anybody would try first.
const BY_FIFTHS = `
import csv
train, test = ([*csv.DictReader(open(f'data/{name}.csv'))] for name in ('train', 'test'))
train.sort(key=lambda row: float(row[COLUMN]))
fifths = [train[i * 60:(i + 1) * 60] for i in range(5)]
def mean(rows): return sum(float(row[TARGET]) for row in rows) / len(rows)
def predict(row):
    for fifth in fifths:
        if float(row[COLUMN]) <= float(fifth[-1][COLUMN]): return mean(fifth)
    return mean(fifths[-1])
with open('submission.csv', 'w') as file:
    print('id', TARGET, sep=',', file=file)
    for row in test: print(row['id'], predict(row), sep=',', file=file)`

describe('mle', () => {
  it('keeps every promise', { timeout: 300_000 }, async () => {
    const { promises } = await checkEnv(spec as never, { sandbox, tasks: 1 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('the answers win each of the five, and what knows nothing has no medal', { timeout: 60_000 }, async () => {
    for (const name of competitionNames) {
      const won = await play(name, spec.solve!(task(name)) as readonly AssistantMessage[])
      expect([successOf(won), returnOf(won), won.stop]).toEqual([1, 1, 'terminated'])
      const { guess, gold, boards, metric } = competition(name, 0)
      const truth = gold.answers.rows.map(([, answer]) => answer!)
      const { score, lowerIsBetter } = metrics[metric]
      const places = Array.from({ length: 20 }, (_, i) => score(guess(random(i)), truth)).map((said) =>
        positionScore(said, { scores: boards.private, lowerIsBetter }),
      )
      expect(Math.max(...places)).toBeLessThan(MEDAL)
    }
  })

  it('an improving script gains, the same again gains nothing, and together they earn the best', async () => {
    const constant = `import shutil; _ = shutil.copy('data/sample_submission.csv', 'submission.csv')`
    const better = `TARGET, COLUMN = 'price', 'area'${BY_FIFTHS}`
    const played = await play('houses', [execute(constant), execute(better), execute(better), execute(constant)])
    const [first, second, third, fourth] = played.steps.map(({ reward }) => reward)
    expect(second).toBeGreaterThan(0.2)
    expect([third, fourth]).toEqual([0, 0])
    expect(returnOf(played)).toBeCloseTo(first! + second!)
    expect(played.rewards['position']?.value).toBeCloseTo(first! + second!)
    expect(saidIn(played)[1]).toMatch(/^SUCCESS: score \d+\.\d+, position score 0\.\d+ \(best so far/)
    expect(successOf(played)).toBe(0)
  })

  it('tells what is asked, keeps a history, and starts anew', async () => {
    const info = (info_type: string): AssistantMessage => act('request_info', { info_type })
    const played = await play('loans', [
      ...['overview', 'sample_submission', 'data_structure', 'data_path', 'output_path'].map(info),
      act('validate_code', { code: 'x = 1; print(open("data/test.csv").readline())' }),
      act('reset'),
      act('validate_code', { code: 'print(x)' }),
      act('get_history'),
    ])
    const [overview, sample, structure, data, output, valid, , fresh, history] = saidIn(played)
    expect(overview).toContain('area under the ROC curve (higher is better)')
    expect(sample).toMatch(/^id,default\n301,/)
    expect(structure).toContain('data/train.csv')
    expect([data, output]).toEqual(['data', 'submission.csv'])
    expect(valid).toContain('id,age,income,debt,late_payments,home')
    expect(fresh).toMatch(/^FAILED: the code did not run[\s\S]*NameError/)
    expect(history!.split('\n')).toHaveLength(8)
    expect(history).toContain('6. validate_code: SUCCESS: the code runs.')
  })

  it('takes tool calls and blocks of Python, and says what is no action', async () => {
    const call = { ...assistant(''), calls: [{ id: 'a', name: 'request_info', arguments: { info_type: 'data_path' } }] }
    const played = await play('loans', [
      call,
      assistant('```python\nprint("hello")\n```'),
      assistant('I think'),
      act('request_info', { info_type: 'answers' }),
      act('execute_code'),
    ])
    const said = saidIn(played)
    expect(said[0]).toBe('data')
    expect(said[1]).toMatch(/^FAILED: no submission was scored: [\s\S]*hello/)
    expect(said[2]).toMatch(/^That is no action/)
    expect(said[3]).toContain("needs 'info_type': overview")
    expect(said[4]).toContain("needs params with 'code'")
  })

  it('code that ends itself is a failure of the code', async () => {
    const dead = execute('import os; os._exit(3)')
    const played = await play('loans', [dead, execute('1'), act('reset'), execute('print("back")')])
    expect(played.outcome.kind).toBe('scored')
    expect(saidIn(played)[1]).toContain('reset starts a fresh one')
    expect(saidIn(played)[3]).toContain('back')
  })

  it('the test answers are not among the files', () => {
    for (const name of competitionNames) {
      const { files, gold } = competition(name, 3)
      expect(files['test.csv']!.split('\n')[0]).not.toContain(gold.target)
      const ids = new Set(gold.answers.rows.map(([id]) => id))
      expect(
        files['train.csv']!.split('\n')
          .slice(1)
          .filter((line) => ids.has(line.split(',')[0])),
      ).toEqual([])
    }
  })
})

it('refuses a competition that there is not', () => {
  expect(() => mle('titanic')).toThrow("there is no competition 'titanic': there are loans, houses")
})

describe('metrics', () => {
  it.each([
    ['accuracy', ['a', '2', 'c'], ['a', '2.0', 'b'], 2 / 3],
    ['auc', ['0.1', '0.4', '0.35', '0.8'], ['0', '0', '1', '1'], 0.75],
    ['auc', ['1', '1', '1', '1'], ['0', '0', '1', '1'], 0.5],
    ['mae', ['1', '3'], ['2', '5'], 1.5],
    ['rmse', ['1', '3'], ['2', '5'], Math.sqrt(2.5)],
    ['rmsle', ['0', `${Math.E - 1}`], ['0', '0'], Math.sqrt(0.5)],
    ['log-loss', ['0.5', '0.25'], ['1', '0'], (Math.log(2) - Math.log(0.75)) / 2],
    ['log-loss', ['1', '0'], ['0', '0'], -Math.log(1e-15) / 2],
  ] as const)('%s of %j against %j', (name, predictions, answers, score) => {
    expect(metrics[name].score(predictions, answers)).toBeCloseTo(score, name === 'log-loss' ? 2 : 10)
  })
})

describe('a submission', () => {
  const gold = {
    id: 'id',
    target: 'y',
    answers: {
      columns: ['id', 'y'],
      rows: [
        ['1', '0'],
        ['2', '1'],
      ],
    },
  }
  const score = (text: string | Uint8Array, name: keyof typeof metrics = 'log-loss'): number =>
    scoreSubmission(typeof text === 'string' ? Buffer.from(text) : text, gold, metrics[name])
  it('may have its rows and columns in any order', () => {
    expect(score('y,id\n0.9,2\n0.2,1\n', 'auc')).toBe(1)
  })
  it.each([
    ['', 'submission.csv is empty'],
    ['id,z\n1,1\n', 'line 1: the columns are id, z; they must be id, y'],
    ['id,y\n1,1,2\n', 'line 2: 3 fields, and the header has 2'],
    ['id,y\n1,1\n7,1\n', "row 2, field 'id': there is no test row '7'"],
    ['id,y\n1,1\n1,1\n', "row 2, field 'id': '1' stands there twice"],
    ['id,y\n1,1\n', "has 1 rows of 2: the test row '2' is not there"],
    ['id,y\n1,nan\n2,1\n', "row 1, field 'y': 'nan' is no finite number"],
    ['id,y\n1,\n2,1\n', "row 1, field 'y': '' is no finite number"],
    ['id,y\n1,1.5\n2,1\n', "'1.5' is above 1"],
    ['id,y\n1,-1\n2,1\n', "'-1' is below 0"],
    ['id,y\n1,"1\n', 'a quote is opened and not closed'],
    [new Uint8Array([255, 254, 0]), 'no text in UTF-8'],
  ])('%j is refused', (text, why) => {
    expect(() => score(text)).toThrow(why)
  })
})
