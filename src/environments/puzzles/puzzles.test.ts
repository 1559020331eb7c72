import { describe, expect, it } from 'vitest'
import { checkEnv, type EnvSpec, random, type Task } from '../../core/index.ts'
import { openEnvironment } from '../index.ts'
import type { QuestionEnv } from '../kit/question-env.ts'
import { puzzlesCatalogue } from './catalogue.ts'
import { einstein } from './einstein.ts'
import { expressionOf } from './expression.ts'
import { satisfies, satisfy } from './formula.ts'
import { game24, scoreOf, solution, ways } from './game24.ts'
import { type Knapsack, packed } from './knapsack.ts'
import { follows, statementIn } from './ontology.ts'
import { arrangements, onlyArrangement } from './riddle.ts'
import { riddleIn, worded } from './riddle-text.ts'

const generated = Object.entries(puzzlesCatalogue).flatMap(([name, { data }]) => (data ? [] : [name]))
const some = <D>(spec: EnvSpec<D>, count: number): Task<D>[] => [
  ...Iterator.from(spec.tasks('train') as Iterable<Task<D>>).take(count),
]

/** What an answer to the first task is worth, term by term. */
async function worth(name: string, answer: string): Promise<Record<string, number | null>> {
  const spec = openEnvironment(name) as EnvSpec<unknown, QuestionEnv>
  const task = some(spec, 1)[0]!
  const env = { answer } as QuestionEnv
  const values: Record<string, number | null> = {}
  for (const [term, { score }] of Object.entries(spec.rubric)) {
    const verdict = await score({ task, env } as never)
    values[term] = typeof verdict === 'number' ? verdict : verdict.value
  }
  return values
}

