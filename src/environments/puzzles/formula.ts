/** Formulas in conjunctive normal form, and whether anything satisfies them. */

/** Of variables from 1 on; a negative one is negated. One of a clause's literals has to hold. */
export type Clause = readonly number[]

export interface Formula {
  readonly variables: number
  readonly clauses: readonly Clause[]
}

/** Whether each variable is true, from the first on. */
export type Assignment = readonly boolean[]

export const holds = (literal: number, assignment: Assignment): boolean =>
  assignment[Math.abs(literal) - 1] === literal > 0

export const satisfies = (assignment: Assignment, clauses: readonly Clause[]): boolean =>
  clauses.every((clause) => clause.some((literal) => holds(literal, assignment)))

/** An assignment that satisfies the formula, or null where none does (Davis, Putnam, Logemann and Loveland 1962). */
export function satisfy({ variables, clauses }: Formula): Assignment | null {
  const literals = search(clauses, new Set())
  return literals && Array.from({ length: variables }, (_, i) => literals.has(i + 1))
}

/** What holds when all is satisfied. What may be either way is left out. */
function search(clauses: readonly Clause[], held: ReadonlySet<number>): ReadonlySet<number> | null {
  const open: Clause[] = []
  for (const clause of clauses) {
    if (clause.some((literal) => held.has(literal))) continue
    const left = clause.filter((literal) => !held.has(-literal))
    if (left.length === 0) return null
    if (left.length === 1) return search(clauses, new Set([...held, left[0]!]))
    open.push(left)
  }
  const literal = open[0]?.[0]
  if (literal === undefined) return held
  return search(open, new Set([...held, literal])) ?? search(open, new Set([...held, -literal]))
}
