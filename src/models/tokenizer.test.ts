import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes, learnTokenizer, tokenizerFrom } from './tokenizer.ts'

const said = ['The goal is at position 8, 6.', 'The goal is at position 1, 0.', 'move up', 'move up', 'move left']

describe('a tokenizer', () => {
  it('loses nothing, whatever the text', () => {
    const tokenizers = [bytes(), learnTokenizer(said, 50)]
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
        (text) => {
          for (const tokenizer of tokenizers) {
            const ids = tokenizer.encode(text)
            expect(tokenizer.decode(ids)).toBe(text)
            expect(ids.every((id) => id >= 0 && id < tokenizer.size)).toBe(true)
          }
        },
      ),
    )
  })

  it('learns the sentences of a world as single tokens, and keeps digits apart', () => {
    const tokenizer = learnTokenizer(said, 200)
    expect(tokenizer.encode('move up')).toHaveLength(1)
    expect(tokenizer.encode('The goal is at position 3, 7.').map((id) => tokenizer.decode([id]))).toEqual([
      'The goal is at position ',
      '3',
      ', ',
      '7',
      '.',
    ])
    expect(tokenizer.encode('1234')).toHaveLength(4)
    expect(tokenizer.size).toBeLessThanOrEqual(456)
  })

  it('merges the most frequent pair first, and stops where nothing repeats', () => {
    const tokenizer = learnTokenizer(['abab', 'abcd'], 100)
    expect(tokenizer.toJSON().merges).toEqual([[97, 98]])
    expect(learnTokenizer(['abab', 'abcd'], 0).size).toBe(256)
  })

  it('is the same after a round trip through JSON, and for the same text', () => {
    const tokenizer = learnTokenizer(said, 30)
    const again = tokenizerFrom(JSON.parse(JSON.stringify(tokenizer)))
    expect(again.encode('The goal is left')).toEqual(tokenizer.encode('The goal is left'))
    expect(learnTokenizer(said, 30).toJSON()).toEqual(tokenizer.toJSON())
  })
})
