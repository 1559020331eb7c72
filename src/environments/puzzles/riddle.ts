/**
 * Einstein's riddle as data: houses in a row, kinds of things with one thing of each kind in every house, and clues. It
 * is solved by narrowing down in which houses each thing can be, and by trying where that is not enough.
 */

/** A thing, or where the kind is `POSITION`, a house by its number, the first being 1. */
export interface Thing {
  readonly name: string
  readonly kind: string
}

export const POSITION = 'Position'

/** How the house of the left thing lies to that of the right one; 'left' and 'right' are next to it. */
export type Relation = 'same' | 'different' | 'left' | 'right' | 'beside'

export interface Clue {
  readonly left: Thing
  readonly relation: Relation
  readonly right: Thing
}

export interface Kind {
  readonly name: string
  /** As many as there are houses. */
  readonly things: readonly string[]
}

export interface Riddle {
  readonly kinds: readonly Kind[]
  readonly clues: readonly Clue[]
}

/** The house of every thing, from 0 on: the things of a kind in their order, kind after kind. */
export type Arrangement = readonly (readonly number[])[]

/** A set of houses as bits, for each thing of each kind. */
type Possible = number[][]

/** The houses where the one may be, given those of the other. */
function reach(relation: Relation, there: number, whole: number): number {
  switch (relation) {
    case 'same':
      return there
    case 'different':
      return there & (there - 1) ? whole : whole & ~there
    case 'left':
      return there >> 1
    case 'right':
      return (there << 1) & whole
    case 'beside':
      return ((there << 1) | (there >> 1)) & whole
  }
}

const turned = (relation: Relation): Relation =>
  relation === 'left' ? 'right' : relation === 'right' ? 'left' : relation

/** Whether a relation holds between two houses. */
export const relates = (house: number, relation: Relation, other: number): boolean =>
  (reach(relation, 1 << other, -1) & (1 << house)) !== 0

/** Arrangements that keep to all clues. Throws a sentence on a clue about a thing that there is not. */
export function* arrangements({ kinds, clues }: Riddle): Generator<Arrangement, undefined> {
  const houses = kinds[0]?.things.length ?? 0
  const whole = 2 ** houses - 1
  const bounds = clues.map((clue) => boundOf(clue, kinds, houses))
  yield* search({ possible: kinds.map(({ things }) => things.map(() => whole)), bounds, whole })
}

/** A thing by its kind and its place there; or the houses that are meant, where no thing is. */
type Place = readonly [kind: number, thing: number] | number

interface Bound {
  readonly left: Place
  readonly relation: Relation
  readonly right: Place
}

function boundOf({ left, relation, right }: Clue, kinds: readonly Kind[], houses: number): Bound {
  const place = ({ name, kind }: Thing): Place => {
    if (kind === POSITION && Number(name) >= 1 && Number(name) <= houses) return 1 << (Number(name) - 1)
    const k = kinds.findIndex((one) => one.name === kind)
    const thing = kinds[k]?.things.indexOf(name) ?? -1
    if (thing < 0) throw new Error(`a clue tells of '${name}' (${kind}), and there is no such thing`)
    return [k, thing]
  }
  return { left: place(left), relation, right: place(right) }
}

interface Search {
  readonly possible: Possible
  readonly bounds: readonly Bound[]
  readonly whole: number
}

function* search({ possible, bounds, whole }: Search): Generator<Arrangement, undefined> {
  if (!narrow({ possible, bounds, whole })) return
  const open = leastOpen(possible)
  if (!open) {
    yield possible.map((things) => things.map((set) => Math.log2(set)))
    return
  }
  const [k, t] = open
  for (let rest = possible[k]![t]!; rest !== 0; rest &= rest - 1) {
    const tried = possible.map((things) => [...things])
    tried[k]![t] = rest & -rest
    yield* search({ possible: tried, bounds, whole })
  }
}

/** The thing that can be in the fewest houses and not in one alone. */
function leastOpen(possible: Possible): readonly [kind: number, thing: number] | undefined {
  let found: readonly [number, number] | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (let kind = 0; kind < possible.length; kind++) {
    const things = possible[kind]!
    for (let thing = 0; thing < things.length; thing++) {
      const count = size(things[thing]!)
      if (count < 2 || count >= fewest) continue
      fewest = count
      found = [kind, thing]
    }
  }
  return found
}

/** Takes away, in place, what cannot be, until nothing more goes. False where a thing can be nowhere. */
function narrow({ possible, bounds, whole }: Search): boolean {
  for (let before = -1; ; ) {
    for (const bound of bounds) if (!obey(bound, possible, whole)) return false
    for (const things of possible) if (!keepApart(things)) return false
    const left = total(possible)
    if (left === before) return true
    before = left
  }
}

/** Sets only ever shrink, so that their sum says whether any did. */
const total = (possible: Possible): number => {
  let sum = 0
  for (const things of possible) for (const set of things) sum += set
  return sum
}

function obey({ left, relation, right }: Bound, possible: Possible, whole: number): boolean {
  const at = (place: Place): number => (typeof place === 'number' ? place : possible[place[0]]![place[1]]!)
  const one = at(left) & reach(relation, at(right), whole)
  if (typeof left !== 'number') possible[left[0]]![left[1]] = one
  const other = at(right) & reach(turned(relation), one, whole)
  if (typeof right !== 'number') possible[right[0]]![right[1]] = other
  return one !== 0 && other !== 0
}

/** Where one of a kind is, no other is; where only one can be, it is. */
function keepApart(things: number[]): boolean {
  let [taken, once, twice] = [0, 0, 0]
  for (const set of things) {
    if ((set & (set - 1)) === 0) {
      if (taken & set) return false
      taken |= set
    }
    twice |= once & set
    once |= set
  }
  const lonely = once & ~twice & ~taken
  for (let thing = 0; thing < things.length; thing++) {
    const set = things[thing]!
    if ((set & (set - 1)) === 0) continue
    const free = set & ~taken
    const kept = free & lonely || free
    if (kept === 0) return false
    things[thing] = kept
  }
  return once === 2 ** things.length - 1
}

function size(set: number): number {
  let count = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) count++
  return count
}

/** The only arrangement; null where there is none, or more than one. */
export function onlyArrangement(riddle: Riddle): Arrangement | null {
  const found = arrangements(riddle)
  const first = found.next()
  return first.done || !found.next().done ? null : first.value
}
