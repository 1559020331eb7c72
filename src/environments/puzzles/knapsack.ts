/** The knapsack: which things, together light enough, are worth the most? Seven of them at level 1, 25 at level 10. */
import type { EnvSpec, Random } from '../../core/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { quoted } from '../kit/game-env.ts'
import { type Draw, gradedTasks, levelsOf, named } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'

export interface Thing {
  readonly name: string
  readonly weight: number
  readonly value: number
}

export interface Knapsack {
  readonly things: readonly Thing[]
  readonly capacity: number
}

/** Throws a sentence on a level that there is none of. */
export function knapsack(argument?: string): EnvSpec<Knapsack, QuestionEnv> {
  const levels = levelsOf('knapsack', argument)
  return questionEnv<Knapsack>({
    id: named('knapsack', levels),
    tasks: gradedTasks({ name: 'knapsack', levels, draw }),
    instructions:
      'Choose things for a knapsack: their weights together may be as much as it holds, and their values together should be as large as can be. Name what you choose, with commas between.',
    ask: ({ things, capacity }) =>
      [
        `The knapsack holds ${capacity}.`,
        ...things.map(({ name, weight, value }) => `${name}: weight ${weight}, value ${value}`),
      ].join('\n'),
    form: afterAnswer,
    score: (answer, { task }) => {
      const chosen = chosenIn(answer, task.data)
      if (typeof chosen === 'string') return { value: 0, why: chosen }
      const [worth, most] = [sum(chosen, 'value'), sum(packed(task.data), 'value')]
      return { value: worth === most ? 1 : 0, why: `worth ${worth} of ${most}` }
    },
    solve: (data) => written(packed(data)),
    guess: ({ things }, random) => written(things.filter(() => random.int(2) === 1)),
    rewards: {
      /** What was chosen, as a share of the most that could be; 0 where it is too heavy. */
      share: {
        weight: 0,
        score: ({ env, task }) => {
          const chosen = chosenIn(env.answer ?? '', task.data)
          return typeof chosen === 'string' ? 0 : sum(chosen, 'value') / sum(packed(task.data), 'value')
        },
      },
    },
  })
}

const sum = (things: readonly Thing[], what: 'weight' | 'value'): number =>
  things.reduce((total, thing) => total + thing[what], 0)

const written = (things: readonly Thing[]): string => things.map(({ name }) => name).join(', ')

/** The things that an answer names, or why it is none. */
function chosenIn(answer: string, { things, capacity }: Knapsack): readonly Thing[] | string {
  const known = new Map(things.map((thing) => [thing.name, thing]))
  const chosen: Thing[] = []
  for (const word of answer.split(',')) {
    const thing = known.get(word.trim())
    if (!thing) return `there is no thing '${quoted(word.trim())}', or it was named twice`
    known.delete(thing.name)
    chosen.push(thing)
  }
  const weight = sum(chosen, 'weight')
  return weight <= capacity ? chosen : `it weighs ${weight}, and the knapsack holds ${capacity}`
}

/** The most valuable choice, by the best there is for every capacity. */
export function packed({ things, capacity }: Knapsack): Thing[] {
  interface Best {
    readonly value: number
    readonly chosen: readonly Thing[]
  }
  let best: Best[] = Array.from({ length: capacity + 1 }, () => ({ value: 0, chosen: [] }))
  for (const thing of things) {
    best = best.map((without, room) => {
      const rest = best[room - thing.weight]
      if (!rest || rest.value + thing.value <= without.value) return without
      return { value: rest.value + thing.value, chosen: [...rest.chosen, thing] }
    })
  }
  return [...best[capacity]!.chosen]
}

/** What is worth most for its weight goes in first: what everybody tries, and what is to be no way. */
function greedy({ things, capacity }: Knapsack): number {
  let [room, value] = [capacity, 0]
  for (const thing of things.toSorted((a, b) => b.value / b.weight - a.value / a.weight)) {
    if (thing.weight > room) continue
    room -= thing.weight
    value += thing.value
  }
  return value
}

function draw({ level, random }: Draw): Knapsack {
  for (;;) {
    const data = drawn(5 + 2 * level, random)
    const best = packed(data)
    if (best.length > 1 && greedy(data) < sum(best, 'value')) return data
  }
}

function drawn(count: number, random: Random): Knapsack {
  const things = Array.from({ length: count }, (_, i) => {
    const weight = 3 + random.int(18)
    // Values go with weights, or the choice is plain.
    return { name: String.fromCharCode(65 + i), weight, value: weight + random.int(11) }
  })
  return { things, capacity: Math.floor(sum(things, 'weight') / 2) }
}
