/**
 * Satisfiability: give every variable a truth value so that all clauses hold, or say that nobody can. Random clauses of
 * three where it is hardest, at 4.3 clauses a variable; one formula in twelve cannot be satisfied.
 */
import type { EnvSpec, Random } from '../../core/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { quoted } from '../kit/game-env.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'
import { type Assignment, type Clause, type Formula, holds, satisfies, satisfy } from './formula.ts'

const VARIABLES = [7, 8, 9, 10, 11, 12, 13, 15, 17, 20] as const
const CLAUSES_A_VARIABLE = 4.3
const IMPOSSIBLE = 'unsatisfiable'
/** So many formulas to one that cannot be satisfied: whoever says so of all gets next to nothing. */
const ONE_IN = 12

/** Throws a sentence on a level that there is none of. */
export function sat(argument?: string): EnvSpec<Formula, QuestionEnv> {
  const levels = levelsOf('sat', argument)
  return questionEnv<Formula>({
    id: named('sat', levels),
    tasks: gradedTasks({ name: 'sat', levels, draw }),
    instructions: `Make every line true. Answer with all variables, with commas between, as in: x1, not x2, x3. If nothing makes all of them true, answer: ${IMPOSSIBLE}.`,
    ask: ({ clauses }) => clauses.map((clause) => clause.map(worded).join(' or ')).join('\n'),
    form: afterAnswer,
    score: (answer, { task }) => scoreOf(answer, task.data),
    solve: (data) => answerOf(satisfy(data)),
    guess: ({ variables }, random) => answerOf(Array.from({ length: variables }, () => random.int(2) === 1)),
    rewards: {
      /** How many clauses hold, as a share. */
      share: {
        weight: 0,
        score: ({ env, task: { data } }) => {
          const said = assignmentIn(env.answer ?? '', data.variables)
          if (typeof said === 'string') return 0
          return data.clauses.filter((one) => one.some((literal) => holds(literal, said))).length / data.clauses.length
        },
      },
    },
  })
}

const worded = (literal: number): string => `${literal < 0 ? 'not ' : ''}x${Math.abs(literal)}`
const answerOf = (assignment: Assignment | null): string =>
  assignment?.map((value, i) => worded(value ? i + 1 : -i - 1)).join(', ') ?? IMPOSSIBLE

function scoreOf(answer: string, formula: Formula): { value: number; why: string } {
  if (answer.trim().toLowerCase() === IMPOSSIBLE) {
    const right = satisfy(formula) === null
    return { value: right ? 1 : 0, why: right ? 'nothing satisfies it' : 'something satisfies it' }
  }
  const said = assignmentIn(answer, formula.variables)
  if (typeof said === 'string') return { value: 0, why: said }
  const right = satisfies(said, formula.clauses)
  return { value: right ? 1 : 0, why: right ? 'every clause holds' : 'a clause does not hold' }
}

/** What an answer says of every variable, or why it says that of none. */
function assignmentIn(answer: string, variables: number): Assignment | string {
  const said = new Map<number, boolean>()
  for (const word of answer.split(',')) {
    const [, not, digits] = /^(not )?x(\d{1,3})$/i.exec(word.trim()) ?? []
    const variable = Number(digits)
    if (!(variable >= 1 && variable <= variables))
      return `'${quoted(word.trim())}' is no variable and not one's negation`
    if (said.has(variable)) return `x${variable} stands there twice`
    said.set(variable, not === undefined)
  }
  if (said.size < variables) return `${variables - said.size} of ${variables} variables are missing`
  return Array.from({ length: variables }, (_, i) => said.get(i + 1) === true)
}

function draw({ level, round, random }: Draw): Formula {
  const wanted = (round + level) % ONE_IN !== 0
  for (;;) {
    const formula = drawn(VARIABLES[level - 1]!, random)
    if ((satisfy(formula) !== null) === wanted) return formula
  }
}

/** Distinct clauses of three variables each. */
function drawn(variables: number, random: Random): Formula {
  const all = Array.from({ length: variables }, (_, i) => i + 1)
  const clauses = new Map<string, Clause>()
  while (clauses.size < Math.round(CLAUSES_A_VARIABLE * variables)) {
    const three = random
      .shuffle(all)
      .slice(0, 3)
      .sort((a, b) => a - b)
    const clause = three.map((variable) => (random.int(2) === 1 ? variable : -variable))
    clauses.set(clause.join(), clause)
  }
  return { variables, clauses: [...clauses.values()] }
}
