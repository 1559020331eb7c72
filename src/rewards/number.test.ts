import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearNumber, numberIn, withinLimits } from './index.ts'

describe('numberIn', () => {
  it('reads the one number', () => {
    const numbers = { '42': 42, ' -3.5 ': -3.5, '−3': -3, '1,234.5': 1234.5, '.5': 0.5, '5.': 5, '1e-3': 0.001 }
    const phrases = { 'The answer is 7.': 7, '23.4 mg': 23.4, '61 mL/min': 61, 'x=-2': -2, $5: 5, '12 %': 12 }
    const glued = { '30 kg/m2': 30, 'about 5 (CO2)': 5 }
    for (const [text, value] of Object.entries({ ...numbers, ...phrases, ...glued }))
      expect(numberIn(text), text).toBe(value)
  })

  it('refuses what is no number, or more than one', () => {
    const none = ['', 'seven', 'NaN', 'Infinity', '1e999', '9'.repeat(400), 'm2', '0x1F', '٣']
    const several = ['1 2', '1, 2', '3-5', '12:30', '2024-01-05', '1/2', '5.5.5', '1,23', '12,3456', '1.2,5']
    for (const text of [...none, ...several]) expect(numberIn(text), text).toBe(null)
  })

  it('reads back whatever JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => numberIn(`${value}`) === value),
    )
  })
})

describe('withinLimits', () => {
  const limits = { low: 9.5, high: 10.5 }

  it('holds both limits, ends included', () => {
    expect([9.5, 10, 10.5].map((value) => withinLimits(`${value}`, limits))).toEqual([1, 1, 1])
    expect([9.49, 10.51, 1, 1e9, Number.NaN].map((value) => withinLimits(value, limits))).toEqual([0, 0, 0, 0, 0])
  })

  it('accepts a constant for as many tasks as have it between their limits, and no more', () => {
    // The defect was an 'or' between the limits: then every number passes.
    const drawn = fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true }), fc.double({ noNaN: true }))
    fc.assert(
      fc.property(drawn, ([value, a, b]) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(withinLimits(value, { low, high })).toBe(Number.isFinite(value) && low <= value && value <= high ? 1 : 0)
      }),
    )
  })

  it('says when the limits are none', () => {
    expect(() => withinLimits('1', { low: 2, high: 1 })).toThrow('not 2 and 1')
    expect(() => withinLimits('1', { low: Number.NaN, high: 1 })).toThrow('not NaN and 1')
  })
})

describe('nearNumber', () => {
  it('measures tolerance from the gold number, never from the answer', () => {
    expect(nearNumber('95', { gold: 100, relative: 0.05 })).toBe(1)
    expect(nearNumber('94.9', { gold: 100, relative: 0.05 })).toBe(0)
    expect(nearNumber('1e9', { gold: 100, relative: 0.05 })).toBe(0)
    expect(nearNumber('-95', { gold: -100, relative: 0.05 })).toBe(1)
    expect(nearNumber('0.4', { gold: 0, relative: 0.05, absolute: 0.5 })).toBe(1)
    expect(nearNumber('7', { gold: 7 })).toBe(1)
    expect(nearNumber('7.0001', { gold: 7 })).toBe(0)
    expect(() => nearNumber('7', { gold: 7, absolute: -1 })).toThrow('not negative')
  })
})