describe('puzzles', () => {
  it.each(generated)('%s keeps every promise', async (name) => {
    // One level, and some tasks: all of them are tried by `ludus check`.
    const { promises } = await checkEnv(openEnvironment(`${name}:5`), { tasks: 10 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it.each(generated)('%s has ten levels, the same tasks at every opening, and no other level', (name) => {
    const levels = some(openEnvironment(name), 10).map(({ id }) => Number(id.split('-')[0]))
    expect(levels).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(some(openEnvironment(`${name}:3`), 5)).toEqual(some(openEnvironment(`${name}:3`), 5))
    for (const level of ['0', '11', '4-2', '2.5', '', 'x', '1-2-3'])
      expect(() => openEnvironment(`${name}:${level}`)).toThrow(`${name} has the levels 1 to 10`)
  })

  it('gives numbers for how far off an answer is', async () => {
    expect(await worth('sorting:1', '1, 2')).toMatchObject({ success: 0, lengthMismatch: 0.6, l1: null })
    expect(await worth('sorting:1', '5, 4, 3, 2, 1')).toMatchObject({ success: 0, nonMonotonicity: 4 })
    expect(await worth('sorting:1', '1, two')).toMatchObject({ lengthMismatch: null })
    expect((await worth('counting:1', '1000'))['error']).toBeGreaterThan(900)
    expect(await worth('counting:1', 'many')).toEqual({ success: 0, error: null })
    expect(await worth('knapsack:1', 'A, A')).toEqual({ success: 0, share: 0 })
    expect(await worth('sat:1', 'x1, not x1')).toEqual({ success: 0, share: 0 })
    expect(await worth('einstein:1', 'a; b; c; d')).toEqual({ success: 0, share: 0 })
  })
})

describe('the game of 24', () => {
  it('takes each number once, in any arithmetic that makes 24 exactly', () => {
    const cases: [string, number[], number][] = [
      ['8 / (3 - 8 / 3)', [3, 3, 8, 8], 1],
      ['(5 − 1 ÷ 5) × 5 = 24', [1, 5, 5, 5], 1],
      ['8 / (3 - 8 / 3)', [3, 3, 8, 9], 0],
      ['24', [3, 3, 8, 8], 0],
      ['3 + 3 + 8 + 8', [3, 3, 8, 8], 0],
      ['8 / (3 - 3) + 8', [3, 3, 8, 8], 0],
      ['-3 + 3 * 8 + 8', [3, 3, 8, 8], 0],
      ['33 - 8 - 8', [3, 3, 8, 8], 0],
    ]
    for (const [answer, numbers, value] of cases)
      expect([answer, scoreOf(answer, numbers).value]).toEqual([answer, value])
  })

  it('reads hostile texts as no expression, in no time', () => {
    for (const text of ['', '(', ')', '()', '1 2', '1 +', '+', '1**2', '2^3', 'process.exit()', '1e3', '٣', '0x18'])
      expect([text, expressionOf(text)]).toEqual([text, null])
    for (const text of ['('.repeat(100_000), '1+'.repeat(100_000), '9'.repeat(200)])
      expect(expressionOf(text)).toBeNull()
    expect(expressionOf('2 - 3 - 4 * 5 / (1 + 1)')?.value()).toEqual({ top: -22, over: 2 })
  })

  it('knows that 1,362 of 1,820 sets can be solved, and solves those', () => {
    const counts = { all: 0, solved: 0, right: 0 }
    for (let a = 1; a <= 13; a++)
      for (let b = a; b <= 13; b++)
        for (let c = b; c <= 13; c++)
          for (let d = c; d <= 13; d++) {
            const found = solution([a, b, c, d])
            counts.all++
            if (found === undefined) continue
            counts.solved++
            counts.right += scoreOf(found, [a, b, c, d]).value
          }
    expect(counts).toEqual({ all: 1820, solved: 1362, right: 1362 })
  })

  it('has fewer ways at every level', () => {
    const fewest = [1, 4, 7, 10].map((level) =>
      Math.min(...some(game24(`${level}`), 30).map(({ data }) => ways(data.numbers))),
    )
    expect(fewest).toEqual(fewest.toSorted((a, b) => b - a))
  })
})

describe('the solvers', () => {
  it('pack a knapsack as trying every choice does', () => {
    const rng = random(5)
    for (let trial = 0; trial < 50; trial++) {
      const things = Array.from({ length: 8 }, (_, i) => ({ name: `${i}`, weight: 1 + rng.int(9), value: rng.int(20) }))
      const sack: Knapsack = { things, capacity: rng.int(30) }
      let most = 0
      for (let bits = 0; bits < 256; bits++) {
        const chosen = things.filter((_, i) => bits & (1 << i))
        if (chosen.reduce((sum, { weight }) => sum + weight, 0) > sack.capacity) continue
        most = Math.max(
          most,
          chosen.reduce((sum, { value }) => sum + value, 0),
        )
      }
      const best = packed(sack)
      expect(best.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(sack.capacity)
      expect(best.reduce((sum, { value }) => sum + value, 0)).toBe(most)
    }
  })

  it('satisfy a formula where trying every assignment does', () => {
    const rng = random(6)
    const seen = { yes: 0, no: 0 }
    for (let trial = 0; trial < 200; trial++) {
      const literal = (): number => (1 + rng.int(6)) * rng.pick([1, -1])
      const clauses = Array.from({ length: 26 }, () => [literal(), literal(), literal()])
      const all = Array.from({ length: 64 }, (_, bits) => Array.from({ length: 6 }, (_, i) => (bits & (1 << i)) !== 0))
      const found = satisfy({ variables: 6, clauses })
      seen[found ? 'yes' : 'no']++
      expect(found !== null).toBe(all.some((assignment) => satisfies(assignment, clauses)))
      if (found) expect(satisfies(found, clauses)).toBe(true)
    }
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(20)
  })

  it('arrange three houses as trying every arrangement does', () => {
    for (const { data } of some(einstein('1-2'), 6)) {
      for (const dropped of [0, 1, 2]) {
        const riddle = { kinds: data.kinds.slice(0, 2), clues: data.clues.slice(dropped) }
        if (riddle.clues.some(({ left, right }) => [left, right].some(({ kind }) => foreign(kind, riddle.kinds))))
          continue
        expect([...arrangements(riddle)].length).toBe(byHand(riddle))
      }
    }
  })

  it('need every clue of a riddle, and read it back from its words', () => {
    for (const { data } of some(einstein('1-6'), 12)) {
      const { kinds, clues } = data
      expect(onlyArrangement(data)).not.toBeNull()
      for (const clue of clues)
        expect(onlyArrangement({ kinds, clues: clues.filter((one) => one !== clue) })).toBeNull()
      const { name } = kinds[0]!
      const thing = kinds[0]!.things[0]!
      const text = `${worded(data)}\n\nWhich house is associated with ${thing} (${name})?`
      expect(riddleIn(text)).toEqual({ kinds, clues, question: { name: thing, kind: name } })
    }
  })

  it('tell what follows from what does not', () => {
    const theory =
      'Every wumpus is a tumpus. Tumpuses are not red. Each zumpus is red. Rex is a wumpus. Max is a zumpus.'
    const asked = (question: string) => follows(statementIn(`${theory}\nTrue or false: ${question}.`))
    expect([asked('Rex is not red'), asked('Rex is red'), asked('Max is red'), asked('Rex is a zumpus')]).toEqual([
      true,
      false,
      true,
      null,
    ])
    expect(() => follows(statementIn(`${theory} Rex is red.\nTrue or false: Rex is red.`))).toThrow('contrary')
    expect(() => statementIn('Rex is red.')).toThrow('no theory')
  })
})

type Two = Parameters<typeof arrangements>[0]
const foreign = (kind: string, kinds: Two['kinds']): boolean =>
  kind !== 'Position' && !kinds.some(({ name }) => name === kind)

/** How many of the 36 arrangements of two kinds in three houses keep to the clues, by their definitions. */
function byHand({ kinds, clues }: Two): number {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]
  const at = (thing: { name: string; kind: string }, arrangement: number[][]): number => {
    const k = kinds.findIndex(({ name }) => name === thing.kind)
    return k < 0 ? Number(thing.name) - 1 : arrangement[k]![kinds[k]!.things.indexOf(thing.name)]!
  }
  const meaning = {
    same: (a: number, b: number) => a === b,
    different: (a: number, b: number) => a !== b,
    left: (a: number, b: number) => a === b - 1,
    right: (a: number, b: number) => a === b + 1,
    beside: (a: number, b: number) => Math.abs(a - b) === 1,
  }
  const all = orders.flatMap((one) => orders.map((other) => [one, other]))
  return all.filter((tried) =>
    clues.every(({ left, relation, right }) => meaning[relation](at(left, tried), at(right, tried))),
  ).length
}
