import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type TokenClaim, verifyCapture } from './token-capture.ts'

interface Token {
  readonly id: number
  readonly logprob: number
  readonly text: string
}

const bytesOf = (text: string): number[] => [...Buffer.from(text)]

const claimOf = (prompt: readonly number[], tokens: readonly Token[], text: string): TokenClaim => ({
  prompt,
  completion: tokens.map(({ id }) => id),
  logprobs: tokens.map(({ logprob, text }) => ({ token: text, logprob, bytes: bytesOf(text) })),
  promptTokens: prompt.length,
  completionTokens: tokens.length,
  text,
})

const END: Token = { id: 2, logprob: -0.25, text: '<|im_end|>' }
const id = fc.nat({ max: 200_000 })
const token = fc.record({
  id,
  logprob: fc.double({ min: -50, max: 0, noNaN: true }),
  text: fc.stringMatching(/^[a-z €ß]{1,6}$/),
})
const tokens = fc.array(token, { maxLength: 20 })
/** What servers may honestly do to the text: nothing, trim it, or leave out an end token that the ids have. */
const honest = fc.tuple(fc.array(id), tokens, fc.boolean(), fc.boolean()).map(([prompt, said, trimmed, ended]) => {
  const text = said.map((token) => token.text).join('')
  return claimOf(prompt, ended ? [...said, END] : said, trimmed ? text.trim() : text)
})

describe('verifyCapture', () => {
  test('believes every consistent capture', () => {
    fc.assert(
      fc.property(honest, (claim) => {
        const { tokens, tokensRefused } = verifyCapture(claim)
        expect(tokensRefused).toBeUndefined()
        expect(tokens?.prompt).toEqual(claim.prompt)
        expect(tokens?.completion).toEqual(claim.completion)
        expect(tokens?.logprobs).toHaveLength(tokens?.completion.length ?? -1)
      }),
    )
  })

  test('refuses every capture with a single thing wrong, and says why', () => {
    const said = fc
      .tuple(fc.array(id, { minLength: 1 }), fc.array(token, { minLength: 1, maxLength: 20 }))
      // Where the last is a space, another in its place may be the end token, and the space was added or lost.
      .filter(([, tokens]) => tokens.at(-1)?.text.trim() !== '')
    fc.assert(
      fc.property(said, fc.nat(), fc.constantFrom(...mutations), ([prompt, tokens], at, mutate) => {
        const good = claimOf(prompt, tokens, tokens.map((token) => token.text).join(''))
        expect(verifyCapture(good).tokens).toBeDefined()
        const { tokens: believed, tokensRefused } = verifyCapture(mutate(good, at % tokens.length))
        expect(believed).toBeUndefined()
        expect(tokensRefused).toMatch(/not believed: ./)
      }),
      { numRuns: 500 },
    )
  })

  test('no ids at all is neither a capture nor a refusal', () => {
    expect(verifyCapture({})).toEqual({})
    expect(verifyCapture({ prompt: null, completion: null, logprobs: [{ logprob: -1 }], text: 'a' })).toEqual({})
  })

  test('an empty completion is a capture', () => {
    const tokens = { prompt: [1, 2], completion: [], logprobs: [] }
    expect(verifyCapture({ prompt: [1, 2], completion: [], logprobs: [], text: '' })).toEqual({ tokens })
    expect(verifyCapture({ prompt: [1, 2], completion: [], logprobs: null, completionTokens: 0 })).toEqual({ tokens })
  })

  test('half a capture is refused', () => {
    expect(verifyCapture({ prompt: [1] }).tokensRefused).toMatch(/completion ids/)
    expect(verifyCapture({ completion: [1], logprobs: [{ logprob: -1 }] }).tokensRefused).toMatch(/prompt ids/)
    expect(verifyCapture({ prompt: [1], completion: [1] }).tokensRefused).toMatch(/1 completion ids, but 0 logprobs/)
  })

  test('a log-probability that rounding pushed above 0 becomes 0', () => {
    const { tokens } = verifyCapture({ prompt: [], completion: [5], logprobs: [{ logprob: 1e-7 }] })
    expect(tokens?.logprobs).toEqual([0])
  })

  test('logprobs that name their ids must name these', () => {
    const claim = (name: string): TokenClaim => ({
      prompt: [],
      completion: [17],
      // vLLM spells the name, not the token, so the bytes say nothing about the text.
      logprobs: [{ token: name, logprob: -1, bytes: bytesOf(name) }],
      text: 'hello',
    })
    expect(verifyCapture(claim('token_id:17')).tokens?.completion).toEqual([17])
    expect(verifyCapture(claim('token_id:18')).tokensRefused).toMatch(/id 0 is 17.*token_id:18/)
  })

  test.each([
    ['characters split over tokens', ['a\uFFFD', '\uFFFD', 'b'], 'a😊b', true],
    ['a character that was cut off', ['ab', '\uFFFD'], 'ab', true],
    ['spaces that were lost', ['Hello', 'world'], 'Hello world', true],
    ['another word before a split character', ['a\uFFFD', '\uFFFD', 'b'], 'c😊b', false],
    ['another word after a split character', ['a\uFFFD', '\uFFFD', 'c'], 'a😊bright', false],
    ['another end after a split character', ['a\uFFFD', 'b'], 'a😊c', false],
    ['more text than the tokens have', ['a'], 'ab', false],
    ['an end token behind less space than the text has', ['a', '</s>'], 'a ', true],
    ['two tokens more than the text has', ['a', 'b', 'c'], 'a', false],
  ])('%s', (_, pieces, text, believed) => {
    const tokens = pieces.map((text, id) => ({ id, logprob: -1, text }))
    expect('tokens' in verifyCapture(claimOf([], tokens, text))).toBe(believed)
  })

  test('a text that was cut at a stop string is believed only with that string', () => {
    const tokens = ['answer', '\n', 'Obs', 'ervation: x'].map((text, id) => ({ id, logprob: -1, text }))
    const claim = claimOf([], tokens, 'answer')
    expect(verifyCapture({ ...claim, stop: ['never', 'Observation:'] }).tokens).toBeDefined()
    expect(verifyCapture(claim).tokensRefused).toMatch(/the tokens spell .* but the text is "answer"/)
  })
})

