/**
 * The logic puzzles of x1 (Besta et al. 2025, "Reasoning Language Models: A Blueprint"), from their files: Einstein's
 * riddles and PrOntoQA's chains, a thousand each in ten levels. Our solvers agree with every label of theirs. One riddle
 * in three is answered by 1, which is therefore worth more than chance where riddles alone are played.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type EnvSpec, random, type Task } from '../../core/index.ts'
import type { AnswerForm } from '../kit/answer-form.ts'
import { bunzip2 } from '../kit/bzip2.ts'
import { HARDEST, type Levels, levelsOf } from '../kit/levels.ts'
import { type QuestionEnv, questionEnv } from '../kit/question-env.ts'
import { splitByName } from '../kit/split.ts'
import { follows, statementIn } from './ontology.ts'
import { arrangements } from './riddle.ts'
import { riddleIn } from './riddle-text.ts'

const SETS = ['einstein', 'prontoqa'] as const
type SetName = (typeof SETS)[number]

export interface X1Puzzle {
  readonly set: SetName
  readonly level: number
  readonly problem: string
  readonly solution: string
}

/** The form that the riddles ask for by themselves. */
const boxed: AnswerForm = {
  says: 'Give your answer as \\boxed{…}.',
  read: (text) => /^([^{}]{1,100})\}/.exec(text.split('\\boxed{').slice(1).at(-1) ?? '')?.[1]?.trim() || null,
  write: (answer) => `\\boxed{${answer}}`,
}

/** Reads 'einstein', 'prontoqa,3-5' or '4'. Throws a sentence on a word it does not know, and on files that are wrong. */
export function x1(folder: string, argument = ''): EnvSpec<X1Puzzle, QuestionEnv> {
  const words = argument.split(',').filter(Boolean)
  const named = SETS.filter((set) => words.includes(set))
  const [span, ...more] = words.filter((word) => !named.some((set) => set === word))
  if (more.length > 0) throw new Error(`x1 takes ${SETS.join(' or ')} and levels, not '${argument}'`)
  const levels = levelsOf('x1', span)
  const sets = named.length > 0 ? named : SETS
  const all = random(1).shuffle(sets.flatMap((set) => readSet(folder, set, levels)))
  return questionEnv<X1Puzzle>({
    id: `x1${argument && `:${words.join(',')}`}@1`,
    tasks: (split) => all.filter(({ id }) => splitByName(id) === split),
    ask: ({ problem }) => problem,
    form: boxed,
    score: (answer, { task }) => (answer.toLowerCase() === task.data.solution.toLowerCase() ? 1 : 0),
    solve: ({ set, problem }) => `${solved(set, problem)}`,
    guess: ({ set, problem }, random) =>
      set === 'prontoqa' ? random.pick(['True', 'False']) : `${1 + random.int(housesOf(problem))}`,
  })
}

const housesOf = (problem: string): number => riddleIn(problem).kinds[0]!.things.length

/** What follows from a problem; null where nothing, or more than one thing, does. Throws on a text it cannot read. */
export function solved(set: SetName, problem: string): string | null {
  if (set === 'prontoqa') {
    const answer = follows(statementIn(problem))
    return answer === null ? null : answer ? 'True' : 'False'
  }
  const riddle = riddleIn(problem)
  const kind = riddle.kinds.findIndex(({ name }) => name === riddle.question.kind)
  const thing = riddle.kinds[kind]?.things.indexOf(riddle.question.name) ?? -1
  if (thing < 0) throw new Error(`the question is about '${riddle.question.name}', and there is no such thing`)
  let house: number | undefined
  for (const arrangement of arrangements(riddle)) {
    const here = arrangement[kind]![thing]!
    if (house !== undefined && here !== house) return null
    house = here
  }
  return house === undefined ? null : `${house + 1}`
}

const schema = z.object({
  data: z.array(
    z.object({ level: z.int().min(1).max(HARDEST), problem: z.string().min(1), solution: z.string().min(1) }),
  ),
})

const FILES: Readonly<Record<SetName, string>> = { einstein: 'einstein.json', prontoqa: 'PrOntoQA.json' }

function readSet(folder: string, set: SetName, { from, to }: Levels): Task<X1Puzzle>[] {
  const file = FILES[set]
  const parsed = schema.safeParse(jsonOf(folder, file))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Error(`${file}: the field '${issue?.path.join('.')}' is wrong: ${issue?.message}`)
  }
  return parsed.data.data.flatMap(({ level, problem, solution }, index) => {
    const id = `${set}/${index}`
    return level < from || level > to ? [] : [{ id, data: { set, level, problem, solution } }]
  })
}

/** As it is, or packed by bzip2 as it is published. */
function jsonOf(folder: string, file: string): unknown {
  const path = join(folder, file)
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  if (!existsSync(`${path}.bz2`)) throw new Error(`the folder '${folder}' holds neither ${file}.bz2 nor ${file}`)
  return JSON.parse(new TextDecoder().decode(bunzip2(readFileSync(`${path}.bz2`))))
}
