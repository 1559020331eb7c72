import { describe, expect, test } from 'vitest'
import { assistant, type Completion } from '../core/index.ts'
import { costOf, OFFERS, parsePrice, priced, priceOf } from './prices.ts'

describe('prices', () => {
  test.each([
    ['ai:openai/gpt-5-mini', 0.25],
    ['ai:openai/gpt-5-nano-2025-08-07', 0.05],
    ['openai:gpt-5.4@https://api.openai.com/v1', 2.5],
    ['ai:anthropic/claude-haiku-4-5-20251001', 1],
    ['openai:deepseek-flash@https://api.deepseek.com', 0.3],
  ])('that of %s is known', (id, prompt) => {
    expect(priceOf(id)?.prompt).toBe(prompt)
  })

  test.each([
    'openai:gpt-5.4@http://127.0.0.1:8000/v1',
    'openai:gpt-5.4@https://api.openai.com.example.com/v1',
    'ai:openai/gpt-5.4-pro',
    'ai:openai/toString',
    'ai:azure/gpt-5.4',
    'engine:base',
    'openai:',
  ])('that of %s is not', (id) => {
    expect(priceOf(id)).toBeUndefined()
  })

  test('one’s own go before those of the table, the last one first', () => {
    const own = ['gpt-5.4=1/2', 'ai:openai/gpt-5.4=3/4', 'qwen=0/0'].map(parsePrice)
    expect(priceOf('ai:openai/gpt-5.4', own)).toEqual({ prompt: 3, completion: 4 })
    expect(priceOf('openai:gpt-5.4@http://localhost/v1', own)).toEqual({ prompt: 1, completion: 2 })
    expect(priceOf('openai:qwen@http://localhost/v1', own)).toEqual({ prompt: 0, completion: 0 })
    expect(priceOf('ai:openai/gpt-5-mini', own)?.prompt).toBe(0.25)
  })

  test.each(['qwen', 'qwen=1', 'qwen=1/', 'qwen=-1/2', 'qwen=a/b', '=1/2', 'qwen=1/2/3x'])('%s is none', (text) => {
    expect(() => parsePrice(text)).toThrow(`like qwen3=0.1/0.4, not '${text}'`)
  })

  test('a long prompt makes all tokens dearer', () => {
    const price = priceOf('ai:anthropic/claude-haiku-5-5')!
    expect(costOf(price, { promptTokens: 100_000, completionTokens: 1000 })).toBeCloseTo(0.0105, 9)
    expect(costOf(price, { promptTokens: 100_001, completionTokens: 1000 })).toBeCloseTo(0.0525005, 9)
  })

  test('a completion is priced by its usage, unless the provider said, or did not count', () => {
    const completion: Completion = { message: assistant('a'), finish: 'stop' }
    const usage = { promptTokens: 1000, completionTokens: 100 }
    const price = { prompt: 2, completion: 10 }
    expect(priced({ ...completion, usage }, price).costUsd).toBeCloseTo(0.003, 12)
    expect(priced({ ...completion, usage, costUsd: 0.5 }, price).costUsd).toBe(0.5)
    expect(priced(completion, price)).toBe(completion)
    expect(priced({ ...completion, usage }, undefined).costUsd).toBeUndefined()
  })

  test('the table says when and where each figure was found', () => {
    for (const { asOf, source, models } of OFFERS) {
      expect(asOf).toMatch(/^\d{4}-\d{2}$/)
      expect(URL.canParse(source)).toBe(true)
      for (const { prompt, completion, long } of Object.values(models)) {
        expect(completion).toBeGreaterThan(prompt)
        if (long) expect([long.prompt > prompt, long.completion > completion]).toEqual([true, true])
      }
    }
  })
})
