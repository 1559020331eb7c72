/**
 * Makes a run to look at: `node bench/view/make-run.ts <folder> [count]`, 100,000 trajectories unless given. Real worlds
 * played by better and worse players, 8 attempts a task; some captured token by token, and among them every kind of
 * outcome. Prints the run's path; how far it is goes to stderr.
 */
import { react } from '../../src/agents/index.ts'
import {
  type Completion,
  type EnvSpec,
  type Limits,
  type Model,
  ModelError,
  type ModelRequest,
  type Random,
  random,
  rollout,
  type Seat,
  type Task,
  type TokenCapture,
  textOf,
} from '../../src/core/index.ts'
import { createRun } from '../../src/data/index.ts'
import { openEnvironment } from '../../src/environments/index.ts'
import { noisyOracle, type SeatModel } from '../../src/models/index.ts'

const WORLDS = ['maze', 'wordle', 'shop', 'arithmetic:2']
const [ATTEMPTS, TASKS, AT_ONCE] = [8, 64, 128]
/** Of a batch that is cut off, so many are played. */
const CUT_AFTER = 200
/** How often the players err, batch after batch: as if one of them learned. */
const NOISE = [0.6, 0.45, 0.3, 0.2, 0.1, 0.05]

const [root = 'runs', asked = '100000'] = process.argv.slice(2)
const count = Number(asked)
if (!(count > 0)) throw new Error(`how many trajectories? '${asked}' is no number above 0`)

const ids = (text: string): number[] => [...Buffer.from(text)]
const spoken = ({ message }: Completion): string =>
  message.content + (message.calls ?? []).map((call) => `${call.name} ${JSON.stringify(call.arguments)}`).join('\n')

/** Counts tokens (bytes), captures them in every fourth attempt, thinks aloud, and now and then is not to be had. */
function lifelike<D>(player: SeatModel<D>): SeatModel<D> {
  return (seat: Seat<D>): Model => {
    const chance = random(seat.seed).split('life')
    const model = player(seat)
    const fails = chance.next() < 0.05
    const capture = seat.attempt % 4 === 0 ? capturing(chance) : undefined
    return {
      id: model.id,
      async complete(request, options) {
        if (fails && chance.next() < 0.3)
          throw new ModelError('server', `the server answered ${chance.pick([500, 502, 503])}`)
        const said = await model.complete(request, options)
        const promptTokens = request.messages.reduce((sum, message) => sum + textOf(message).length, 0)
        const completionTokens = spoken(said).length
        return {
          ...said,
          message: { ...said.message, thinking: chance.pick(THOUGHTS) },
          usage: { promptTokens, completionTokens },
          costUsd: (promptTokens + 4 * completionTokens) * 1e-7,
          ...(capture && { tokens: capture(request, said) }),
        }
      },
    }
  }
}

/** Prompts go on from the tokens of the call before wherever the messages do. */
function capturing(chance: Random): (request: ModelRequest, said: Completion) => TokenCapture {
  let [before, seen]: [number[], number] = [[], 0]
  return ({ messages }, said) => {
    const goesOn = messages.length > seen
    const fresh = messages.slice(goesOn && seen > 0 ? seen + 1 : 0).map(textOf)
    const prompt = [...(goesOn ? before : []), ...ids(fresh.join('\n'))]
    const completion = ids(spoken(said))
    before = [...prompt, ...completion]
    seen = messages.length
    const logprobs = completion.map(() => Math.round(1e4 * Math.log(1 - 0.9 * chance.next() ** 3)) / 1e4)
    return { prompt, completion, logprobs }
  }
}

const THOUGHTS = [
  'The last answer rules this out; something else then.',
  'What was asked is clear: this is the next thing to do.',
  'Not sure. It may be a dead end, but nothing better is in sight.',
  'One more step and it should be done.',
]

/** A judge beside the rubric, who now and then gives no verdict. */
function judged<D>(spec: EnvSpec<D>): EnvSpec<D> {
  const score = ({ task, steps }: { readonly task: Task<D>; readonly steps: readonly unknown[] }) =>
    random(steps.length).split(task.id).next() < 0.1
      ? { value: null, why: 'the judge answered with no number' }
      : { value: 1 / (1 + steps.length), why: `it took ${steps.length} steps` }
  return { ...spec, rubric: { ...spec.rubric, brevity: { weight: 0.1, score } } }
}

async function tasksOf(spec: EnvSpec): Promise<Task[]> {
  const tasks: Task[] = []
  for await (const task of spec.tasks('train')) if (tasks.push(task) === 20 * TASKS) break
  return tasks
}

const limitsOf = (round: number): Partial<Limits> => (round % 4 === 3 ? { tokens: 6000 } : {})

const specs = WORLDS.map((name) => openEnvironment(name))
const tasks = await Promise.all(specs.map(tasksOf))
await using run = createRun(root, { command: 'run', env: 'bench', settings: { worlds: WORLDS, count } })
const started = performance.now()
let made = 0

async function batch(number: number): Promise<void> {
  const [world, round] = [number % WORLDS.length, Math.floor(number / WORLDS.length)]
  const spec = round % 3 === 1 ? judged(specs[world]!) : specs[world]!
  const all = tasks[world]!
  const from = (round * TASKS) % all.length
  const cut = new AbortController()
  const before = made
  const groups = rollout(spec, react(), all.slice(from, from + TASKS), {
    model: lifelike(noisyOracle(spec, NOISE[round % NOISE.length]!)),
    ...{ batch: `${WORLDS[world]!.split(':')[0]}/${round}`, attempts: ATTEMPTS, concurrency: AT_ONCE },
    ...{ seed: round, limits: limitsOf(round), signal: cut.signal },
    onTrajectory: async (trajectory) => {
      if (made++ >= count) return
      await run.store.add(trajectory)
      if (made >= count || (round % 5 === 4 && made - before >= CUT_AFTER)) cut.abort()
    },
  })
  for await (const _ of groups);
}

for (let number = 0; made < count; number++) {
  await batch(number)
  const rate = made / ((performance.now() - started) / 1000)
  process.stderr.write(`${Math.min(made, count)}/${count} trajectories, ${Math.round(rate)}/s\n`)
}
run.update({ state: 'done', seconds: (performance.now() - started) / 1000 })
process.stdout.write(`${run.path}\n`)
