/** Small worlds for tests, and ways to break them. */
import {
  type Agent,
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  type StepResult,
  type Task,
  user,
  type Verdict,
} from '../src/core/index.ts'

export interface CountTask {
  readonly target: number
}

/** Count to the target by saying 'tick' and 'tock' in turn; each step costs 1. The key is a script. */
export function counting(change: Partial<EnvSpec<CountTask, CountEnv>> = {}): EnvSpec<CountTask, CountEnv> {
  return defineEnv<CountTask, CountEnv>({
    id: 'counting@1',
    limits: { steps: 20 },
    tasks: (split) =>
      (split === 'train' ? [2, 3, 4, 5] : [6, 7, 8, 9]).map((target) => ({ id: `to-${target}`, data: { target } })),
    make: ({ data }) => countEnv(data.target),
    rubric: { success: { weight: 10, score: ({ env, task }) => (env.count === task.data.target ? 1 : 0) } },
    solve: ({ data }) => Array.from({ length: data.target }, (_, i) => assistant(word(i))),
    guess: (_, random) => assistant(random.pick(['tick', 'tock'])),
    ...change,
  })
}

/** What counts next, after so many. */
export const word = (count: number): string => (count % 2 === 0 ? 'tick' : 'tock')

export interface CountEnv extends Env {
  readonly count: number
  readonly closed: boolean
}

export function countEnv(target: number, from = 0, change: Partial<Env> = {}): CountEnv {
  let count = from
  let closed = false
  const look = () => ({ messages: [user(`count ${count} of ${target}`)] })
  return {
    get count() {
      return count
    },
    get closed() {
      return closed
    },
    reset: () => look(),
    step({ content }): StepResult {
      if (content === word(count)) count++
      return { observation: look(), reward: -1, ...(count === target && { end: 'terminated' }) }
    },
    fork: () => countEnv(target, count, change),
    close() {
      closed = true
    },
    ...change,
  }
}

/** Asks the model and does what it says. */
export const asking: Agent = {
  id: 'asking',
  async play(episode) {
    while (!episode.done) await episode.step((await episode.model().complete({ messages: episode.history })).message)
  },
}

export const never = (): Promise<never> => new Promise(() => {})

export interface WeightTask {
  readonly height: number
  readonly weight: number
}

export interface WeightEnv extends Env {
  /** Everything handed in so far. */
  readonly answers: readonly string[]
}

/** How the answers of an episode are judged, against the gold number. */
export type Answered = (answers: readonly string[], gold: number) => Verdict | Promise<Verdict>

/** What is the weight in an unknown unit? Answers are 'answer: …'; the game goes on for four steps. */
export function weighing(
  judged: Answered,
  change: Partial<EnvSpec<WeightTask, WeightEnv>> = {},
): EnvSpec<WeightTask, WeightEnv> {
  return defineEnv<WeightTask, WeightEnv>({
    id: 'weighing@1',
    limits: { steps: 4 },
    tasks: (split) =>
      Array.from({ length: 12 }, (_, i): Task<WeightTask> => {
        const height = (split === 'train' ? 120 : 160) + 3 * i
        return { id: `${split}-${i}`, data: { height, weight: 40 + 2 * i + (split === 'train' ? 0 : 1) } }
      }),
    make: ({ data }) => {
      const answers: string[] = []
      const question = `Height ${data.height} cm, weight ${data.weight} kg. What is the index?`
      return {
        answers,
        reset: () => ({ messages: [user(question)] }),
        step({ content }) {
          if (content.startsWith('answer:')) answers.push(content.slice('answer:'.length).trim())
          return { observation: { messages: [user(question)] } }
        },
      }
    },
    rubric: { success: { weight: 1, score: ({ env, task }) => judged(env.answers, indexOf(task.data)) } },
    solve: ({ data }) => [assistant(`answer: ${indexOf(data).toFixed(2)}`)],
    commit: (answer) => [assistant(`answer: ${answer}`)],
    ...change,
  })
}

const indexOf = ({ height, weight }: WeightTask): number => weight / (height / 100) ** 2
