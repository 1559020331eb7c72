import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sameSet, setF1, valuesIn } from './index.ts'

describe('sameSet', () => {
  it('compares whole sets of values', () => {
    expect(sameSet(['b', 'A', 'a'], ['a', 'B'])).toBe(1)
    expect(sameSet([1.0, 'True', null], ['1', 'None'])).toBe(1)
    expect(sameSet([], [])).toBe(1)
    expect(sameSet(['12345678901234567891'], ['12345678901234567890'])).toBe(0)
  })

  it('pays nothing for a set that holds the gold one, or for what stands inside a value', () => {
    const column = Array.from({ length: 1000 }, (_, i) => i)
    expect(sameSet(column, [7])).toBe(0)
    expect(sameSet(['aspirin 100 mg'], ['aspirin'])).toBe(0)
    expect(sameSet([], ['aspirin'])).toBe(0)
  })

  it('knows no order', () => {
    const values = fc.array(fc.oneof(fc.integer(), fc.string()))
    fc.assert(fc.property(values, (all) => sameSet([...all].reverse(), all) === 1 && setF1(all, all) === 1))
  })
})

it('setF1 weighs what is missing and what is too much', () => {
  expect(setF1(['a', 'b', 'c'], ['a', 'b'])).toBeCloseTo(0.8)
  expect(setF1(['c'], ['a'])).toBe(0)
})

describe('valuesIn', () => {
  it('reads JSON, Python and lines', () => {
    expect(valuesIn('["a", 2, null]')).toEqual(['a', 2, null])
    expect(valuesIn("['it\\'s', 2, None, True]\n")).toEqual(["it's", '2', null, true])
    expect(valuesIn("[('a',), ('b',)]")).toEqual(['a', 'b'])
    expect(valuesIn("[('a', 1), ('b', 2.0)]")).toEqual(['a|1', 'b|2'])
    expect(valuesIn('{1, 2}')).toEqual(['1', '2'])
    expect(valuesIn('Smith, John\n\n Doe \n')).toEqual(['Smith, John', 'Doe'])
    expect(valuesIn('42')).toEqual([42])
    expect(valuesIn('')).toEqual([])
  })

  it('takes a text that only looks like a list as lines', () => {
    for (const text of ["['a'", '(a))', "[''']", '[a](b)']) expect(valuesIn(text)).toEqual([text])
  })
})
