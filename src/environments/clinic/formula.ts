/** What a clinical formula is: its findings, one line or a few of Python arithmetic, and what is asked. */
import { calculate } from './calculate.ts'
import type { FindingName } from './findings.ts'

export interface Formula {
  /** As the question names it. */
  readonly name: string
  /** In a terse question. */
  readonly short: string
  /** '' where it is a score. */
  readonly unit: string
  /** In this order as Python variables. */
  readonly needs: readonly FindingName[]
  /** Python arithmetic over `needs`; its last line is the value. */
  readonly code: string
  /** A score is right only where it is exactly the same; other values within 5 %. */
  readonly score?: true
  /** Never in training: what is learned of other formulas is tried on it. */
  readonly heldOut?: true
  /** Conventions that the name leaves open. */
  readonly hint?: string
  /** Where the formula means something: other ranges than the findings' own. */
  readonly ranges?: Partial<Readonly<Record<FindingName, readonly [low: number, high: number]>>>
}

/** Throws where a formula cannot be reckoned: its own fault. */
export function reckon({ name, code }: Formula, values: Readonly<Record<string, number>>): number {
  const value = calculate(code, values)
  if (value === null) throw new Error(`the formula '${name}' has no value for ${JSON.stringify(values)}`)
  return value
}
