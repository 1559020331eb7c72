/**
 * The text mazes of LMRL-Gym (Abdulhai et al. 2023, MIT): its maps, its sentences, its three reward schemes, its 100
 * steps. One pair of position and goal in five is for testing, and those are held out: nothing done there is trained
 * on, not even where a training episode passes through.
 */
import {
  type Agent,
  assistant,
  defineEnv,
  type Env,
  type EnvSpec,
  type Observation,
  random,
  type Split,
  system,
  type Task,
  user,
} from '../core/index.ts'
import { mazeReference, normalisedReturn } from '../rewards/index.ts'
import { splitByName } from './kit/split.ts'
import { svg } from './kit/svg.ts'
import { layouts } from './maze-layouts.ts'

/** What a step pays at the goal, for a move, and for a text that is no move. */
const schemes = {
  standard: { goal: 0, move: -1, illegal: -4 },
  sparse: { goal: 1, move: 0, illegal: -1 },
  steep: { goal: 1, move: -1, illegal: -100 },
} as const
const views = ['full', 'partial'] as const

type Cell = readonly [row: number, column: number]

/** A map, because what an agent says is looked up in it. */
const moves: ReadonlyMap<string, Cell> = new Map([
  ['move up', [-1, 0]],
  ['move down', [1, 0]],
  ['move left', [0, -1]],
  ['move right', [0, 1]],
])
const names = [...moves.keys()]
const RULES = `You are in a maze. Answer with one move: ${names.join(', ')}.`

export interface MazeOptions {
  readonly layout?: keyof typeof layouts
  readonly reward?: keyof typeof schemes
  /** 'partial' hides the position. */
  readonly view?: (typeof views)[number]
}

export interface MazeTask {
  readonly start: Cell
  readonly goal: Cell
}

export interface MazeEnv extends Env {
  readonly solved: boolean
}

export function maze({
  layout = 'double-t',
  reward = 'standard',
  view = 'full',
}: MazeOptions = {}): EnvSpec<MazeTask, MazeEnv> {
  const walls = layouts[layout]
  const pays = schemes[reward]
  const named = [layout, reward, view].filter((word) => !['double-t', 'standard', 'full'].includes(word)).join()
  return defineEnv<MazeTask, MazeEnv>({
    id: `maze${named && `:${named}`}@1`,
    limits: { steps: 100 },
    markov: view === 'full',
    tasks: (split) => pairs(walls, split),
    make: ({ data }) => live(data.start, data.goal),
    rubric: {
      success: { weight: 0, score: ({ env }) => (env.solved ? 1 : 0) },
      // LMRL-Gym's points are those of its first map and pay.
      ...(named === '' && { normalised: normalisedReturn(mazeReference) }),
    },
    solve: ({ data }) => walker(walls, data),
    guess: (_, random) => assistant(random.pick(names)),
  })

  function live(start: Cell, goal: Cell): MazeEnv {
    let position = start
    const look = (): Observation => ({
      messages: [user(same(position, goal) ? 'Success\n' : describe(walls, position, goal, view))],
      ...(splitOf(position, goal) === 'test' && { heldOut: true }),
    })
    return {
      get solved() {
        return same(position, goal)
      },
      reset: () => ({ ...look(), messages: [system(RULES), ...look().messages] }),
      step({ content }) {
        const move = moves.get(content.trim())
        position = move ? walk(walls, position, move) : position
        if (same(position, goal)) return { observation: look(), reward: pays.goal, end: 'terminated' }
        return { observation: look(), reward: move ? pays.move : pays.illegal }
      },
      fork: () => live(position, goal),
      data: () => ({ walls, position, goal }),
      picture: () => draw(walls, position, goal),
    }
  }
}

const same = (a: Cell, b: Cell): boolean => a[0] === b[0] && a[1] === b[1]
const open = (walls: readonly string[], [row, column]: Cell): boolean => walls[row]?.[column] === ' '

