/**
 * MedAgentGym's way to play: JSON actions in a Python sandbox. `validate_code` runs a program and shows its answer, and
 * the last one when the episode ends is the committed answer. Unlike there, nobody looks at the gold answer on the way,
 * unless `checker` asks for it: then the first right program ends the episode, as in the original.
 */
import {
  type Agent,
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  type ExecResult,
  type Host,
  type Judged,
  type Random,
  type RewardTerm,
  type Sandbox,
  type SandboxSpec,
  type StepResult,
  system,
  user,
} from '../../core/index.ts'
import { type Action, type ActionName, actionText, parseAction } from './actions.ts'

export interface MedAgentWorld<D> {
  readonly id: string
  readonly tasks: EnvSpec<D>['tasks']
  readonly instructions: string
  ask(data: D): string
  readonly actions: readonly ActionName[]
  /** How right a program is that printed this, from 0 to 1. */
  score(attempt: Attempt, judged: Pick<Judged<D, Env>, 'task' | 'sandbox'>): number | Promise<number>
  /** A program that is right. */
  solve(data: D): string
  /** A program of somebody who knows nothing but its form. */
  guess(data: D, random: Random): string
  /** What is run for a program given to validate_code; the program itself, with its answer printed, unless given. */
  program?(code: string, data: D): string
  /** Put into the sandbox before anything runs. */
  files?(data: D): Readonly<Record<string, string | Uint8Array>>
  /** Answers request_info. */
  info?(params: Readonly<Record<'data_path' | 'info_type' | 'keyterm', string>>, data: D): string
  readonly sandbox?: Partial<SandboxSpec>
  /** The first right program ends the episode: any of n with an oracle in the loop, and no committed answer. */
  readonly checker?: boolean
  readonly rewards?: Readonly<Record<string, RewardTerm<D, MedAgentEnv>>>
}

export interface Attempt {
  readonly code: string
  /** What it printed. */
  readonly output: string
  /** It came to its end. */
  readonly ended: boolean
}

export interface MedAgentEnv extends Env {
  /** Programs given to validate_code, in order; the last one is the committed one. */
  readonly attempts: readonly Attempt[]
}

/** "num_steps 15". */
const STEPS = 15

const EXIT = actionText({ action: 'terminal', params: { cmd: 'exit' } })
const submit = (code: string): string => actionText({ action: 'validate_code', params: { code } })

export function medAgentEnv<D>(world: MedAgentWorld<D>): EnvSpec<D, MedAgentEnv> {
  const scored = (attempt: Attempt | undefined, judged: Judged<D, MedAgentEnv>): number | Promise<number> =>
    attempt?.ended ? world.score(attempt, judged) : 0
  return defineEnv<D, MedAgentEnv>({
    id: world.id,
    tasks: world.tasks,
    limits: { steps: STEPS },
    make: (task, host) => live(world, task, host),
    rubric: {
      success: { weight: 1, score: (judged) => scored(judged.env.attempts.at(-1), judged) },
      anyOfN: {
        weight: 0,
        async score(judged) {
          let best = 0
          for (const attempt of judged.env.attempts) best = Math.max(best, await scored(attempt, judged))
          return best
        },
      },
      ...world.rewards,
    },
    solve: ({ data }) => key(world.solve(data)),
    commit: (answer) => [assistant(submit(`answer = ${JSON.stringify(answer)}`)), assistant(EXIT)],
    guess: ({ data }, random) => assistant(random.int(4) === 0 ? EXIT : submit(world.guess(data, random))),
  })
}

/** Validates the right program, and leaves when that is what stands last. */
function key(code: string): Agent {
  const right = assistant(submit(code))
  return {
    id: 'key',
    async play(episode) {
      while (!episode.done) {
        const last = episode.history.findLast(({ role }) => role === 'assistant')
        await episode.step(last?.content === right.content ? assistant(EXIT) : right)
      }
    },
  }
}

