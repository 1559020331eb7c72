import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactMatch, f1, normalizeAnswer } from './index.ts'

describe('normalizeAnswer', () => {
  it('does what SQuAD’s script does', () => {
    expect(normalizeAnswer('The  Cat’s, (a) hat!')).toBe('cat’s hat')
    expect(normalizeAnswer('an A-bomb in Theatre')).toBe('abomb in theatre')
    expect(normalizeAnswer('voilà a thé')).toBe('voilà thé')
  })

  it('changes nothing the second time', () => {
    const words = fc.array(fc.constantFrom('the', 'A', 'cat', '-', 'U.S.', ' ', 'é')).map((all) => all.join(' '))
    fc.assert(fc.property(words, (text) => normalizeAnswer(normalizeAnswer(text)) === normalizeAnswer(text)))
  })
})

describe('exactMatch', () => {
  it('takes any gold answer, whole', () => {
    expect(exactMatch('The Eiffel Tower.', 'Eiffel tower')).toBe(1)
    expect(exactMatch('Eiffel Tower, Paris', 'Eiffel tower')).toBe(0)
    expect(exactMatch('NYC', ['New York', 'nyc'])).toBe(1)
  })

  it('pays silence nothing where normalisation empties the gold', () => {
    expect(exactMatch('', 'The')).toBe(0)
    expect(exactMatch(' the', 'a')).toBe(0)
    expect(exactMatch('+', '+')).toBe(1)
  })

  it('wants a gold answer', () => expect(() => exactMatch('x', [])).toThrow('needs a gold answer'))
})

describe('f1', () => {
  it('counts shared words as a bag', () => {
    expect(f1('the cat sat', 'a cat sat down')).toBeCloseTo(0.8)
    expect(f1('cat cat cat', 'cat')).toBeCloseTo(0.5)
    expect(f1('dog', 'cat')).toBe(0)
    expect(f1('cat sat', ['dog', 'cat'])).toBeCloseTo(2 / 3)
  })

  it('is 1 for the gold answer alone, 0 for silence, and symmetric', () => {
    const text = fc.array(fc.constantFrom('cat', 'sat', 'mat', 'hat'), { minLength: 1 }).map((all) => all.join(' '))
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(f1(one, one)).toBe(1)
        expect(f1('', one)).toBe(0)
        expect(f1(one, other)).toBe(f1(other, one))
        expect(f1(one, other)).toBeGreaterThanOrEqual(exactMatch(one, other))
      }),
    )
  })
})