/** Into a wall is nowhere. */
function walk(walls: readonly string[], from: Cell, [down, right]: Cell): Cell {
  const to: Cell = [from[0] + down, from[1] + right]
  return open(walls, to) ? to : from
}

/** LMRL-Gym's sentences; it writes 10 as '1 0', so that a number is read by its digits. */
function describe(walls: readonly string[], position: Cell, goal: Cell, view: MazeOptions['view']): string {
  const at = (cell: Cell): string => cell.map((n) => [...`${n}`].join(' ')).join(', ')
  const sides = { 'to your right': [0, 1], 'to your left': [0, -1], 'above you': [-1, 0], 'below you': [1, 0] } as const
  const near = Object.entries(sides).flatMap(([side, step]) => (walk(walls, position, step) === position ? [side] : []))
  const here = view === 'partial' ? '' : ` Your current position is at position ${at(position)}.`
  const seen = ['are no walls near you', `is a wall ${near[0]}`][near.length] ?? `are walls ${near.join(', ')}`
  return `The goal is at position ${at(goal)}.${here} There ${seen}.\n`
}

function draw(walls: readonly string[], position: Cell, goal: Cell): string {
  const cells = walls.flatMap((line, row) =>
    [...line].flatMap((mark, column) => (mark === '#' ? [{ x: column, y: row, fill: '#3d4451' }] : [])),
  )
  const at = ([y, x]: Cell, fill: string) => ({ x, y, fill, round: true })
  return svg([walls[0]!.length, walls.length], [...cells, at(goal, '#2e9e5b'), at(position, '#2f6fdb')])
}

const splitOf = (position: Cell, goal: Cell): Split => splitByName('maze', ...position, ...goal)

/** Every start with every goal, in an order drawn once and for all. */
function* pairs(walls: readonly string[], split: Split): Generator<Task<MazeTask>> {
  const cells = walls
    .flatMap((line, row) => [...line].map((_, column): Cell => [row, column]))
    .filter((cell) => open(walls, cell))
  const all = cells.flatMap((goal) => cells.filter((start) => start !== goal).map((start) => ({ start, goal })))
  for (const data of random(1).shuffle(all)) {
    const { start, goal } = data
    if (splitOf(start, goal) === split) yield { id: `${start.join(',')}-${goal.join(',')}`, data }
  }
}

/** The answer key: a shortest way, by breadth-first search from the goal. */
function walker(walls: readonly string[], { start, goal }: MazeTask): Agent {
  const toward = new Map([[goal.join(), '']])
  const queue: Cell[] = [goal]
  for (const cell of queue) {
    for (const [name, [down, right]] of moves) {
      const before: Cell = [cell[0] - down, cell[1] - right]
      if (!open(walls, before) || toward.has(before.join())) continue
      toward.set(before.join(), name)
      queue.push(before)
    }
  }
  return {
    id: 'shortest-way',
    async play(episode) {
      while (!episode.done) {
        // From all moves made, which may not be the ones asked for: a noisy oracle stumbles.
        const made = episode.history.flatMap((message) =>
          message.role === 'assistant' ? [message.content.trim()] : [],
        )
        const position = made.reduce((cell, move) => walk(walls, cell, moves.get(move) ?? [0, 0]), start)
        await episode.step(assistant(toward.get(position.join()) ?? ''))
      }
    },
  }
}

/** The words that `maze:<words>` may be made of, by commas. */
export const mazeWords: readonly string[] = [...Object.keys(layouts), ...Object.keys(schemes), ...views]

/** Reads 'large' or 'medium,sparse,partial'. Throws a sentence on a word it does not know. */
export function mazeOptions(text = ''): MazeOptions {
  const options: Record<string, string> = {}
  for (const word of text.split(',').filter(Boolean)) {
    if (!mazeWords.includes(word)) throw new Error(`a maze cannot be '${word}': it can be ${mazeWords.join(', ')}`)
    options[Object.hasOwn(layouts, word) ? 'layout' : Object.hasOwn(schemes, word) ? 'reward' : 'view'] = word
  }
  return options
}
