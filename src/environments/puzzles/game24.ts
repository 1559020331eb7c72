/**
 * The game of 24: four numbers, each used once, must make 24. All sets of four numbers from 1 to 13 that can are there,
 * but for those that need only be added, in ten levels by how many ways there are. The list of 4nums.com, which Tree of
 * Thoughts (Yao et al. 2023) plays, is read from its file.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EnvSpec, type Random, random } from '../../core/index.ts'
import { afterAnswer } from '../kit/answer-form.ts'
import { quoted } from '../kit/game-env.ts'
import { gradedTasks, HARDEST, type Levels, levelsOf, named } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'
import { calculate, expressionOf, type Fraction, type Operator } from './expression.ts'

export interface Game24 {
  readonly numbers: readonly number[]
}

const GOAL = 24
const OPERATORS: readonly Operator[] = ['+', '-', '*', '/']
const NOT_COMMUTING: readonly Operator[] = ['-', '/']

/** Throws a sentence on a level that there is none of. */
export function game24(argument?: string): EnvSpec<Game24, QuestionEnv> {
  const levels = levelsOf('game24', argument)
  return game(named('game24', levels), gradedTasks({ name: 'game24', levels, draw: fromLevel(levels), count: 1400 }))
}

/** ToT's test set: "games indexed 901-1,000" of the list, which goes by how hard people find them. */
const TEST = { from: 901, to: 1000 }

/** Reads 24.csv: a rank and the numbers are all that is taken of it. Throws a sentence on a line that is wrong. */
export function game24File(folder: string): EnvSpec<Game24, QuestionEnv> {
  const list = random(1).shuffle(readList(folder))
  return game('game24-file@1', (split) =>
    list.flatMap(({ rank, numbers }) => {
      const tests = rank >= TEST.from && rank <= TEST.to
      return tests === (split === 'test') ? [{ id: `${rank}`, data: { numbers } }] : []
    }),
  )
}

function readList(folder: string): { rank: number; numbers: number[] }[] {
  const path = join(folder, '24.csv')
  if (!existsSync(path)) throw new Error(`the folder '${folder}' holds no 24.csv`)
  const [head = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/)
  if (!head.startsWith('Rank,Puzzles,')) throw new Error(`24.csv begins with Rank,Puzzles,… and not '${quoted(head)}'`)
  const list = lines.map((line, index) => {
    const [, rank, numbers] = /^(\d+),(\d+ \d+ \d+ \d+),/.exec(line) ?? []
    if (!rank || !numbers) throw new Error(`24.csv, line ${index + 2}: no rank and four numbers in '${quoted(line)}'`)
    return { rank: Number(rank), numbers: numbers.split(' ').map(Number) }
  })
  const lost = list.find(({ numbers }) => solution(numbers) === undefined)
  if (lost) throw new Error(`24.csv, rank ${lost.rank}: ${lost.numbers.join(' ')} cannot make ${GOAL}`)
  return list
}

const game = (id: string, tasks: EnvSpec<Game24>['tasks']): EnvSpec<Game24, QuestionEnv> =>
  questionEnv<Game24>({
    id,
    tasks,
    instructions: `Make ${GOAL} of the numbers with + - * / and parentheses. Use each number exactly once.`,
    ask: ({ numbers }) => numbers.join(' '),
    form: afterAnswer,
    score: (answer, { task }) => scoreOf(answer, task.data.numbers),
    solve: ({ numbers }) => `${solution(numbers)}`,
    guess: ({ numbers }, random) => anyExpression(numbers, random),
  })

/** What an answer is worth: 1 where it makes 24 of just these numbers, '= 24' behind it or not. */
export function scoreOf(answer: string, numbers: readonly number[]): { value: number; why: string } {
  const expression = expressionOf(answer.replace(/=\s*24$/, ''))
  if (!expression) return { value: 0, why: `'${quoted(answer)}' is no expression` }
  const sorted = (list: readonly number[]): string => list.toSorted((a, b) => a - b).join(' ')
  if (sorted(expression.numbers) !== sorted(numbers))
    return { value: 0, why: `it uses ${expression.numbers.join(' ')}, not ${numbers.join(' ')}` }
  const value = expression.value()
  if (!value) return { value: 0, why: 'it divides by 0' }
  const right = value.top === GOAL * value.over
  return { value: right ? 1 : 0, why: `it makes ${value.top / value.over}` }
}

