/** Scores as parts of one, by weights that are data. */

export interface Part {
  /** null: not judged. */
  readonly value: number | null
  readonly weight: number
}

/**
 * The weighted mean of named parts. null, with the name, where a part with a weight was not judged. Throws where a
 * weight is negative or all are 0.
 */
export function combined(parts: Readonly<Record<string, Part>>): {
  readonly value: number | null
  readonly why: string
} {
  const counted = Object.entries(parts).filter(([, { weight }]) => weight !== 0)
  const total = counted.reduce((sum, [, { weight }]) => sum + weight, 0)
  if (!(total > 0) || counted.some(([, { weight }]) => !(weight > 0)))
    throw new Error(`weights are positive, or 0 for a part that does not count: ${JSON.stringify(parts)}`)
  const missing = counted.find(([, { value }]) => value === null)
  if (missing) return { value: null, why: `'${missing[0]}' was not judged` }
  const value = counted.reduce((sum, [, part]) => sum + part.weight * part.value!, 0) / total
  return { value, why: counted.map(([name, part]) => `${name} ${part.value} × ${part.weight}`).join(', ') }
}
