import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random, seedOf } from './random.ts'

const draws = (seed: number, n = 5): number[] => {
  const rng = random(seed)
  return Array.from({ length: n }, () => rng.next())
}

describe('random', () => {
  it('gives the same stream for the same seed, and another for another', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (seed) => void expect(draws(seed)).toEqual(draws(seed))))
    const firsts = new Set(Array.from({ length: 2000 }, (_, seed) => draws(seed, 1)[0]))
    expect(firsts.size).toBe(2000)
    // High bits of a seed count as well as low ones.
    expect(draws(1)).not.toEqual(draws(1 + 2 ** 40))
  })

  it('splits by label, whatever was drawn before', () => {
    const [fresh, used] = [random(7), random(7)]
    used.next()
    used.int(10)
    expect(used.split('a', 1).next()).toBe(fresh.split('a', 1).next())
    expect(fresh.split('a', 1).next()).not.toBe(fresh.split('a', 2).next())
    expect(seedOf('ab')).not.toBe(seedOf('a', 'b'))
    expect(seedOf(1)).not.toBe(seedOf('1'))
  })

  it('draws uniformly: integers, shuffles, normals', () => {
    const rng = random(3)
    const counts = new Array<number>(6).fill(0)
    for (let i = 0; i < 60_000; i++) counts[rng.int(6)]!++
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
    const places = new Array<number>(4).fill(0)
    for (let i = 0; i < 40_000; i++) places[rng.shuffle([0, 1, 2, 3]).indexOf(0)]!++
    for (const count of places) expect(Math.abs(count - 10_000)).toBeLessThan(500)
    const normals = Array.from({ length: 50_000 }, () => rng.normal())
    const mean = normals.reduce((a, b) => a + b) / normals.length
    const variance = normals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / normals.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.05)
  })

  it('shuffles into permutations and picks members', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.nat(), (items, seed) => {
        const rng = random(seed)
        expect(rng.shuffle(items).toSorted()).toEqual(items.toSorted())
        expect(items).toContain(rng.pick(items))
      }),
    )
  })

  it('refuses what it cannot draw from', () => {
    expect(() => random(Number.NaN)).toThrow('finite')
    expect(() => random(0).int(0)).toThrow('positive')
    expect(() => random(0).pick([])).toThrow('empty')
  })
})
