import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Completion, ModelError, type Sampling, user } from '../core/index.ts'
import { openAnswerCache } from './cache.ts'
import { scriptedModel } from './scripted.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-cache-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ask = (sampling: Sampling, text = 'hello') => ({ messages: [user(text)], sampling })
const paid: Completion = {
  message: {
    role: 'assistant',
    content: 'hi',
    thinking: 'hm',
    calls: [{ id: '1', name: 'look', arguments: { at: 1 } }],
  },
  finish: 'tool',
  usage: { promptTokens: 3, completionTokens: 2 },
  costUsd: 0.1,
  attempts: 2,
  tokens: { prompt: [1], completion: [2], logprobs: [-1] },
}
const { tokens: _, ...said } = paid

describe('the cache of answers', () => {
  test('gives an answer again for nothing, in another process too, and without its tokens', async () => {
    const model = scriptedModel([paid], { id: 'm' })
    {
      using cache = openAnswerCache(join(folder, 'a'))
      expect(await cache.around(model).complete(ask({ temperature: 0, seed: 1 }))).toEqual(paid)
    }
    using cache = openAnswerCache(join(folder, 'a'))
    expect(await cache.around(model).complete(ask({ temperature: 0, seed: 2 }))).toEqual({
      ...said,
      costUsd: 0,
      attempts: 0,
    })
    expect(model.requests).toHaveLength(1)
  })

  test('another model, another prompt or another sampling is another question', async () => {
    using cache = openAnswerCache(join(folder, 'b'))
    const model = scriptedModel(['a', 'b', 'c'], { id: 'm' })
    const cached = cache.around(model)
    await cached.complete(ask({ temperature: 0 }))
    await cached.complete(ask({ temperature: 0 }, 'hello?'))
    await cached.complete(ask({ temperature: 0, maxTokens: 5 }))
    expect(model.requests).toHaveLength(3)
    const other = scriptedModel(['d'], { id: 'other' })
    expect((await cache.around(other).complete(ask({ temperature: 0 }))).message.content).toBe('d')
  })

  test('what is drawn is drawn anew, unless asked for, and then by its seed', async () => {
    using cache = openAnswerCache(join(folder, 'c'))
    const model = scriptedModel((_, number) => `${number}`, { id: 'm' })
    const texts = async (options: { sampled?: boolean }, ...all: Sampling[]): Promise<string[]> => {
      const cached = cache.around(model, options)
      const out: string[] = []
      for (const sampling of all) out.push((await cached.complete(ask(sampling))).message.content)
      return out
    }
    const warm = { temperature: 1, seed: 1 }
    expect(await texts({}, warm, warm, { seed: 1 }, { seed: 1 })).toEqual(['0', '1', '2', '3'])
    expect(await texts({ sampled: true }, warm, warm, { ...warm, seed: 2 }, warm)).toEqual(['4', '4', '5', '4'])
  })

  test('a failure is not remembered', async () => {
    using cache = openAnswerCache(join(folder, 'd'))
    const cached = cache.around(scriptedModel([new ModelError('server', 'no'), 'yes'], { id: 'm' }))
    await expect(cached.complete(ask({ temperature: 0 }))).rejects.toThrow('no')
    expect((await cached.complete(ask({ temperature: 0 }))).message.content).toBe('yes')
  })

  test('says in a sentence what is wrong with its file', () => {
    writeFileSync(join(folder, 'answers.sqlite'), 'no database at all, but a text that is long enough to be one')
    expect(() => openAnswerCache(folder)).toThrow("answers.sqlite': it is no file of Ludus")
  })
})
