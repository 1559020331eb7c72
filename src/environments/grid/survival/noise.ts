/** Smooth noise over space from a seed: gradient noise by Perlin's improved method (2002), from about -1 to 1. */
import { random } from '../../../core/index.ts'

export type Noise = (x: number, y: number, z: number) => number

export function noiseOf(seed: number): Noise {
  const shuffled = random(seed).shuffle(Array.from({ length: 256 }, (_, i) => i))
  const table = Uint8Array.from([...shuffled, ...shuffled])
  const corner = (hash: number, x: number, y: number, z: number): number => {
    const h = hash & 15
    const u = h < 8 ? x : y
    const v = h < 4 ? y : h === 12 || h === 14 ? x : z
    return ((h & 1) === 0 ? u : -u) + ((h & 2) === 0 ? v : -v)
  }
  return (x, y, z) => {
    const [left, top, front] = [Math.floor(x), Math.floor(y), Math.floor(z)]
    const [dx, dy, dz] = [x - left, y - top, z - front]
    const at = (i: number, j: number, k: number): number => {
      const a = table[(left + i) & 255]!
      const b = table[a + ((top + j) & 255)]!
      return corner(table[b + ((front + k) & 255)]!, dx - i, dy - j, dz - k)
    }
    const [u, v, w] = [faded(dx), faded(dy), faded(dz)]
    const plane = (k: number): number =>
      mixed(v, mixed(u, at(0, 0, k), at(1, 0, k)), mixed(u, at(0, 1, k), at(1, 1, k)))
    return mixed(w, plane(0), plane(1))
  }
}

const faded = (t: number): number => t * t * t * (t * (t * 6 - 15) + 10)
const mixed = (t: number, a: number, b: number): number => a + t * (b - a)
