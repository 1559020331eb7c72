/** k-digit addition and subtraction in a single turn: the smallest world whose answers can be checked. */
import {
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  random,
  type Split,
  seedOf,
  system,
  type Task,
  user,
} from '../core/index.ts'

export interface ArithmeticOptions {
  /** Digits of each operand, from 1 to 9. */
  readonly digits?: number
}

export interface ArithmeticTask {
  readonly question: string
  readonly answer: number
}

/** Throws unless `digits` is an integer from 1 to 9. */
export function arithmetic({ digits = 3 }: ArithmeticOptions = {}): EnvSpec<ArithmeticTask, Env> {
  if (!Number.isInteger(digits) || digits < 1 || digits > 9)
    throw new Error(`arithmetic has 1 to 9 digits, not ${digits}`)
  const largest = 10 ** digits - 1
  return defineEnv<ArithmeticTask, Env>({
    id: `arithmetic:${digits}@1`,
    about: `addition and subtraction of two ${digits}-digit numbers, one turn`,
    limits: { steps: 1 },
    markov: true,
    tasks: (split) => problems(digits, split),
    make: ({ data }) => ({
      reset: () => ({ messages: [system('Answer with the number alone.'), user(data.question)] }),
      step: () => ({ observation: { messages: [] }, end: 'terminated' }),
    }),
    rubric: {
      success: { weight: 1, score: ({ task, last }) => (last?.content.trim() === `${task.data.answer}` ? 1 : 0) },
    },
    solve: ({ data }) => [assistant(`${data.answer}`)],
    // Anything from the smallest difference to the largest sum.
    guess: (_, random) => assistant(`${random.int(3 * largest + 1) - largest}`),
  })
}

const COUNT = { train: 10_000, test: 1000 }

/** Distinct problems in an order drawn once and for all, one in five for testing; all there are, up to a limit. */
function* problems(digits: number, split: Split): Generator<Task<ArithmeticTask>> {
  const from = digits === 1 ? 0 : 10 ** (digits - 1)
  const span = 10 ** digits - from
  const seen = new Set<string>()
  const rng = random(digits)
  for (let found = 0; found < COUNT[split] && seen.size < 2 * span ** 2; ) {
    const [a, b, sign] = [from + rng.int(span), from + rng.int(span), rng.pick(['+', '-'])]
    const id = `${a}${sign}${b}`
    if (seen.has(id)) continue
    seen.add(id)
    if ((seedOf(id) % 5 === 0) !== (split === 'test')) continue
    found++
    yield { id, data: { question: `What is ${a} ${sign} ${b}?`, answer: sign === '+' ? a + b : a - b } }
  }
}
