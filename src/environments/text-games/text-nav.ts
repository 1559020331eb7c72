/**
 * Text navigation after LMRL-Gym (Abdulhai et al. 2023, MIT): walk through a house, find a thing, put it where it
 * belongs and close that. Every house is drawn from a seed. What may be done is listed with what is seen; 'partial'
 * hides the name of the room. The last action pays 1.
 */
import { type EnvSpec, random, type Split, type Task } from '../../core/index.ts'
import { chosenWords, idWith } from '../kit/argument.ts'
import { type GameEnv, gameEnv, quoted } from '../kit/game-env.ts'
import { svg } from '../kit/svg.ts'
import { type Direction, directions, drawHouse, type House, toward } from './house.ts'

export const textNavWords = { view: ['full', 'partial'] } as const

export interface TextNavState {
  readonly room: number
  /** By thing, the number of its holder; -1 is in the hands of the player. */
  readonly places: readonly number[]
  /** Numbers of the holders that stand open. */
  readonly open: readonly number[]
}

const STEPS = 40
const HANDS = -1

export function textNav(argument?: string): EnvSpec<House, GameEnv<TextNavState>> {
  const chosen = chosenWords('text-nav', textNavWords, argument)
  return gameEnv<TextNavState, House>({
    id: idWith('text-nav', textNavWords, chosen),
    tasks: housesOf,
    limits: { steps: STEPS },
    rules: (house) => `${objective(house)} Say one command at a time. You have ${STEPS}.`,
    start: ({ start, things }) => ({ room: start, places: things.map(([, holder]) => holder), open: [] }),
    show: (state, house) => look(house, state, chosen.view === 'full'),
    play(state, said, { data }) {
      const after = commandsOf(data, state).get(said.toLowerCase())?.()
      if (!after) return { wrong: `You cannot do '${quoted(said)}' here.` }
      return done(after, data) ? { state: after, reward: 1, end: 'terminated' } : { state: after }
    },
    success: (state, house) => (done(state, house) ? 1 : 0),
    best: nextStep,
    guess: ({ things, holders, quest }, chance) => {
      const [thing, holder] = [chance.pick(things)[0], chance.pick(holders).name]
      const into = holders[quest.into]!.name
      const deeds = [`open ${holder}`, `take ${thing} from ${holder}`, `insert ${thing} into ${into}`, `close ${into}`]
      return chance.pick([...directions.map((way) => `go ${way}`), ...deeds])
    },
    view: ({ room, places, open }, { rooms, things, holders }) => ({
      room: rooms[room]!.name,
      places: Object.fromEntries(things.map(([thing], i) => [thing, holders[places[i]!]?.name ?? 'hands'])),
      open: open.map((holder) => holders[holder]!.name),
    }),
    picture: ({ room }, { rooms }) => map(rooms, room),
  })
}

function objective({ rooms, holders, things, quest }: House): string {
  const [thing, from] = things[quest.thing]!
  const where = (holder: number): string => `the ${holders[holder]!.name} in the ${rooms[holders[holder]!.room]!.name}`
  const lies = holders[from]!.opens ? 'in' : 'on'
  return `Your objective is to put the ${thing}, which is ${lies} ${where(from)}, into ${where(quest.into)}, and to close that.`
}

const done = ({ places, open }: TextNavState, { quest }: House): boolean =>
  places[quest.thing] === quest.into && !open.includes(quest.into)

/** What may be done, and the state that it leads to. */
function commandsOf(house: House, state: TextNavState): Map<string, () => TextNavState> {
  const { rooms, holders, things } = house
  const { room, places, open } = state
  const commands = new Map<string, () => TextNavState>()
  for (const way of directions) {
    const to = rooms[room]!.exits[way]
    if (to !== undefined) commands.set(`go ${way}`, () => ({ ...state, room: to }))
  }
  const moved = (thing: number, to: number) => () => ({ ...state, places: places.with(thing, to) })
  for (const [number, { name, room: stands, opens }] of holders.entries()) {
    if (stands !== room) continue
    const closed = opens && !open.includes(number)
    if (closed) commands.set(`open ${name}`, () => ({ ...state, open: [...open, number] }))
    else if (opens) commands.set(`close ${name}`, () => ({ ...state, open: open.filter((other) => other !== number) }))
    if (closed) continue
    for (const [thing, at] of places.entries()) {
      const [called] = things[thing]!
      if (at === number) commands.set(`take ${called} from ${name}`, moved(thing, HANDS))
      if (at === HANDS)
        commands.set(`${opens ? 'insert' : 'put'} ${called} ${opens ? 'into' : 'on'} ${name}`, moved(thing, number))
    }
  }
  return commands
}

