/**
 * Asks of a reward, before anybody trains on it, whether it pays in the right order (law 9): every ordering of outcomes
 * that it can see is tried against every other. It knows a reward as a function alone.
 */

/** What an answer was: 'none' is none given where one could have been. */
export type Mark = 'right' | 'wrong' | 'none'

/** The answers of one episode in their order, and how long it was. The last one is what it ends with. */
export interface Play {
  readonly answers: readonly Mark[]
  readonly tokens: number
}

export interface Paid extends Play {
  readonly pay: number
}

export interface Fault {
  /** The rule that is broken. */
  readonly rule: string
  /** The two plays that break it most: the first should be paid more, or at least as much. */
  readonly plays: readonly [Paid, Paid]
  /** How many pairs break it. */
  readonly pairs: number
  /** A sentence with the two plays and what they are paid. */
  readonly why: string
}

export interface LintOptions {
  /** How many answers a play has, 0 to 2 unless given: a form that wants an answer and its correction has 2 to 2. */
  readonly fewest?: number
  readonly most?: number
  /** The lengths that are tried, in tokens: 50, 400, 2,000 and 8,000 unless given. */
  readonly lengths?: readonly number[]
}

/** Tries `pay` on every play there is. No fault: an empty list. */
export function lintReward(pay: (play: Play) => number, options: LintOptions = {}): Fault[] {
  const { fewest = 0, most = 2, lengths = [50, 400, 2000, 8000] } = options
  const orderings: Mark[][] = [[]]
  for (const answers of orderings) {
    if (answers.length < most) for (const mark of MARKS) orderings.push([...answers, mark])
  }
  const plays = orderings.flatMap((answers) =>
    answers.length < fewest ? [] : lengths.map((tokens) => ({ answers, tokens, pay: pay({ answers, tokens }) })),
  )
  return lintPlays(plays)
}

const MARKS: readonly Mark[] = ['right', 'wrong', 'none']

/** The same for plays that were paid already. */
export function lintPlays(plays: readonly Paid[]): Fault[] {
  return RULES.flatMap(({ rule, strict, applies }) => {
    const pairs = plays.flatMap((one) =>
      plays.flatMap((other): [Paid, Paid][] => (applies(one, other) ? [[one, other]] : [])),
    )
    const wrong = pairs.filter(([one, other]) => !(one.pay - other.pay > (strict ? ROUNDING : -ROUNDING)))
    const worst = wrong.sort((a, b) => a[0].pay - a[1].pay - (b[0].pay - b[1].pay))[0]
    if (!worst) return []
    return [{ rule, plays: worst, pairs: wrong.length, why: `${rule}, but ${worst.map(told).join(', and ')}` }]
  })
}

/** Sums of the same parts in another order are no difference. */
const ROUNDING = 1e-9

interface Rule {
  readonly rule: string
  /** The first has to be paid more, and not only as much. */
  readonly strict: boolean
  readonly applies: (one: Play, other: Play) => boolean
}

const RULES: readonly Rule[] = [
  {
    rule: 'what ends right is paid more than what does not, however long',
    strict: true,
    applies: (one, other) => one.answers.at(-1) === 'right' && other.answers.at(-1) !== 'right',
  },
  {
    rule: 'right instead of wrong never pays less',
    strict: false,
    applies: (one, other) =>
      one.tokens === other.tokens &&
      one.answers.length === other.answers.length &&
      one.answers.every((mark, i) => mark === 'right' || mark === other.answers[i]),
  },
  {
    rule: 'a wrong answer first never pays',
    strict: false,
    applies: (one, other) =>
      one.answers.length > 0 &&
      one.tokens === other.tokens &&
      other.answers[0] === 'wrong' &&
      same(one.answers, other.answers.slice(1)),
  },
  {
    rule: 'the same answer again never pays',
    strict: false,
    applies: (one, other) =>
      one.tokens === other.tokens &&
      same(one.answers, other.answers.slice(0, -1)) &&
      one.answers.length > 0 &&
      one.answers.at(-1) === other.answers.at(-1),
  },
]

const same = (one: readonly Mark[], other: readonly Mark[]): boolean =>
  one.length === other.length && one.every((mark, i) => mark === other[i])

function told({ answers, tokens, pay }: Paid): string {
  const what =
    answers.length > 0 ? answers.map((mark) => (mark === 'none' ? 'no answer' : mark)).join(' then ') : 'no answer'
  return `'${what}' ${tokens > 0 ? `in ${tokens} tokens ` : ''}is paid ${+pay.toFixed(4)}`
}
