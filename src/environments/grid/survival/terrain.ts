/** A world to survive in, from a seed: laid out as Crafter lays it out, from our own noise. */
import { type Random, random } from '../../../core/index.ts'
import type { Creature } from './draft.ts'
import { type Noise, noiseOf } from './noise.ts'
import { MATERIAL, type Material } from './rules.ts'

export interface Terrain {
  /** A character for each cell, row by row. */
  readonly cells: string
  /** Cells to a side. */
  readonly size: number
  readonly creatures: readonly Creature[]
}

/** The player's place: the middle. */
export const middleOf = (size: number): number => (size >> 1) * size + (size >> 1)

export function terrainOf(seed: number, size: number): Terrain {
  const base = random(seed)
  const rng = base.split('cells')
  const layout = layoutOf(noiseOf(base.split('noise').seed), size, rng)
  const all = Array.from({ length: size * size }, (_, i) => layout(i % size, Math.floor(i / size)))
  const cells = all.map(({ material }) => MATERIAL[material]).join('')
  const populate = base.split('creatures')
  const creatures = all.flatMap(({ material, tunnel }, at): Creature[] => {
    const kind = inhabitant({ material, tunnel, far: distance(at, middleOf(size), size) }, populate)
    return kind ? [{ kind, at, health: { cow: 3, zombie: 5, skeleton: 3 }[kind], clock: 0 }] : []
  })
  return { cells, size, creatures }
}

const distance = (a: number, b: number, size: number): number =>
  Math.hypot((a % size) - (b % size), Math.floor(a / size) - Math.floor(b / size))

interface Spot {
  readonly material: Material
  readonly tunnel: boolean
}

function inhabitant(
  { material, tunnel, far }: Spot & { readonly far: number },
  rng: Random,
): 'cow' | 'zombie' | 'skeleton' | undefined {
  if (material !== 'grass' && material !== 'sand' && material !== 'path') return undefined
  if (far > 3 && material === 'grass' && rng.next() > 0.985) return 'cow'
  if (far > 10 && rng.next() > 0.993) return 'zombie'
  return material === 'path' && tunnel && rng.next() > 0.95 ? 'skeleton' : undefined
}

/** Perlin's noise keeps closer to 0 than the one that Crafter's thresholds were made for. */
const GAIN = 1.3

function layoutOf(noise: Noise, size: number, rng: Random): (x: number, y: number) => Spot {
  const wave = (x: number, y: number, [z, scale]: readonly [number, number]): number =>
    GAIN * noise(x / scale, y / scale, z + 0.5)
  const spot = (material: Material, tunnel = false): Spot => ({ material, tunnel })
  const [middle] = [size >> 1]
  return (x, y) => {
    const near = 4 - Math.hypot(x - middle, y - middle) + 2 * wave(x, y, [8, 3])
    const start = 1 / (1 + Math.exp(-near))
    const water = wave(x, y, [3, 15]) + 0.15 * wave(x, y, [3, 5]) + 0.1 - 2 * start
    const mountain = (wave(x, y, [0, 15]) + 0.3 * wave(x, y, [0, 5])) / 1.3 - 4 * start - 0.3 * water
    if (start > 0.5) return spot('grass')
    if (mountain > 0.15) return mountainous(mountain)
    if (water > 0.25 && water <= 0.35 && wave(x, y, [4, 9]) > -0.2) return spot('sand')
    if (water > 0.3) return spot('water')
    return spot(wave(x, y, [5, 7]) > 0 && rng.next() > 0.8 ? 'tree' : 'grass')

    function mountainous(height: number): Spot {
      if (wave(x, y, [6, 7]) > 0.15 && height > 0.3) return spot('path')
      if (wave(2 * x, y / 5, [7, 3]) > 0.4 || wave(x / 5, 2 * y, [7, 3]) > 0.4) return spot('path', true)
      if (wave(x, y, [1, 8]) > 0 && rng.next() > 0.85) return spot('coal')
      if (wave(x, y, [2, 6]) > 0.4 && rng.next() > 0.75) return spot('iron')
      if (height > 0.18 && rng.next() > 0.994) return spot('diamond')
      return spot(height > 0.3 && wave(x, y, [6, 5]) > 0.35 ? 'lava' : 'stone')
    }
  }
}
