/**
 * `mle-dojo`: the original's task packs from a folder of the user's: `<name>/info` with the description and the two
 * leaderboards, `<name>/data/public`, and `<name>/data/private/test_answer.csv`; `competitions/` may stand above them.
 *
 * A pack's own metric.py was written by strangers: it is run in a fresh sandbox that holds the answers and the
 * submission, and never the agent. Where a metric that we know is named, in `info/metric.txt` or by whoever opens the
 * world, ours is used instead.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { EnvSpec, Task } from '../../core/index.ts'
import { columnOf, numberOf, parseCsv, type Table, toCsv } from './csv.ts'
import { isMetric, type MetricName, metrics } from './metrics.ts'
import { judged } from './mle.ts'
import { type MleEnv, mleEnv, type Pack, type Place, type Scored } from './mle-env.ts'
import { type Gold, submitting } from './submission.ts'

export interface MleDojoTask {
  readonly competition: string
}

/**
 * `argument`: 'name' or 'name=metric', several with commas; all there are unless given. Throws a sentence, with file,
 * line and field, where a pack is not what it should be.
 */
export function mleDojo(folder: string, argument?: string): EnvSpec<MleDojoTask, MleEnv> {
  const root = existsSync(join(folder, 'competitions')) ? join(folder, 'competitions') : folder
  const chosen = choiceOf(argument)
  const packs = new Map(namesIn(root, chosen).map((name) => [name, packFrom(join(root, name), chosen.get(name))]))
  const tasks: Task<MleDojoTask>[] = [...packs.keys()].map((competition) => ({
    id: competition,
    data: { competition },
  }))
  return mleEnv<MleDojoTask>({
    id: `mle-dojo${argument === undefined ? '' : `:${argument}`}@1`,
    // They are not split: all of them are for testing.
    tasks: (split) => (split === 'test' ? tasks : []),
    open: ({ data }) => packs.get(data.competition)!,
  })
}

function choiceOf(argument: string | undefined): Map<string, MetricName | undefined> {
  const entries = (argument ?? '')
    .split(',')
    .filter(Boolean)
    .map((entry) => {
      const [name = '', metric] = entry.split('=')
      return [name, metric === undefined ? undefined : metricNamed(metric, `'${entry}'`)] as const
    })
  return new Map(entries)
}

function metricNamed(name: string, where: string): MetricName {
  if (isMetric(name)) return name
  throw new Error(`${where}: there is no metric '${name}': there are ${Object.keys(metrics).join(', ')}`)
}

function namesIn(root: string, chosen: ReadonlyMap<string, unknown>): string[] {
  if (!existsSync(root) || !statSync(root).isDirectory()) throw new Error(`there is no folder '${root}'`)
  const there = readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'info')))
    .sort()
  if (there.length === 0)
    throw new Error(`the folder '${root}' holds no task pack of MLE-Dojo: none of its folders has a folder 'info'`)
  const absent = [...chosen.keys()].find((name) => !there.includes(name))
  if (absent !== undefined)
    throw new Error(`there is no competition '${absent}' in '${root}': there are ${there.join(', ')}`)
  return there.filter((name) => chosen.size === 0 || chosen.has(name))
}

/** The scores of a leaderboard, in the order of the file. Throws a sentence with file, line and field. */
export function readBoard(path: string): number[] {
  const scores = columnOf(parseCsv(read(path), path), 'score', path).map((text, i) => {
    const score = numberOf(text)
    if (score === null) throw new Error(`${path}, line ${i + 2}, field 'score': '${text}' is no finite number`)
    return score
  })
  if (scores.length === 0) throw new Error(`${path}: a leaderboard needs scores, and this one has none`)
  return scores
}

function read(path: string): string {
  if (!existsSync(path)) throw new Error(`there is no file '${path}'`)
  return readFileSync(path, 'utf8')
}

