/**
 * A big table of a state, in shelves by the last two characters of its keys: a change copies two small objects and not
 * all of it, and two states that share most of their shelves compare in no time. Plain JSON.
 */
export type Shelves<T> = Readonly<Record<string, Readonly<Record<string, T>>>>

const shelfOf = (key: string): string => key.slice(-2)

export function shelve<T>(all: Readonly<Record<string, T>>): Shelves<T> {
  const shelves: Record<string, Record<string, T>> = {}
  for (const [key, value] of Object.entries(all)) {
    const shelf = shelfOf(key)
    if (!Object.hasOwn(shelves, shelf)) shelves[shelf] = {}
    shelves[shelf]![key] = value
  }
  return shelves
}

/** Undefined where there is none. */
export function taken<T>(shelves: Shelves<T>, key: string): T | undefined {
  const shelf = shelfOf(key)
  const held = Object.hasOwn(shelves, shelf) ? shelves[shelf]! : {}
  return Object.hasOwn(held, key) ? held[key] : undefined
}

/** The table with this value in the place of what the key had, or beside the others. */
export function put<T>(shelves: Shelves<T>, key: string, value: T): Shelves<T> {
  const shelf = shelfOf(key)
  const held = Object.hasOwn(shelves, shelf) ? shelves[shelf] : {}
  return { ...shelves, [shelf]: { ...held, [key]: value } }
}

/** The first key, shelf by shelf, whose value fits. */
export function keyWhere<T>(shelves: Shelves<T>, fits: (value: T) => boolean): string | undefined {
  for (const shelf of Object.values(shelves)) {
    const key = Object.keys(shelf).find((one) => fits(shelf[one]!))
    if (key !== undefined) return key
  }
  return undefined
}
