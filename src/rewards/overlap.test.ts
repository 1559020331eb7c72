import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chrF, rougeL } from './index.ts'

/** Text, reference, and what rouge-score 0.1.2 (rougeL, no stemmer) and sacrebleu 2.6.0 (CHRF, sentence score / 100) say. */
const known: [string, string, number, number][] = [
  ['the cat sat on the mat', 'the cat is on the mat', 0.8333333333, 0.6457794206],
  ['police kill the gunman', 'police killed the gunman', 0.75, 0.762403765],
  ['the gunman kill police', 'police killed the gunman', 0.5, 0.6246706037],
  ['', 'a b', 0, 0],
  ["Hello, World! It's 5 o'clock.", "hello world it is five o'clock", 0.7142857143, 0.3478147939],
  ['a b c d e f', 'f e d c b a', 0.1666666667, 0.1666666667],
  ['x', 'x', 1, 1],
  ['kitten', 'sitting', 0, 0.1902507889],
]

it.each(known)('rougeL and chrF of %j against %j are the reference’s', (text, reference, rouge, chr) => {
  expect(rougeL(text, reference)).toBeCloseTo(rouge, 9)
  expect(chrF(text, reference)).toBeCloseTo(chr, 9)
})

describe('both', () => {
  it('know other scripts', () => {
    // rouge-score drops what is not ASCII; sacrebleu does not.
    expect(chrF('Zürich ist schön', 'Zuerich ist schoen')).toBeCloseTo(0.586443358, 9)
    expect(rougeL('Zürich ist schön', 'Zürich war schön')).toBeCloseTo(2 / 3)
    expect(rougeL('漢字です', '漢字だ')).toBeCloseTo(4 / 7)
  })

  it('take the best reference', () => {
    expect(rougeL('a b', ['c d', 'a b'])).toBe(1)
    expect(chrF('a b', ['c d', 'a b'])).toBe(1)
  })

  it('stay from 0 to 1, and are 1 for the reference', () => {
    const text = fc.string({ minLength: 1 }).filter((one) => /[a-z]/i.test(one))
    fc.assert(
      fc.property(text, text, (one, other) => {
        for (const score of [rougeL, chrF]) {
          expect(score(one, one)).toBeCloseTo(1, 9)
          expect(score(one, other)).toBeGreaterThanOrEqual(0)
          expect(score(one, other)).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
    )
  })

  it('neither break on a flood nor pay for it', () => {
    for (const flood of ['police kill the '.repeat(6000), '. a'.repeat(50_000), 'x'.repeat(100_000)]) {
      expect(rougeL(flood, 'police killed the gunman')).toBeLessThan(0.01)
      expect(chrF(flood, 'police killed the gunman')).toBeLessThan(0.01)
    }
  })
})
