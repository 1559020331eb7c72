/** k-digit addition and subtraction in a single turn: the smallest world whose answers can be checked. */
import {
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  random,
  type Split,
  system,
  type Task,
  user,
} from '../core/index.ts'
import { splitByName } from './kit/split.ts'

export interface ArithmeticOptions {
  /** Of each operand, from 1 to 9: so many, or any number from `fewest` on. 2 unless given. */
  readonly digits?: number
  readonly fewest?: number
}

export interface ArithmeticTask {
  readonly question: string
  readonly answer: number
}

/** Throws unless `digits` is an integer from 1 to 9, and `fewest` one from 1 to that. */
export function arithmetic({ digits = 2, fewest = digits }: ArithmeticOptions = {}): EnvSpec<ArithmeticTask, Env> {
  if (!Number.isInteger(digits) || digits < 1 || digits > 9)
    throw new Error(`arithmetic has 1 to 9 digits, not ${digits}`)
  if (!Number.isInteger(fewest) || fewest < 1 || fewest > digits)
    throw new Error(`arithmetic of up to ${digits} digits has from 1 to ${digits} at the fewest, not ${fewest}`)
  const largest = 10 ** digits - 1
  const named = fewest === digits ? `${digits}` : `${fewest}-${digits}`
  return defineEnv<ArithmeticTask, Env>({
    id: `arithmetic:${named}@1`,
    limits: { steps: 1 },
    markov: true,
    tasks: (split) => problems({ digits, fewest }, split),
    make: ({ data }) => ({
      reset: () => ({ messages: [system('Answer with the number alone.'), user(data.question)] }),
      step: () => ({ observation: { messages: [] }, end: 'terminated' }),
    }),
    rubric: {
      success: { weight: 1, score: ({ task, last }) => (last?.content.trim() === `${task.data.answer}` ? 1 : 0) },
    },
    solve: ({ data }) => [assistant(`${data.answer}`)],
    commit: (answer) => [assistant(answer)],
    // Anything from the smallest difference to the largest sum.
    guess: (_, random) => assistant(`${random.int(3 * largest + 1) - largest}`),
  })
}

const COUNT = { train: 10_000, test: 1000 }

/** Distinct problems in an order drawn once and for all, one in five for testing; all there are, up to a limit. */
function* problems({ digits, fewest }: Required<ArithmeticOptions>, split: Split): Generator<Task<ArithmeticTask>> {
  const least = fewest === 1 ? 0 : 10 ** (fewest - 1)
  const all = 2 * (10 ** digits - least) ** 2
  const seen = new Set<string>()
  const rng = random(digits)
  const operand = (): number => {
    // Each number of digits is as likely as the next: small numbers would else hardly come up.
    const width = fewest === digits ? digits : fewest + rng.int(digits - fewest + 1)
    const from = width === 1 ? 0 : 10 ** (width - 1)
    return from + rng.int(10 ** width - from)
  }
  for (let found = 0; found < COUNT[split] && seen.size < all; ) {
    const [a, b, sign] = [operand(), operand(), rng.pick(['+', '-'])]
    const id = `${a}${sign}${b}`
    if (seen.has(id)) continue
    seen.add(id)
    if (splitByName(id) !== split) continue
    found++
    yield { id, data: { question: `What is ${a} ${sign} ${b}?`, answer: sign === '+' ? a + b : a - b } }
  }
}

/** Reads '3' or '1-3'. Throws a sentence on anything else. */
export function arithmeticOptions(text: string): Required<ArithmeticOptions> {
  const [fewest = '', digits = fewest, ...rest] = text.split('-')
  if (![fewest, digits].every((word) => /^\d+$/.test(word)) || rest.length > 0)
    throw new Error(`arithmetic has 1 to 9 digits, or a range of them like 1-3, not '${text}'`)
  return { digits: Number(digits), fewest: Number(fewest) }
}
