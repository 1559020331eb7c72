import { afterAll, describe, expect, it } from 'vitest'
import { startOpenAiServer } from '../../test/openai-server.ts'
import { user } from '../core/index.ts'
import { faultyModel, type ModelFault } from './faulty-model.ts'
import { faultyServer, type ServerFault } from './faulty-server.ts'
import { openaiModel } from './openai.ts'
import { scriptedModel } from './scripted.ts'

const server = await startOpenAiServer({ reply: () => 'The quick brown fox.', shape: 'plain' })
afterAll(() => server.close())
const messages = [user('Well?')]

/** What one call through a line comes to that always has this fault. */
async function through(fault: ServerFault | undefined, timeoutMs = 5000) {
  const rates = fault ? { [fault]: 1 } : {}
  await using line = await faultyServer({ baseUrl: server.baseUrl, rates, delayMs: 300, retryAfterMs: 7 })
  await using model = openaiModel({ model: 'm', baseUrl: line.baseUrl, timeoutMs })
  const asked = server.requests.length
  const started = performance.now()
  const answer = await model.complete({ messages }).then(
    ({ message }) => message.content,
    (error) => error,
  )
  const figures = { timeMs: performance.now() - started, asked: server.requests.length - asked }
  return { answer, ...figures, met: fault && line.met.get(fault) }
}

describe('a faulty line to a server', () => {
  it('passes on what meets no fault', async () => {
    expect(await through(undefined)).toMatchObject({ answer: 'The quick brown fox.', asked: 1 })
  })

  it.each([
    ['reset', 'connection', 0],
    ['truncate', 'malformed', 1],
    ['close', 'connection', 1],
    ['duplicate', 'malformed', 2],
    ['corrupt', 'malformed', 1],
    ['429', 'rate-limit', 0],
    ['500', 'server', 0],
    ['529', 'server', 0],
  ] as const)('%s: the call fails as %s, and the server was asked %i times', async (fault, code, asked) => {
    expect(await through(fault)).toMatchObject({ answer: { code, retryable: true }, asked, met: 1 })
  })

  it('drops: nothing comes until the deadline', async () => {
    expect(await through('drop', 100)).toMatchObject({ answer: { code: 'timeout' }, asked: 0, met: 1 })
  })

  it.each(['delay', 'drip'] as const)('%s: the answer is whole, and late', async (fault) => {
    const late = await through(fault)
    expect(late).toMatchObject({ answer: 'The quick brown fox.', asked: 1 })
    expect(late.timeMs).toBeGreaterThan(200)
    expect(await through(fault, 100)).toMatchObject({ answer: { code: 'timeout' } })
  })

  it('hands on what a 429 wishes', async () => {
    expect(await through('429')).toMatchObject({ answer: { retryAfterMs: 7 } })
  })

  it('whatever byte is corrupted, no other text is taken for the answer', async () => {
    await using line = await faultyServer({ baseUrl: server.baseUrl, rates: { corrupt: 1 }, seed: 3 })
    await using model = openaiModel({ model: 'm', baseUrl: line.baseUrl })
    for (let i = 0; i < 200; i++)
      await expect(model.complete({ messages })).rejects.toMatchObject({ code: 'malformed' })
  })

  it('meets the same faults at the same requests with the same seed, about as often as it was told', async () => {
    const draw = async (seed: number): Promise<string> => {
      await using line = await faultyServer({ baseUrl: server.baseUrl, rates: { 429: 0.2, 500: 0.2 }, seed })
      await using model = openaiModel({ model: 'm', baseUrl: line.baseUrl })
      const met: string[] = []
      for (let i = 0; i < 100; i++)
        met.push(
          await model.complete({ messages }).then(
            () => '-',
            ({ code }) => code[0],
          ),
        )
      return met.join('')
    }
    const once = await draw(1)
    expect(once).toBe(await draw(1))
    expect(once).not.toBe(await draw(2))
    expect(once.match(/[rs]/g)?.length).toSatisfy((faults: number) => faults > 25 && faults < 55)
  })

  it('says what is wrong with rates', async () => {
    const rates = { drop: 0.6, reset: 0.6 }
    await expect(faultyServer({ baseUrl: server.baseUrl, rates })).rejects.toThrow(
      'together at most 1, not {"drop":0.6',
    )
  })
})

describe('a faulty model', () => {
  const always = (fault: ModelFault) =>
    faultyModel(scriptedModel(['yes', 'yes']), { rates: { [fault]: 1 }, delayMs: 50 })

  it.each(['rate-limit', 'timeout', 'server', 'malformed', 'connection', 'context'] as const)(
    'refuses with %s',
    async (fault) => {
      await expect(always(fault).complete({ messages })).rejects.toMatchObject({ code: fault })
    },
  )

  it('loses an answer, delays one, and drops one until the signal says so', async () => {
    await expect(always('lose').complete({ messages })).rejects.toMatchObject({ code: 'connection' })
    expect((await always('delay').complete({ messages })).message.content).toBe('yes')
    const signal = AbortSignal.timeout(50)
    await expect(always('drop').complete({ messages }, { signal })).rejects.toThrow('timeout')
  })
})