type Entries = readonly Readonly<Record<string, unknown>>[]

const replaced = <T>(list: readonly T[], at: number, item: T): T[] => list.map((old, i) => (i === at ? item : old))
const completion = (claim: TokenClaim): readonly number[] => claim.completion as number[]
const entries = (claim: TokenClaim): Entries => claim.logprobs as Entries
const withId = (wrong: unknown) => (claim: TokenClaim, at: number) => ({
  ...claim,
  completion: replaced<unknown>(completion(claim), at, wrong),
})
const withEntry = (wrong: object) => (claim: TokenClaim, at: number) => ({
  ...claim,
  logprobs: replaced<unknown>(entries(claim), at, { ...entries(claim)[at], ...wrong }),
})

const mutations: readonly ((claim: TokenClaim, at: number) => TokenClaim)[] = [
  withId(-1),
  withId(1.5),
  withId('7'),
  withId(null),
  withEntry({ logprob: 0.5 }),
  withEntry({ logprob: null }),
  withEntry({ logprob: Number.NaN }),
  withEntry({ logprob: Number.NEGATIVE_INFINITY }),
  withEntry({ token: 'token_id:999999999' }),
  withEntry({ bytes: bytesOf('Z') }),
  (claim, at) => ({ ...claim, completion: completion(claim).toSpliced(at, 1) }),
  (claim, at) => ({ ...claim, completion: completion(claim).toSpliced(at, 0, 7) }),
  (claim, at) => ({ ...claim, logprobs: entries(claim).toSpliced(at, 1) }),
  (claim, at) => ({ ...claim, logprobs: replaced<unknown>(entries(claim), at, null) }),
  (claim) => ({ ...claim, logprobs: { content: claim.logprobs } }),
  (claim) => ({ ...claim, prompt: (claim.prompt as number[]).slice(1) }),
  (claim) => ({ ...claim, prompt: 'ids' }),
  (claim) => ({ ...claim, promptTokens: 0 }),
  (claim) => ({ ...claim, completionTokens: (claim.completionTokens as number) + 1 }),
  (claim) => ({ ...claim, text: `${claim.text}Z` }),
  (claim) => ({ ...claim, text: `Z${claim.text}` }),
]
