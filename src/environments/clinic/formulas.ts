/** All formulas by id, and which of them training never sees. */
import type { Formula } from './formula.ts'
import { bodyFormulas } from './formulas-body.ts'
import { organFormulas } from './formulas-organs.ts'
import { scoreFormulas } from './formulas-scores.ts'

export const formulas: Readonly<Record<string, Formula>> = { ...bodyFormulas, ...organFormulas, ...scoreFormulas }

/** Those whose arithmetic is short enough for a terse question. */
const SHORT = 40
const short = (id: string): boolean => formulas[id]!.code.length <= SHORT && !formulas[id]!.code.includes('\n')

/** Ids of those that training sees, or never sees. */
export function formulaIds({ heldOut, terse }: { readonly heldOut: boolean; readonly terse: boolean }): string[] {
  return Object.keys(formulas).filter((id) => (formulas[id]!.heldOut ?? false) === heldOut && (!terse || short(id)))
}
