/** How much an episode may use. Counted as it is used; nothing here knows of money. */

export interface Limits {
  /** Steps and calls are rules of the game: the episode is cut there and scored as it stands. */
  readonly steps: number
  readonly calls: number
  /** Tokens (prompt and completion) and time are budgets: an episode that needs more has no score (law 1). */
  readonly tokens: number
  readonly timeMs: number
}

const unlimited: Limits = { steps: Infinity, calls: Infinity, tokens: Infinity, timeMs: 600_000 }

/** The tightest of each limit given; where none is, no limit, and ten minutes. Throws on one that is not positive. */
export function tightest(...all: readonly (Partial<Limits> | undefined)[]): Limits {
  const given = (name: keyof Limits): number => {
    const values = all.flatMap((limits) => limits?.[name] ?? [])
    for (const value of values) {
      if (!(value > 0)) throw new Error(`the limit '${name}' must be a positive number, not ${value}`)
    }
    return values.length > 0 ? Math.min(...values) : unlimited[name]
  }
  return { steps: given('steps'), calls: given('calls'), tokens: given('tokens'), timeMs: given('timeMs') }
}
