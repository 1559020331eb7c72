import { describe, expect, it } from 'vitest'
import { assistant, checkEnv, type Host, textOf } from '../../core/index.ts'
import type { Buyer, Deal, Personality } from './car-buyers.ts'
import { carDealer } from './car-dealer.ts'

const lot: Deal['lot'] = [
  { brand: 'Ford', type: 'truck', feature: 'a sunroof', listPrice: 30_000 },
  { brand: 'Volvo', type: 'sedan', feature: 'heated seats', listPrice: 35_000 },
]
const taste = { budget: 35_000, brand: 'Ford', type: 'truck', feature: 'heated seats' }
const open = async (personality: Personality, more: Partial<Buyer> = {}) =>
  carDealer().make({ id: 't', data: { lot, buyer: { ...taste, personality, ...more } } }, { seed: 1 } as Host)
const say = async (env: Awaited<ReturnType<typeof open>>, text: string) => {
  const { observation, ...rest } = await env.step(assistant(text))
  return [observation.messages.map(textOf).join('|'), rest.reward ?? 0, rest.end]
}

describe('car-dealer', () => {
  it.each(['any', 'haggler', 'loyal'])("is certified with the buyer '%s'", async (buyer) => {
    const { promises } = await checkEnv(carDealer(buyer), { tasks: 6 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('pays a sale by its share of the best price there was', async () => {
    // The Ford is wanted at its list price (70 % and 20 for the brand and 10 for the type), the Volvo at 80 % of it.
    const env = await open('trusting')
    expect(await say(env, 'What is your budget?')).toEqual(['I can spend $35,000.', 0, undefined])
    expect(await say(env, 'What kind of car do you want?')).toEqual([
      'I am looking for a truck with heated seats, best of all from Ford.',
      0,
      undefined,
    ])
    expect(await say(env, 'The Ford is yours for $33,000.')).toEqual([
      'That is too much for me. I would pay $22,500.',
      0,
      undefined,
    ])
    expect(await say(env, 'the volvo, then, for $ 24,000')).toEqual([
      'It is a deal: the Volvo for $24,000.',
      0.8,
      'terminated',
    ])
  })

  it('has a haggler, who wants to see the price come down', async () => {
    const env = await open('haggler')
    expect((await say(env, 'The Ford for $29,000'))[0]).toBe('You can do better than that.')
    expect((await say(env, 'The Ford for $28,000'))[0]).toBe('You can do better than that.')
    expect(await say(env, 'The Ford for $27,000')).toEqual(['It is a deal: the Ford for $27,000.', 0.9, 'terminated'])
    expect((await say(await open('haggler'), 'your budget?'))[0]).toBe('I would rather not say.')
  })

  it('has one who is loyal, one who is frugal, and one who leaves soon', async () => {
    expect((await say(await open('loyal'), 'The Volvo for $1'))[0]).toBe('I want nothing but a Ford.')
    expect((await say(await open('frugal'), 'The Ford for $27,100'))[0]).toMatch(/^That is too much/)
    expect((await say(await open('frugal'), 'The Ford for $27,000'))[1]).toBe(1)
    const env = await open('impatient')
    for (let i = 0; i < 2; i++)
      expect(await say(env, 'The Ford for $40,000')).toEqual(['That is too much.', 0, undefined])
    expect(await say(env, 'The Ford for $40,000')).toEqual(['I shall look elsewhere. Goodbye.', 0, 'terminated'])
  })

  it('says what it did not understand', async () => {
    const env = await open('trusting')
    for (const [text, says] of [
      ['', 'I did not understand that.'],
      ['constructor', 'I did not understand that.'],
      ['$20,000', 'For which of the cars?'],
      ['The Ford?', 'What would the Ford cost?'],
      ['The Ford or the Volvo for $20,000', 'One car and one price at a time, please.'],
      ['The Ford for $20,000 or $21,000', 'One car and one price at a time, please.'],
      ['$1'.repeat(1e5), 'Please be brief: 500 characters at most.'],
    ] as const)
      expect((await say(env, text))[0]).toContain(says)
    expect(env.data?.()).toMatchObject({ refused: 0, sold: null, buyer: { personality: 'trusting' } })
  })
})
