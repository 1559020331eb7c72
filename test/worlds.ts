/** Small worlds for tests, and ways to break them. */
import { type Agent, assistant, defineEnv, type Env, type EnvSpec, type StepResult, user } from '../src/core/index.ts'

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
