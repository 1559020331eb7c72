import { describe, expect, it } from 'vitest'
import { random } from '../core/index.ts'
import { spellingOf } from '../models/index.ts'
import { listenFor } from './stop-texts.ts'

const text = new TextDecoder('utf-8', { ignoreBOM: true })
/** Where it is first heard; −1 for never. */
const heard = (said: readonly string[], texts: readonly string[], dropsSpace = false): number => {
  const spelling = spellingOf(
    said.map((token) => Buffer.from(token, 'latin1')),
    { dropsSpace },
  )
  const hears = listenFor({ texts, spelling })
  return said.findIndex((_, id) => hears(id))
}
const latin = (text: string): string => Buffer.from(text).toString('latin1')

describe('texts to stop at', () => {
  it('are heard within a token, across several, and across the bytes of a character', () => {
    expect(heard(['a', 'b\nc', 'd'], ['\n'])).toBe(1)
    expect(heard(['Obs', '', 'erv', 'ation: 3', '!'], ['Observation:'])).toBe(3)
    const bytes = [...latin('é你€')]
    expect(heard(bytes, ['你'])).toBe(4)
    expect(heard(bytes, ['é你€'])).toBe(7)
    // Part of a text, then the text: the beginning of one may lie within the other.
    expect(heard([...'aabaabaac'], ['aabaac'])).toBe(8)
    expect(heard([...'abc'], ['d', 'bc', 'abcd'])).toBe(2)
    expect(heard([...'abc'], ['d'])).toBe(-1)
    expect(listenFor(undefined)(0)).toBe(false)
  })

  it('are not heard in a space that the text loses', () => {
    expect(heard(['', ' a', ' a'], [' a'], true)).toBe(2)
    expect(heard(['', ' a', ' a'], [' a'], false)).toBe(1)
    expect(heard(['', ' ', ' '], [' '], true)).toBe(2)
  })

  it('are heard exactly when the text so far has one, whatever bytes were said', () => {
    const rng = random(3)
    const alphabet = [...'ab ', ...latin('é€'), '\xff']
    const some = (most: number): string => Array.from({ length: 1 + rng.int(most) }, () => rng.pick(alphabet)).join('')
    let found = 0
    for (let round = 0; round < 3000; round++) {
      const said = Array.from({ length: 12 }, () => (rng.next() < 0.1 ? '' : some(3)))
      const texts = Array.from({ length: 1 + rng.int(3) }, () => rng.pick(['a', 'ab', 'b a', 'é', '€a', 'aé€', 'éé']))
      const sofar = said.map((_, i) => text.decode(Buffer.from(said.slice(0, i + 1).join(''), 'latin1')))
      const expected = sofar.findIndex((text) => texts.some((wanted) => text.includes(wanted)))
      expect(heard(said, texts)).toBe(expected)
      if (expected > 0) found++
    }
    expect(found).toBeGreaterThan(500)
  })
})
