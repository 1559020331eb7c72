import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pythonPlaces } from '../../../test/places.ts'
import { assistant, checkEnv, type Env, type EnvSpec, type SandboxSpec, type Task, textOf } from '../../core/index.ts'
import { openEnvironment } from '../index.ts'

const sandbox = await pythonPlaces()

const PACK: Readonly<Record<string, string>> = {
  'info/description.txt': 'Predict y.',
  'info/public_leaderboard.csv': 'rank,score\n1,0.1\n2,0.5\n3,2.0\n4,4\n',
  'info/private_leaderboard.csv': 'rank,score\n1,0.2\n2,0.5\n3,2.0\n4,4\n',
  'data/public/train.csv': 'id,x,y\n1,2,4\n2,3,6\n',
  'data/public/test.csv': 'id,x\n3,4\n4,5\n5,6\n6,7\n',
  'data/public/sample_submission.csv': 'id,y\n3,0\n4,0\n5,0\n6,0\n',
  'data/private/test_answer.csv': 'id,y\n3,8\n4,10\n5,12\n6,14\n',
}
const THEIRS = `
from mledojo.metric.base import CompetitionMetrics, InvalidSubmissionError
class Metric(CompetitionMetrics):
    def __init__(self):
        super().__init__(higher_is_better=False)
    def evaluate(self, y_true, y_pred):
        return (y_true['y'] - y_pred['y']).abs().mean()
    def validate_submission(self, submission, ground_truth):
        if len(submission) != len(ground_truth): raise InvalidSubmissionError('too few rows')
`

function pack(changes: Readonly<Record<string, string | null>> = {}, name = 'doubles'): string {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-dojo-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries({ ...PACK, ...changes })) {
    if (text === null) continue
    const file = join(folder, 'competitions', name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return folder
}

const open = (folder: string, argument = ''): EnvSpec =>
  openEnvironment(`mle-dojo${argument && `:${argument}`}`, folder)

async function submit(
  spec: EnvSpec,
  predictions: readonly number[],
): Promise<{ said: string; reward: number; opened: SandboxSpec[] }> {
  const [task] = [...(spec.tasks('test') as Iterable<Task>)]
  const opened: SandboxSpec[] = []
  const env: Env = await spec.make(task!, {
    ...{ seed: 1, signal: new AbortController().signal, model: () => Promise.reject(new Error('no model')) as never },
    sandbox(wanted) {
      opened.push(wanted)
      return sandbox(wanted)
    },
  })
  await env.reset()
  const rows = predictions.map((one, i) => `${i + 3},${one}`).join('\n')
  const code = `with open('submission.csv', 'w') as file: _ = file.write(${JSON.stringify(`id,y\n${rows}\n`)})
import os; print([*os.walk('.')])`
  try {
    const { observation, reward = 0 } = await env.step(
      assistant(JSON.stringify({ action: 'execute_code', params: { code } })),
    )
    return { said: observation.messages.map(textOf).join('\n'), reward, opened }
  } finally {
    await env.close?.()
  }
}

describe('mle-dojo', () => {
  it('keeps every promise', { timeout: 120_000 }, async () => {
    const { promises } = await checkEnv(open(pack(), 'doubles=mae'), { sandbox, tasks: 1 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('scores by the metric that is named, and gives the agent what is public alone', async () => {
    for (const spec of [open(pack(), 'doubles=mae'), open(pack({ 'info/metric.txt': 'mae\n' }))]) {
      const { said, reward, opened } = await submit(spec, [9, 11, 13, 15])
      expect(said).toContain('SUCCESS: score 1, position score 0.5 ')
      expect(reward).toBe(0.5)
      expect(said).toContain('sample_submission.csv')
      expect(said).not.toContain('test_answer')
      expect(opened).toHaveLength(1)
    }
  })

  it('runs a metric of theirs in a sandbox of its own, where its libraries are', { timeout: 60_000 }, async () => {
    const spec = open(pack({ 'utils/metric.py': THEIRS }))
    await using asking = await sandbox({ language: 'python' })
    const { exitCode } = await asking.exec('import pandas', { timeoutMs: 30_000 })
    if (exitCode !== 0) {
      await expect(submit(spec, [9, 11, 13, 15])).rejects.toThrow(
        /metric\.py, failed: .*pandas.*'name=metric' uses one of ours/,
      )
      return
    }
    const { said, opened } = await submit(spec, [9, 11, 13, 15])
    expect(said).toContain('SUCCESS: score 1, position score 0.5 ')
    expect(opened).toHaveLength(2)
    expect((await submit(spec, [9])).said).toContain('too few rows')
  })

  it.each([
    [
      { 'info/private_leaderboard.csv': 'rank,score\n1,0.2\n2,best\n' },
      "private_leaderboard.csv, line 3, field 'score': 'best' is no finite number",
    ],
    [
      { 'info/public_leaderboard.csv': 'rank,points\n1,2\n' },
      "public_leaderboard.csv: there is no column 'score': there are rank, points",
    ],
    [{ 'info/public_leaderboard.csv': 'rank,score\n' }, 'a leaderboard needs scores'],
    [
      { 'info/public_leaderboard.csv': 'rank,score\n1\n' },
      'public_leaderboard.csv, line 2: 1 fields, and the header has 2',
    ],
    [{ 'data/private/test_answer.csv': null }, 'there is no file'],
    [{ 'data/private/test_answer.csv': 'id,z\n3,1\n' }, "test_answer.csv: there is no column 'y'"],
    [
      { 'data/private/test_answer.csv': 'id,y\n3,eight\n' },
      "test_answer.csv, line 2, field 'y': 'eight' is no finite number",
    ],
    [{ 'info/metric.txt': 'vibes' }, "metric.txt: there is no metric 'vibes': there are accuracy, auc"],
    [{ 'info/metric.txt': null }, 'no metric is named'],
  ])('says what is wrong with a pack: %j', (changes, why) => {
    expect(() => open(pack({ 'info/metric.txt': 'mae', ...changes }))).toThrow(why)
  })

  it('says what is wrong with a folder and with a choice', () => {
    expect(() => open('/no/such/folder')).toThrow("there is no folder '/no/such/folder'")
    const folder = pack({ 'info/metric.txt': 'mae' })
    expect(() => open(join(folder, 'competitions/doubles'))).toThrow('holds no task pack of MLE-Dojo')
    expect(() => open(folder, 'triples')).toThrow("there is no competition 'triples'")
    expect(() => open(folder, 'doubles=r2')).toThrow("'doubles=r2': there is no metric 'r2'")
  })
})
