/**
 * Grids by MiniGrid's rules (Chevalier-Boisvert et al. 2023; Farama, Apache-2.0): families of levels drawn from seeds,
 * a robot with seven actions, a view of 7 by 7 cells or the whole grid, in characters or in sentences.
 */
import { type EnvSpec, random, type Split, seedOf, type Task } from '../../core/index.ts'
import { type GameEnv, gameEnv, quoted } from '../kit/game-env.ts'
import { nextAction } from './bot.ts'
import { COLOURS, charOf, EMPTY } from './cells.ts'
import { drawn } from './drawn.ts'
import { families } from './families.ts'
import type { Level } from './level.ts'
import { type GridOptions, gridOptions } from './options.ts'
import { gridPicture } from './picture.ts'
import { ACTIONS, type Action, after, endOf, payOf, type State, startOf } from './robot.ts'
import { rulesOf, shows } from './tell.ts'

/** A map, because what an agent says is looked up in it. */
const actions: ReadonlyMap<string, Action> = new Map(ACTIONS.map((action) => [action, action]))

export function grid(options: GridOptions = gridOptions()): EnvSpec<Level, GameEnv<State>> {
  const { family, number, form } = options
  const show = shows[form]
  return gameEnv<State, Level>({
    id: `grid:${family},${number}${form === 'view' ? '' : `,${form}`}@1`,
    tasks: (split) => levels(options, split),
    markov: form === 'full' || form === 'bare',
    rules: rulesOf[form],
    start: startOf,
    show,
    play(state, said, { data }) {
      const action = actions.get(said)
      const next = after(state, action, data)
      const end = endOf(next, data)
      const played = { state: next, reward: payOf(next, data), ...(end && { end }) }
      return action ? played : { ...played, wrong: `'${quoted(said)}' is none of ${ACTIONS.join(', ')}.` }
    },
    success: ({ won }) => (won ? 1 : 0),
    best: nextAction,
    guess: (_, random) => random.pick(ACTIONS),
    view: ({ ground: { cells, carrying }, pose, step, won }) => ({ cells, carrying, pose, step, won }),
    picture: ({ ground: { cells, carrying }, pose }) => gridPicture({ cells, robots: [{ pose, carrying }] }),
  })
}

function levels({ family, number }: GridOptions, split: Split): Generator<Task<Level>> {
  const base = random(seedOf('grid', family, number))
  const draw = (i: number): Level => families[family]!.draw(number, base.split(i))
  return drawn(split, draw, layoutOf)
}

const things = new RegExp(
  `[${(['key', 'ball', 'box'] as const).flatMap((kind) => COLOURS.map((colour) => charOf(kind, colour))).join('')}]`,
  'g',
)

/** Where there are goals or doors, they make the level; where there are only things, those do. */
function layoutOf({ cells, mission }: Level): string {
  const fixed = cells.replace(things, EMPTY)
  return /[^.#\n]/.test(fixed) ? fixed : `${cells} ${JSON.stringify(mission)}`
}