function live<D>(world: MedAgentWorld<D>, task: { id: string; data: D }, host: Host): MedAgentEnv {
  const { data } = task
  const attempts: Attempt[] = []
  const see = (text: string): StepResult => ({ observation: { messages: [user(text)] } })
  let opened: Promise<Sandbox> | undefined
  const sandbox = (): Promise<Sandbox> => {
    opened ??= furnished(world, data, host)
    return opened
  }
  const terminal = async (cmd: string): Promise<StepResult> => {
    if (/^\s*exit\s*(0\s*)?;?\s*$/.test(cmd)) return { observation: { messages: [] }, end: 'terminated' }
    const place = await sandbox()
    return see(shown(await place.exec(cmd, { language: 'shell', signal: host.signal })))
  }
  const validate = async (code: string): Promise<StepResult> => {
    const program = world.program?.(code, data) ?? printing(code)
    const result = await (await sandbox()).exec(selfContained(program), { signal: host.signal })
    const attempt = { code, output: result.stdout, ended: result.exitCode === 0 }
    attempts.push(attempt)
    if (!world.checker) return see(shown(result))
    const right = attempt.ended && (await world.score(attempt, { task, sandbox: (spec) => host.sandbox(spec) })) === 1
    return right ? { observation: { messages: [] }, end: 'terminated' } : see(`${shown(result)}\nThat is not correct.`)
  }
  const perform = async (deed: Action): Promise<StepResult> => {
    if (deed.action === 'terminal') return terminal(deed.params.cmd)
    if (deed.action === 'validate_code') return validate(deed.params.code)
    if (deed.action === 'request_info') return see(world.info?.(deed.params, data) ?? 'There is nothing to ask for.')
    const result = await (await sandbox()).exec(selfContained(printing(deed.params.code)), { signal: host.signal })
    return see(`The code, run again, shows:\n${shown(result)}\nMend what the last line names, then use validate_code.`)
  }
  return {
    attempts,
    reset: () => ({ messages: [system(rules(world)), user(world.ask(data))] }),
    async step(action) {
      const deed = parseAction(action, world.actions)
      return typeof deed === 'string' ? see(deed) : perform(deed)
    },
  }
}

async function furnished<D>({ files, sandbox }: MedAgentWorld<D>, data: D, host: Host): Promise<Sandbox> {
  const place = await host.sandbox({ language: 'python', isolation: 'namespace', outputBytes: 8192, ...sandbox })
  for (const [path, content] of Object.entries(files?.(data) ?? {})) await place.write(path, content)
  return place
}

/** As the original does: code that prints nothing has its answer printed. */
const printing = (code: string): string =>
  !code.includes('print') && code.includes('answer') ? `${code}\nprint(answer)` : code

/** Runs in names of its own, as a program by itself does: nothing is left over from the one before. */
const selfContained = (code: string): string =>
  `exec(compile(${JSON.stringify(code)}, 'code.py', 'exec'), {'__name__': '__main__'})`

/** No times: the same code shows the same. */
function shown({ stdout, stderr, exitCode, timedOut, died }: ExecResult): string {
  const lines = [
    stdout.trimEnd(),
    stderr.trimEnd(),
    timedOut && 'It took too long and was stopped.',
    died !== undefined && 'The interpreter is gone: nothing more can be run.',
    exitCode !== 0 && stderr.trim() === '' && !timedOut && died === undefined && `exit code ${exitCode}`,
  ]
  return lines.filter(Boolean).join('\n') || '(nothing was printed)'
}

const DESCRIPTIONS: Readonly<Record<ActionName, string>> = {
  request_info:
    'request_info {"data_path", "info_type", "keyterm"}: asks about the data; info_type is column_names, column_values or term.',
  terminal: 'terminal {"cmd"}: runs a shell command; the command exit ends the task.',
  validate_code: 'validate_code {"code"}: runs a Python program and shows what it prints; it is your answer so far.',
  debug: 'debug {"code", "error_msg"}: runs code again and shows where it fails.',
}

function rules<D>({ instructions, actions, checker }: MedAgentWorld<D>): string {
  const ending = checker
    ? 'The task ends when a program is right.'
    : 'Your last validated program is your answer when you end the task with {"action": "terminal", "params": {"cmd": "exit"}}.'
  return [
    instructions,
    'Each message of yours is one action, a JSON object with exactly two keys: {"action": …, "params": {…}}. The actions:',
    ...[...new Set<ActionName>([...actions, 'terminal'])].map((name) => `- ${DESCRIPTIONS[name]}`),
    "Programs stand by themselves and put the answer into the variable 'answer'.",
    ending,
  ].join('\n')
}
