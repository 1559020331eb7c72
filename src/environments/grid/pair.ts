/**
 * Two robots in one grid, a and b, who take turns: each has its goal in the other's room, the door between is locked,
 * and its key lies with a. What is shown is addressed to whoever's turn it is, so that one player can move both, or
 * two can take a seat each. The robots go by MiniGrid's rules, and do not pass through each other.
 */
import { type EnvSpec, type Random, random, seedOf } from '../../core/index.ts'
import { type GameEnv, gameEnv, type Played, quoted } from '../kit/game-env.ts'
import { charOf, GOAL } from './cells.ts'
import { drawn } from './drawn.ts'
import { bestOfPair } from './pair-bot.ts'
import { afterTurn, type PairLevel, type PairState } from './pair-state.ts'
import { gridPicture } from './picture.ts'
import { ACTIONS, type Action, endOf, payOf } from './robot.ts'
import { halved } from './rooms.ts'

const ROBOTS = ['a', 'b'] as const
const actions: ReadonlyMap<string, Action> = new Map(ACTIONS.map((action) => [action, action]))

const RULES = `Two robots, a and b, take turns in a grid. The first line says whose turn it is, what that robot carries \
and what the other does. It is one of >v<^ by the way it faces, and its goal is ${GOAL}; the other is 0 facing east, 1 \
south, 2 west, 3 north, and its goal is +. # is wall, . empty, y a key, Y a locked door, n a closed and N an open one. \
Both have to stand on their goals. Answer with one of: ${ACTIONS.join(', ')}; done is to wait.`

/** `size`: of the grid, walls included, from 5 to 7. */
export function gridPair(size = 5): EnvSpec<PairLevel, GameEnv<PairState>> {
  return gameEnv<PairState, PairLevel>({
    id: `grid/pair:${size}@1`,
    tasks: (split) => {
      const base = random(seedOf('pair', size))
      return drawn(
        split,
        (i) => draw(size, base.split(i)),
        ({ cells, goals }) => `${cells.replace('y', '.')} ${goals}`,
      )
    },
    markov: true,
    rules: RULES,
    start: ({ cells, poses }) => ({ cells, poses, carrying: ['', ''], turn: 0, step: 0, won: false, ways: new Map() }),
    show,
    play(state, said, { data }) {
      const action = actions.get(said)
      const next = afterTurn(state, action, data)
      const end = endOf(next, data)
      const reward = payOf(next, data)
      const played: Played<PairState> = { state: next, reward, ...(end && { end }), info: { turn: ROBOTS[next.turn] } }
      return action ? played : { ...played, wrong: `'${quoted(said)}' is none of ${ACTIONS.join(', ')}.` }
    },
    success: ({ won }) => (won ? 1 : 0),
    best: bestOfPair,
    guess: (_, random) => random.pick(ACTIONS),
    view: ({ cells, poses, carrying, turn, step, won }) => ({ cells, poses, carrying, turn, step, won }),
    picture: ({ cells, poses, carrying }, { goals }) => {
      const free = goals.filter((goal) => cells[goal] === '.')
      const shown = free.reduce((all, goal) => placed(all, goal, GOAL), cells)
      const paints = ['#e22', '#e80']
      const robots = poses.map((pose, i) => ({ pose, carrying: carrying[i]!, paint: paints[i]! }))
      return gridPicture({ cells: shown, robots })
    },
  })
}

const placed = (cells: string, at: number, char: string): string => cells.slice(0, at) + char + cells.slice(at + 1)

function draw(size: number, random: Random): PairLevel {
  const { canvas, wall, near, far } = halved(size, random)
  // Where both rooms are one cell wide, nobody could let the other by at a door in the corner.
  canvas.set(wall, size === 5 ? 2 : 1 + random.int(size - 2), charOf('locked', 'yellow'))
  const goals = [canvas.pose(far) >> 2, canvas.pose(near) >> 2] as const
  canvas.place(charOf('key', 'yellow'), near)
  const poses = [canvas.pose(near), canvas.pose(far)] as const
  return { cells: canvas.cells, poses, goals, steps: 10 * size ** 2 }
}

function show({ cells, poses, carrying, turn }: PairState, { goals }: PairLevel): string {
  const other = turn === 0 ? 1 : 0
  const marks = [
    [goals[other], '+'],
    [goals[turn], GOAL],
  ] as const
  const free = marks.filter(([goal]) => cells[goal] === '.')
  const marked = free.reduce((all, [goal, char]) => placed(all, goal, char), cells)
  const [mine, its] = [poses[turn], poses[other]]
  const grid = placed(placed(marked, its >> 2, `${its & 3}`), mine >> 2, '>v<^'[mine & 3]!)
  return `${ROBOTS[turn]} ${carrying[turn] || '-'} ${carrying[other] || '-'}\n${grid}`
}