function packFrom(folder: string, given: MetricName | undefined): Pack {
  const info = (name: string): string => join(folder, 'info', name)
  const boards = {
    public: readBoard(info('public_leaderboard.csv')),
    private: readBoard(info('private_leaderboard.csv')),
  }
  const answersPath = join(folder, 'data/private/test_answer.csv')
  const answers = parseCsv(read(answersPath), answersPath)
  const samplePath = join(folder, 'data/public/sample_submission.csv')
  const sample = read(samplePath)
  const metric =
    given ??
    (existsSync(info('metric.txt')) ? metricNamed(read(info('metric.txt')).trim(), info('metric.txt')) : undefined)
  const gold = goldOf(answers, { sample: parseCsv(sample, samplePath), answersPath })
  if (metric) checkAnswers(gold, { metric, answersPath })
  const own = join(folder, 'utils/metric.py')
  if (!metric && !existsSync(own))
    throw new Error(`${folder}: no metric is named (info/metric.txt, or name=metric), and there is no utils/metric.py`)
  return {
    ...{ boards, sample, description: read(info('description.txt')), files: filesUnder(join(folder, 'data/public')) },
    score: async (submission, place) =>
      metric
        ? judged(submission, gold, metric)
        : scoreByTheirs({ program: readFileSync(own, 'utf8'), own, answers, submission }, place),
    win: () => submitting(gold, columnOf(gold.answers, gold.target, answersPath)),
    guess: (random) => submitting(gold, random.shuffle(columnOf(gold.answers, gold.target, answersPath))),
  }
}

/** The sample's first column names the rows, its last the target. */
function goldOf(answers: Table, { sample, answersPath }: { sample: Table; answersPath: string }): Gold {
  const [id, target] = [sample.columns[0]!, sample.columns.at(-1)!]
  columnOf(answers, id, answersPath)
  columnOf(answers, target, answersPath)
  return { id, target, answers }
}

function checkAnswers(
  { answers, target }: Gold,
  { metric, answersPath }: { metric: MetricName; answersPath: string },
): void {
  for (const [i, answer] of columnOf(answers, target, answersPath).entries()) {
    const objection = metrics[metric].objection(answer)
    if (objection) throw new Error(`${answersPath}, line ${i + 2}, field '${target}': '${answer}' ${objection}`)
  }
}

function filesUnder(folder: string): Record<string, Uint8Array> {
  if (!existsSync(folder)) throw new Error(`there is no folder '${folder}'`)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const files = names.filter((name) => statSync(join(folder, name)).isFile())
  return Object.fromEntries(files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
}

interface Theirs {
  readonly program: string
  readonly own: string
  readonly answers: Table
  readonly submission: Uint8Array
}

async function scoreByTheirs({ program, own, answers, submission }: Theirs, place: Place): Promise<Scored> {
  await using sandbox = await place({ language: 'python', isolation: 'namespace', memoryMb: 2048, timeoutMs: 120_000 })
  await sandbox.write('metric.py', program)
  await sandbox.write('answers.csv', toCsv(answers))
  await sandbox.write('submission.csv', submission)
  const { exitCode, stdout, stderr, timedOut } = await sandbox.exec(GRADER)
  const last = stdout.trim().split('\n').at(-1) ?? ''
  const said = exitCode === 0 ? (JSON.parse(last) as { score?: number; lower?: boolean; invalid?: string }) : {}
  if (typeof said.invalid === 'string') return { error: said.invalid.slice(0, 500) }
  if (typeof said.score === 'number') return { score: said.score, lowerIsBetter: said.lower === true }
  const why = timedOut ? 'it took too long' : stderr.trim().split('\n').at(-1) || 'it gave no score'
  throw new Error(`the metric of the pack, ${own}, failed: ${why}; 'name=metric' uses one of ours instead`)
}

// What packs import of MLE-Dojo is two names; a metric is the class in there that extends the first of them.
const GRADER = `
import inspect, json, math, sys, types
import pandas
class CompetitionMetrics:
    def __init__(self, higher_is_better=True, *args, **kwargs):
        self.higher_is_better = higher_is_better
class InvalidSubmissionError(Exception):
    pass
for name in ('mledojo', 'mledojo.metric', 'mledojo.metric.base'):
    sys.modules[name] = types.ModuleType(name)
sys.modules['mledojo.metric.base'].CompetitionMetrics = CompetitionMetrics
sys.modules['mledojo.metric.base'].InvalidSubmissionError = InvalidSubmissionError
theirs = {'__name__': 'metric'}
exec(compile(open('metric.py').read(), 'metric.py', 'exec'), theirs)
found = [one for one in theirs.values() if inspect.isclass(one) and issubclass(one, CompetitionMetrics) and one is not CompetitionMetrics]
metric = found[-1]()
answers = pandas.read_csv('answers.csv')
try:
    submission = pandas.read_csv('submission.csv')
    metric.validate_submission(submission, answers)
    score = float(metric.evaluate(answers, submission))
    if not math.isfinite(score):
        raise ValueError(f'its score is {score}')
except Exception as error:
    # Whose fault it is: a metric that cannot judge the answers themselves cannot judge at all.
    metric.evaluate(answers, answers)
    print(json.dumps({'invalid': str(error) or type(error).__name__}))
else:
    print(json.dumps({'score': score, 'lower': not metric.higher_is_better}))
`
