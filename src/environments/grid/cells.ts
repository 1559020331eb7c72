/**
 * What may stand in a cell of a grid, a character each: MiniGrid's things, colours and states of doors (Farama,
 * Apache-2.0), and its three numbers for each of them.
 */

/** In MiniGrid's order: the place is its number. */
export const COLOURS = ['red', 'green', 'blue', 'purple', 'yellow', 'grey'] as const
export type Colour = (typeof COLOURS)[number]
const KINDS = ['unseen', 'empty', 'wall', 'floor', 'door', 'key', 'ball', 'box', 'goal'] as const
const STATES = ['open', 'closed', 'locked'] as const
export type Thing = 'key' | 'ball' | 'box'

export interface Cell {
  readonly char: string
  readonly kind: (typeof KINDS)[number]
  readonly colour?: Colour
  /** Of a door. */
  readonly state?: (typeof STATES)[number]
  /** 'red key', 'locked red door', 'wall'. */
  readonly name: string
}

export const [UNSEEN, EMPTY, WALL, GOAL] = ['?', '.', '#', '*'] as const

/** A character for each colour, in their order. A key and the door that it unlocks share a letter. */
const LETTERS = {
  key: 'rgbpye',
  locked: 'RGBPYE',
  closed: 'jklmno',
  open: 'JKLMNO',
  ball: 'acdfhi',
  box: 'ACDFHI',
} as const
export type Coloured = keyof typeof LETTERS

/** The character of what has a colour. */
export const charOf = (what: Coloured, colour: Colour): string => LETTERS[what][COLOURS.indexOf(colour)]!

const coloured = (what: Coloured): Cell[] =>
  COLOURS.map((colour) => {
    const char = charOf(what, colour)
    if (what === 'key' || what === 'ball' || what === 'box')
      return { char, kind: what, colour, name: `${colour} ${what}` }
    return { char, kind: 'door', colour, state: what, name: `${what} ${colour} door` }
  })

const ALL: readonly Cell[] = [
  { char: UNSEEN, kind: 'unseen', name: 'unseen' },
  { char: EMPTY, kind: 'empty', name: 'empty' },
  { char: WALL, kind: 'wall', colour: 'grey', name: 'wall' },
  { char: GOAL, kind: 'goal', colour: 'green', name: 'goal' },
  ...(Object.keys(LETTERS) as Coloured[]).flatMap(coloured),
]

const byCode: readonly (Cell | undefined)[] = Array.from({ length: 128 }, (_, code) =>
  ALL.find(({ char }) => char.charCodeAt(0) === code),
)

/** Throws on a character that is no cell. */
export function cellOf(char: string): Cell {
  const cell = byCode[char.charCodeAt(0)]
  if (!cell) throw new Error(`'${char}' stands for nothing in a grid: ${ALL.map((one) => one.char).join('')} do`)
  return cell
}

/** MiniGrid's three numbers for a cell: what, which colour, and how open. */
export function numbersOf(char: string): readonly [number, number, number] {
  const { kind, colour, state } = cellOf(char)
  return [KINDS.indexOf(kind), colour ? COLOURS.indexOf(colour) : 0, state ? STATES.indexOf(state) : 0]
}

const table = (says: (cell: Cell) => boolean): Uint8Array =>
  Uint8Array.from(byCode, (cell) => (cell && says(cell) ? 1 : 0))
const twin = (of: (cell: Cell) => string): readonly string[] => byCode.map((cell) => (cell ? of(cell) : ''))

/** By character code: 1 where a robot can stand, where it can be picked up, and where what lies behind can be seen. */
export const standable = table(({ kind, state }) => kind === 'empty' || kind === 'goal' || state === 'open')
export const movable = table(({ kind }) => kind === 'key' || kind === 'ball' || kind === 'box')
export const clear = table(({ kind, state }) => kind !== 'wall' && (kind !== 'door' || state === 'open'))

/** By character code: what a door is when toggled without its key, and with it; a box is gone. '' for the rest. */
export const toggled = twin(({ kind, colour, state }) => {
  if (kind === 'box') return EMPTY
  if (kind !== 'door' || state === 'locked') return ''
  return charOf(state === 'open' ? 'closed' : 'open', colour!)
})
export const unlocked = twin(({ colour, state }) => (state === 'locked' ? charOf('open', colour!) : ''))
/** By character code: the key that a locked door takes; '' for the rest. */
export const keyFor = twin(({ colour, state }) => (state === 'locked' ? charOf('key', colour!) : ''))