function look(house: House, state: TextNavState, named: boolean): string {
  const { rooms, holders, things } = house
  const at = (place: number): string => list(things.flatMap(([thing], i) => (state.places[i] === place ? [thing] : [])))
  const stands = holders.flatMap(({ name, room, opens }, number) => {
    if (room !== state.room) return []
    if (opens && !state.open.includes(number)) return [`There is a closed ${name}.`]
    return [`There is ${opens ? 'an open' : 'a'} ${name} with ${at(number)}.`]
  })
  return [
    `You are in ${named ? `the ${rooms[state.room]!.name}` : 'a room'}.`,
    ...stands,
    `You carry ${at(HANDS)}.`,
    `Commands: ${[...commandsOf(house, state).keys()].join(', ')}`,
  ].join('\n')
}

/** A square for each room, with a smaller step between two for each door; the player is in the blue one. */
function map(rooms: House['rooms'], here: number): string {
  const columns = rooms.map(({ cell }) => cell[0])
  const rows = rooms.map(({ cell }) => cell[1])
  const [left, top] = [Math.min(...columns), Math.min(...rows)]
  const squares = rooms.flatMap(({ name, cell, exits }, number) => {
    const [x, y] = [2 * (cell[0] - left), 2 * (cell[1] - top)]
    const doors = directions.filter((way) => exits[way] !== undefined)
    const passages = doors.map((way) => ({
      x: x + toward[way][0],
      y: y + toward[way][1],
      fill: '#e3e6eb',
      round: true as const,
    }))
    const fill = number === here ? '#2f6fdb' : '#3d4451'
    return [...passages, { x, y, fill, text: name.slice(0, 2), ink: '#fff' }]
  })
  return svg([2 * (Math.max(...columns) - left) + 1, 2 * (Math.max(...rows) - top) + 1], squares)
}

const list = (names: readonly string[]): string =>
  names.length === 0 ? 'nothing' : names.map((name) => `the ${name}`).join(', ')

/** The shortest way to the thing, then to where it belongs. */
function nextStep({ room, places, open }: TextNavState, { rooms, holders, things, quest }: House): string {
  const [called] = things[quest.thing]!
  const at = places[quest.thing]!
  const wanted = at === HANDS ? quest.into : at
  const { name, room: stands, opens } = holders[wanted]!
  if (stands !== room) return `go ${wayTo(rooms, room, stands)}`
  if (at === quest.into && open.includes(wanted)) return `close ${name}`
  if (opens && !open.includes(wanted)) return `open ${name}`
  return at === HANDS ? `insert ${called} into ${name}` : `take ${called} from ${name}`
}

/** The first direction of a shortest way, by breadth-first search from its end. */
function wayTo(rooms: House['rooms'], from: number, to: number): Direction {
  const queue = [to]
  const seen = new Set(queue)
  for (const near of queue) {
    for (const [room, { exits }] of rooms.entries()) {
      const way = directions.find((direction) => exits[direction] === near)
      if (way === undefined || seen.has(room)) continue
      if (room === from) return way
      seen.add(room)
      queue.push(room)
    }
  }
  throw new Error(`no way leads from room ${from} to room ${to}`)
}

const COUNT = { train: 400, test: 100 }

function* housesOf(split: Split): Generator<Task<House>> {
  const from = split === 'train' ? 0 : COUNT.train
  for (let number = from; number < from + COUNT[split]; number++)
    yield { id: `house-${number}`, data: drawHouse(random(1).split('text-nav', number)) }
}
