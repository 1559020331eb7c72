import { expect, it } from 'vitest'
import { colourOf, type Token, visible } from './token-colours.ts'

const token: Token = {
  ...{ id: 1, text: 'a', sampled: true, logprob: -0.1, entropy: null, mask: 1, weight: 0, advantage: -2 },
}
const largest = { entropy: null, weight: 3, advantage: 2 }
const scale = { largest, version: 9 }

it('tells zero from what is not on record, and up from down', () => {
  expect(colourOf(token, { ...scale, by: 'logprob' })).toBe('hot-0')
  expect(colourOf({ ...token, logprob: -50 }, { ...scale, by: 'logprob' })).toBe('hot-7')
  expect(colourOf(token, { ...scale, by: 'entropy' })).toBe('unknown')
  expect(colourOf(token, { ...scale, by: 'weight' })).toBe('zero')
  expect(colourOf({ ...token, weight: null }, { ...scale, by: 'weight' })).toBe('unknown')
  expect(colourOf({ ...token, weight: 3 }, { ...scale, by: 'weight' })).toBe('cool-7')
  expect(colourOf(token, { ...scale, by: 'advantage' })).toBe('hot-7')
  expect(colourOf({ ...token, mask: 0 }, { ...scale, by: 'mask' })).toBe('masked')
  expect(colourOf(token, { ...scale, by: 'version' })).toBe('version-1')
  expect(colourOf({ ...token, sampled: false }, { ...scale, by: 'advantage' })).toBe('context')
})

it('shows spaces, line ends, control characters and turns of direction as signs', () => {
  expect(visible(' a\n\tb')).toBe('·a↵\n⇥\tb')
  expect(visible('\u202eevil\u001b[31m\u200b')).toBe('⟨202e⟩evil⟨1b⟩[31m⟨200b⟩')
  expect(visible('naïve 日本')).toBe('naïve·日本')
})
