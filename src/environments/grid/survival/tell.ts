/** How a world to survive in is shown: what the player has, and the 9 by 7 cells around it. */
import { ripe } from './creatures.ts'
import type { Creature } from './draft.ts'
import { daylight, GOODS, MATERIAL, type Material, TOOLS, VITALS } from './rules.ts'
import type { Survival } from './state.ts'

const [WIDE, HIGH] = [9, 7]
const CREATURES = { cow: 'C', zombie: 'Z', skeleton: 'S', arrow: '*', plant: 'p' } as const
const RIPE_PLANT = 'P'

export const LEGEND = `${Object.entries(MATERIAL)
  .map(([name, char]) => `${char} ${name}`)
  .join(', ')}; ${Object.entries(CREATURES)
  .map(([name, char]) => `${char} ${name}`)
  .join(', ')}, ${RIPE_PLANT} ripe plant; you are one of >v<^ by the way you face, z asleep`

const charOf = (creature: Creature): string => (ripe(creature) ? RIPE_PLANT : CREATURES[creature.kind])

const view = new Uint8Array((WIDE + 1) * HIGH)
const codeOf = (char: string): number => char.charCodeAt(0)
const [OUTSIDE, BREAK] = [codeOf('?'), codeOf('\n')]

/** Seven lines of nine cells, the player in the middle; '?' is outside of the world. */
export function mapOf({ size, cells, you, creatures }: Survival): string {
  const [left, top] = [(you.at % size) - (WIDE >> 1), Math.floor(you.at / size) - (HIGH >> 1)]
  for (let row = 0; row < HIGH; row++) {
    for (let column = 0; column < WIDE; column++) {
      const [x, y] = [left + column, top + row]
      const inside = x >= 0 && x < size && y >= 0 && y < size
      view[row * (WIDE + 1) + column] = inside ? cells.charCodeAt(y * size + x) : OUTSIDE
    }
    view[row * (WIDE + 1) + WIDE] = BREAK
  }
  for (const creature of creatures) {
    const [x, y] = [(creature.at % size) - left, Math.floor(creature.at / size) - top]
    if (x >= 0 && x < WIDE && y >= 0 && y < HIGH) view[y * (WIDE + 1) + x] = codeOf(charOf(creature))
  }
  view[(HIGH >> 1) * (WIDE + 1) + (WIDE >> 1)] = codeOf(you.sleeping ? 'z' : '>v<^'[you.facing]!)
  return String.fromCharCode.apply(null, view as unknown as number[]).slice(0, -1)
}

/** 'health 9 food 9 drink 9 energy 9 wood 1', and how light it is from 0 to 9. */
export function standing({ you: { inventory }, step }: Survival): string {
  const goods = [...GOODS, ...TOOLS].filter((item) => inventory[item] > 0)
  const all = [...VITALS, ...goods].map((item) => `${item} ${inventory[item]}`)
  return `${all.join(' ')} light ${Math.round(9 * daylight(step))}`
}

const PAINT: Readonly<Record<Material, string>> = {
  ...{ grass: '#6a4', sand: '#dc8', path: '#ba8', water: '#48d', stone: '#888', tree: '#263', lava: '#e52' },
  ...{ coal: '#333', iron: '#c96', diamond: '#eff', table: '#a62', furnace: '#555' },
}
const SIDE = 32

export function survivalPicture(state: Survival): string {
  const lines = mapOf(state).split('\n')
  const paints = new Map(Object.entries(MATERIAL).map(([name, char]) => [char as string, PAINT[name as Material]]))
  const cells = lines.flatMap((line, y) =>
    [...line].map((char, x) => {
      const paint = paints.get(char)
      const box = `<rect x="${x * SIDE}" y="${y * SIDE}" width="${SIDE}" height="${SIDE}" fill="${paint ?? '#594'}"/>`
      const sign = char === '>' ? '&gt;' : char === '<' ? '&lt;' : char
      return paint ? box : `${box}<text x="${x * SIDE + 9}" y="${y * SIDE + 24}" font-size="24">${sign}</text>`
    }),
  )
  const height = HIGH * SIDE
  const text = `<text x="4" y="${height + 20}" font-size="11">${standing(state)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDE * SIDE} ${height + 28}">${cells.join('')}${text}</svg>`
}
