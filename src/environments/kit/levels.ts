/** Worlds in levels of difficulty: how a level is named, and how tasks are drawn for it, the same at every call. */
import { type EnvSpec, type Random, random, type Split, seedOf, type Task } from '../../core/index.ts'

export const HARDEST = 10

/** All levels from the one to the other. */
export interface Levels {
  readonly from: number
  readonly to: number
}

/** Reads '3' or '1-4'; all levels up to the hardest unless given. Throws a sentence on anything else. */
export function levelsOf(name: string, text: string | undefined, hardest: number = HARDEST): Levels {
  if (text === undefined) return { from: 1, to: hardest }
  const [, first = '', last = first] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (from < 1 || to > hardest || from > to)
    throw new Error(`${name} has the levels 1 to ${hardest}, or a range of them like 1-4, not '${text}'`)
  return { from, to }
}

/** 'sat:1-4@1': what a world of these levels is called. */
export const named = (name: string, { from, to }: Levels): string => `${name}:${from === to ? from : `${from}-${to}`}@1`

export interface Draw {
  readonly level: number
  /** How many were drawn of this level before. */
  readonly round: number
  readonly split: Split
  readonly random: Random
}

export interface Graded<D> {
  readonly name: string
  readonly levels: Levels
  /** undefined where a level has no more. */
  readonly draw: (draw: Draw) => D | undefined
  /** Of both splits together; 1,250 unless given. */
  readonly count?: number
}

/** One round in five is for testing. */
const splitOf = (round: number): Split => (round % 5 === 4 ? 'test' : 'train')
/** So many draws may be ones that were drawn before, until a level has no more. */
const ATTEMPTS = 50

interface Drawn<D> {
  readonly split: Split
  readonly task: Task<D>
}

/** Distinct tasks, level after level and round after round; drawn when first asked for, and then kept. */
export function gradedTasks<D>(graded: Graded<D>): EnvSpec<D>['tasks'] {
  const kept: Drawn<D>[] = []
  const source = drawn(graded)
  return function* (split) {
    for (let i = 0; ; i++) {
      if (i === kept.length) {
        const next = source.next()
        if (next.done) return
        kept.push(next.value)
      }
      if (kept[i]!.split === split) yield kept[i]!.task
    }
  }
}

function* drawn<D>({ name, levels, draw, count = 1250 }: Graded<D>): Generator<Drawn<D>> {
  const seen = new Set<string>()
  const rounds = Math.ceil(count / (levels.to - levels.from + 1))
  for (let round = 0; round < rounds; round++) {
    for (let level = levels.from; level <= levels.to; level++) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const split = splitOf(round)
        const data = draw({ level, round, split, random: random(seedOf(name, level, round, attempt)) })
        if (data === undefined) break
        const key = JSON.stringify(data)
        if (seen.has(key)) continue
        seen.add(key)
        yield { split, task: { id: `${level}-${round}`, data } }
        break
      }
    }
  }
}
