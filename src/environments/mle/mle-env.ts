/**
 * A machine-learning competition, as MLE-Dojo plays them: the agent runs Python beside the training data, writes a
 * submission, and is told its score and its places. The test answers stay on our side, where submissions are scored.
 *
 * Reward: with N scores on a board and p the place, from 1, of the first that a submission is no worse than, its
 * position score is (N − p + 1)/N, averaged over the public and the private board. A submission is paid what it
 * improves on the best before it, so that handing in the same again earns nothing.
 */
import {
  type AssistantMessage,
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  type ExecResult,
  type Host,
  type Observation,
  type Random,
  type Sandbox,
  type SandboxSpec,
  type StepResult,
  system,
  type Task,
  user,
} from '../../core/index.ts'
import { improvements, positionScore } from '../../rewards/index.ts'
import { INFO, type Info, type MleAction, mleAction, mleTools, RULES } from './action.ts'

/** A competition, whole. */
export interface Pack {
  readonly description: string
  /** What the agent is given, by path below `data`. */
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly sample: string
  readonly boards: { readonly public: readonly number[]; readonly private: readonly number[] }
  /** `error` is for the agent: its file is no submission. Throws where the grader itself fails. */
  score(submission: Uint8Array, place: Place): Promise<Scored>
  /** Python that hands in the answers themselves. */
  win(): string
  /** Python that hands in what knows nothing. */
  guess(random: Random): string
}

export type Place = (spec: SandboxSpec) => Promise<Sandbox>
export type Scored = { readonly score: number; readonly lowerIsBetter: boolean } | { readonly error: string }

export interface MleWorld<D> {
  readonly id: string
  tasks: EnvSpec<D>['tasks']
  /** The same for the same task. */
  open(task: Task<D>): Pack
}

export interface MleEnv extends Env {
  /** Of the best submission: 0 before there is one. */
  readonly best: { readonly position: number; readonly private: number }
}

/** Of the private board: who stands there has a medal, where fewer than a hundred compete (Kaggle's rule). */
export const MEDAL = 0.6
const STEPS = 10
const SUBMISSION = 'submission.csv'

/** The same prediction for every row. */
const EVERYWHERE = `
import csv
with open('data/sample_submission.csv', newline='') as file: header, *rows = csv.reader(file)
with open('submission.csv', 'w', newline='') as file:
    csv.writer(file).writerows([header, *([*row[:-1], ANSWER] for row in rows)])`

export function mleEnv<D>(world: MleWorld<D>): EnvSpec<D, MleEnv> {
  const act = (action: string, params: object): AssistantMessage => assistant(JSON.stringify({ action, params }))
  return defineEnv<D, MleEnv>({
    id: world.id,
    tasks: world.tasks,
    limits: { steps: STEPS },
    make: (task, host) => live(world.open(task), host),
    rubric: {
      // Paid step by step: these are what came of it.
      success: { weight: 0, score: ({ env }) => (env.best.private >= MEDAL ? 1 : 0) },
      position: { weight: 0, score: ({ env }) => env.best.position },
    },
    solve: (task) => [act('execute_code', { code: world.open(task).win() })],
    commit: (answer) => [act('execute_code', { code: `ANSWER = ${JSON.stringify(answer)}${EVERYWHERE}` })],
    guess(task, random) {
      if (random.next() < 0.3) return act('request_info', { info_type: random.pick(INFO) })
      return act(random.pick(['execute_code', 'validate_code']), { code: world.open(task).guess(random) })
    },
  })
}

interface Placed {
  readonly score: number
  readonly position: number
  readonly private: number
}

function placed({ boards }: Pack, { score, lowerIsBetter }: Extract<Scored, { score: number }>): Placed {
  const on = (scores: readonly number[]): number => positionScore(score, { scores, lowerIsBetter })
  return { score, position: (on(boards.public) + on(boards.private)) / 2, private: on(boards.private) }
}