interface Part extends Fraction {
  /** What it was made of; a number that was given has none. */
  readonly of?: readonly [left: Part, operator: Operator, right: Part]
}

/** A way to make 24; undefined where there is none. */
export function solution(numbers: readonly number[]): string | undefined {
  const { value } = all(numbers).next()
  return value && write(value).slice(1, -1)
}

/** How many ways there are to make 24. */
export const ways = (numbers: readonly number[]): number => [...all(numbers)].length

const write = ({ top, of }: Part): string => (of ? `(${write(of[0])} ${of[1]} ${write(of[2])})` : `${top}`)

/** Every way, by what can be made of every part of the numbers; a part is the bits of a number. */
function* all(numbers: readonly number[]): Generator<Part, undefined> {
  const whole = 2 ** numbers.length - 1
  const parts: Part[][] = []
  for (const [i, top] of numbers.entries()) parts[1 << i] = [{ top, over: 1 }]
  for (let bits = 1; bits < whole; bits++) parts[bits] ??= [...made(bits, parts, () => true)]
  yield* made(whole, parts, ({ top, over }) => top === GOAL * over)
}

function* made(
  bits: number,
  parts: readonly Part[][],
  wanted: (value: Fraction) => boolean,
): Generator<Part, undefined> {
  for (let some = (bits - 1) & bits; some > 0; some = (some - 1) & bits) {
    for (const left of parts[some] ?? []) {
      for (const right of parts[bits ^ some] ?? []) {
        for (const operator of some < (bits ^ some) ? OPERATORS : NOT_COMMUTING) {
          const value = calculate(left, operator, right)
          if (value && wanted(value)) yield { top: value.top, over: value.over, of: [left, operator, right] }
        }
      }
    }
  }
}

/** The numbers in any order, with any operators and parentheses. */
function anyExpression(numbers: readonly number[], random: Random): string {
  let parts = numbers.map(String)
  while (parts.length > 2) {
    const [a, b, ...rest] = random.shuffle(parts)
    parts = [...rest, `(${a} ${random.pick(OPERATORS)} ${b})`]
  }
  return random.shuffle(parts).join(` ${random.pick(OPERATORS)} `)
}

/** The sets of four numbers that make 24, and not by their sum, those with the most ways first: a tenth of them is a level. */
function byWays(): readonly number[][] {
  if (everySet) return everySet
  const sets: { numbers: number[]; count: number }[] = []
  for (let a = 1; a <= 13; a++)
    for (let b = a; b <= 13; b++)
      for (let c = b; c <= 13; c++)
        for (let d = c; d <= 13; d++) {
          // Whoever adds up whatever there is would have these.
          if (a + b + c + d === GOAL) continue
          const count = ways([a, b, c, d])
          if (count > 0) sets.push({ numbers: [a, b, c, d], count })
        }
  everySet = sets.sort((one, other) => other.count - one.count).map(({ numbers }) => numbers)
  return everySet
}

/** They take most of a second to find. */
let everySet: readonly number[][] | undefined

function fromLevel({ from, to }: Levels): (draw: { level: number; round: number }) => Game24 | undefined {
  let shuffled: Map<number, number[][]> | undefined
  return ({ level, round }) => {
    shuffled ??= levelsFrom(from, to)
    const numbers = shuffled.get(level)?.[round]
    return numbers && { numbers: random(round).shuffle(numbers) }
  }
}

function levelsFrom(from: number, to: number): Map<number, number[][]> {
  const all = byWays()
  const start = (level: number): number => Math.round(((level - 1) * all.length) / HARDEST)
  const levels = new Map<number, number[][]>()
  for (let level = from; level <= to; level++)
    levels.set(level, random(level).shuffle(all.slice(start(level), start(level + 1))))
  return levels
}