function live(pack: Pack, host: Host): MleEnv {
  let sandbox: Sandbox | undefined
  let best: Placed | undefined
  const history: string[] = []

  const run = async (code: string): Promise<ExecResult> => {
    sandbox ??= await furnished(pack, host)
    return sandbox.exec(code, { signal: host.signal })
  }
  /** What the agent is told of its submission, and what it earns. */
  const submit = async (): Promise<{ said: string; reward: number }> => {
    const file = await sandbox!.read(SUBMISSION).catch((error: Error) => error.message)
    if (typeof file === 'string') return { said: `FAILED: no submission was scored: ${file}.`, reward: 0 }
    const scored = await pack.score(file, (spec) => host.sandbox(spec))
    if ('error' in scored) return { said: `FAILED: the submission is not valid: ${scored.error}.`, reward: 0 }
    const mine = placed(pack, scored)
    const reward = improvements([best?.position ?? 0, mine.position])[1]!
    if (!best || mine.position > best.position) best = mine
    const said = `score ${show(mine.score)}, position score ${show(mine.position)}`
    return { said: `SUCCESS: ${said} (best so far: ${show(best.position)}).`, reward }
  }
  const execute = async ({
    action,
    code,
  }: Extract<MleAction, { code: string }>): Promise<{ said: string; reward: number }> => {
    const result = await run(code)
    const output = outputOf(result)
    if (result.exitCode !== 0) return { said: `FAILED: the code did not run to its end.\n${output}`, reward: 0 }
    if (action === 'validate_code') return { said: `SUCCESS: the code runs.\n${output}`, reward: 0 }
    const { said, reward } = await submit()
    return { said: `${said}\n${output}`, reward }
  }
  const perform = async (asked: MleAction): Promise<{ said: string; reward: number }> => {
    switch (asked.action) {
      case 'nothing':
        return { said: asked.why, reward: 0 }
      case 'request_info':
        return { said: infoOf(pack, asked.info), reward: 0 }
      case 'get_history':
        return { said: history.join('\n') || 'Nothing has been done yet.', reward: 0 }
      case 'reset':
        await sandbox?.[Symbol.asyncDispose]()
        sandbox = undefined
        return { said: 'The folder is fresh. The best score is kept.', reward: 0 }
      default:
        return execute(asked)
    }
  }
  return {
    get best() {
      return { position: best?.position ?? 0, private: best?.private ?? 0 }
    },
    reset: () => ({ messages: [system(RULES), user(infoOf(pack, 'overview'))], tools: mleTools }),
    async step(action): Promise<StepResult> {
      const asked = mleAction(action)
      const { said, reward } = await perform(asked)
      history.push(`${history.length + 1}. ${asked.action}: ${said.split('\n')[0]}`)
      // Who is first on both boards has nothing left to gain.
      const first = best?.position === 1
      return { observation: seen(action, said), reward, ...(first && { end: 'terminated' as const }) }
    },
    async close() {
      await sandbox?.[Symbol.asyncDispose]()
    },
  }
}

const show = (value: number): string => `${Number(value.toFixed(5))}`

function seen({ calls = [] }: AssistantMessage, said: string): Observation {
  const [first, ...others] = calls
  if (!first) return { messages: [user(said)], tools: mleTools }
  const idle = others.map(
    ({ id }) => ({ role: 'tool', callId: id, isError: true, content: 'One call in each message.' }) as const,
  )
  return { messages: [{ role: 'tool', callId: first.id, content: said }, ...idle], tools: mleTools }
}

/** No times: the same code shows the same. */
function outputOf({ stdout, stderr, timedOut, died }: ExecResult): string {
  const notes = [
    stdout.trimEnd(),
    stderr.trimEnd(),
    timedOut && '(stopped: it took too long)',
    died !== undefined && '(the interpreter is gone: reset starts a fresh one)',
  ]
  return notes.filter(Boolean).join('\n') || '(no output)'
}

async function furnished({ files }: Pack, host: Host): Promise<Sandbox> {
  const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0)
  const sandbox = await host.sandbox({
    ...{ language: 'python', isolation: 'namespace', memoryMb: 2048, outputBytes: 8192, timeoutMs: 60_000 },
    diskMb: 64 + Math.ceil((2 * bytes) / 2 ** 20),
  })
  for (const [path, data] of Object.entries(files)) await sandbox.write(`data/${path}`, data)
  return sandbox
}

function infoOf({ description, sample, files }: Pack, info: Info): string {
  if (info === 'overview') return description
  if (info === 'sample_submission') return sample.split('\n').slice(0, 6).join('\n')
  if (info === 'data_path') return 'data'
  if (info === 'output_path') return SUBMISSION
  const sizes = Object.entries(files).map(([path, data]) => `data/${path}: ${data.length} bytes${headOf(path, data)}`)
  return sizes.join('\n')
}

function headOf(path: string, data: string | Uint8Array): string {
  if (!path.endsWith('.csv')) return ''
  const text = typeof data === 'string' ? data : Buffer.from(data.subarray(0, 4096)).toString()
  return `\n${text.split('\n').slice(0, 3).join('\n')}`
}
