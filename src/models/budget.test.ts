import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type Agent,
  assistant,
  type Completion,
  type EnvSpec,
  EpisodeStopped,
  type Model,
  ModelError,
  type ModelRequest,
  random,
  rollout,
  type Task,
  user,
} from '../core/index.ts'
import { arithmetic } from '../environments/arithmetic.ts'
import { usageAtMost } from './at-most.ts'
import { account, budget, usdOf } from './budget.ts'
import { openLedger } from './ledger.ts'
import { costOf, type Price } from './prices.ts'
import { scriptedModel } from './scripted.ts'
import { withBudget } from './spend.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-budget-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ask = (text: string, maxTokens?: number): ModelRequest => ({
  messages: [user(text)],
  ...(maxTokens !== undefined && { sampling: { maxTokens } }),
})
const answer = (promptTokens: number, completionTokens: number): Completion => ({
  message: assistant('a'),
  finish: 'stop',
  usage: { promptTokens, completionTokens },
})
const price: Price = { prompt: 1, completion: 10 }
const over = (message: string) => ({
  name: 'EpisodeStopped',
  reason: 'budget',
  message: expect.stringContaining(message),
})

/** Answers when it is let go, oldest first. */
function held() {
  const waiting: { resolve(completion: Completion): void; reject(error: unknown): void }[] = []
  const complete: Model['complete'] = () => new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  return { model: { id: 'm', complete } satisfies Model, waiting }
}
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a cap of one dollar', () => {
  test('is never passed and almost all used, by 1,024 callers at random prices and sizes, fifty times', async () => {
    let [worst, least] = [0, 1]
    for (let seed = 0; seed < 50; seed++) {
      const rng = random(seed).split('money')
      const purse = { budget: budget(), accounts: [account('the run', { usd: 1 })] }
      let billed = 0
      const models = Array.from({ length: 8 }, (_, i) => {
        const price = { prompt: rng.next() * 5, completion: rng.next() * 50 }
        const complete: Model['complete'] = async (request) => {
          const most = usageAtMost(request)
          for (let ticks = rng.int(4); ticks > 0; ticks--) await soon()
          const usage = {
            promptTokens: rng.int(most.promptTokens + 1),
            completionTokens: rng.int(most.completionTokens + 1),
          }
          // An answer that got lost on its way was charged all the same.
          billed += costOf(price, usage)
          if (rng.int(50) === 0) throw new ModelError('connection', 'dropped')
          return { message: assistant('a'), finish: 'stop', usage }
        }
        return withBudget({ id: `m${i}`, complete }, { ...purse, price })
      })
      const caller = async (): Promise<void> => {
        for (;;) {
          const asked = rng.pick(models).complete(ask('x'.repeat(rng.int(2000)), 1 + rng.int(500)))
          const error = await asked.then(
            () => undefined,
            (error: unknown) => error,
          )
          if (error instanceof EpisodeStopped) return
        }
      }
      await Promise.all(Array.from({ length: 1024 }, caller))
      const spent = usdOf(purse.accounts[0]!.spent.nano)
      expect(billed).toBeLessThanOrEqual(spent + 1e-9)
      worst = Math.max(worst, billed, spent)
      least = Math.min(least, spent)
    }
    expect(worst).toBeLessThanOrEqual(1)
    expect(least).toBeGreaterThan(0.95)
  })
})

describe('withBudget', () => {
  const most = usageAtMost(ask('hello', 100))
  const mostUsd = costOf(price, most)

  test('charges what the call came to, and says so on the completion', async () => {
    const run = account('the run', { usd: 1 })
    const { model, waiting } = held()
    const call = withBudget(model, { budget: budget(), accounts: [run], price }).complete(ask('hello', 100))
    await soon()
    waiting[0]?.resolve(answer(50, 20))
    expect((await call).costUsd).toBeCloseTo(0.00025, 12)
    expect(run.spent).toEqual({ nano: 250_000, tokens: 70 })
  })

  test('waits for what is in flight, and goes on when there is room', async () => {
    const { model, waiting } = held()
    const accounts = [account('the run', { usd: mostUsd * 1.5 })]
    const paid = withBudget(model, { budget: budget(), accounts, price })
    const calls = [paid.complete(ask('hello', 100)), paid.complete(ask('hello', 100))]
    await soon()
    expect(waiting).toHaveLength(1)
    waiting[0]?.resolve(answer(1, 1))
    await soon()
    expect(waiting).toHaveLength(2)
    waiting[1]?.resolve(answer(1, 1))
    await Promise.all(calls)
  })

  test('refuses what can never fit, with what it could come to and what is left', async () => {
    const { model, waiting } = held()
    const accounts = [account('the run', { usd: mostUsd * 1.5 })]
    const paid = withBudget(model, { budget: budget(), accounts, price })
    const first = paid.complete(ask('hello', 100))
    const second = paid.complete(ask('hello', 100))
    await soon()
    waiting[0]?.resolve(answer(most.promptTokens, most.completionTokens))
    await first
    await expect(second).rejects.toMatchObject(over('and the run has $0.0006 of $0.0019 left'))
    expect(waiting).toHaveLength(1)
  })

  test('a large call is not starved by the small ones that come after it', async () => {
    const { model, waiting } = held()
    const accounts = [account('the run', { usd: mostUsd * 1.2 })]
    const paid = withBudget(model, { budget: budget(), accounts, price })
    const order: string[] = []
    const call = (name: string, tokens: number) => paid.complete(ask('hello', tokens)).then(() => order.push(name))
    const calls = [call('first', 100), call('large', 100), call('small', 1)]
    await soon()
    for (let i = 0; i < 3; i++) {
      waiting[i]?.resolve(answer(1, 1))
      await soon()
    }
    await Promise.all(calls)
    expect(order).toEqual(['first', 'large', 'small'])
  })

  test('every account has to have room, and a refusal leaves nothing held', async () => {
    const { model, waiting } = held()
    const shared = { budget: budget(), price }
    const run = account('the run', { usd: mostUsd })
    const poor = withBudget(model, { ...shared, accounts: [run, account('the episode', { usd: mostUsd / 2 })] })
    await expect(poor.complete(ask('hello', 100))).rejects.toMatchObject(over('the episode has'))
    const rich = withBudget(model, { ...shared, accounts: [run, account('the episode', { usd: 1 })] }).complete(
      ask('hello', 100),
    )
    await soon()
    expect(waiting).toHaveLength(1)
    waiting[0]?.resolve(answer(1, 1))
    await rich
  })

  test.each([
    ['rate-limit', false],
    ['refused', false],
    ['unreachable', false],
    ['timeout', true],
    ['connection', true],
    ['server', true],
  ] as const)('a call that ends in %s may have cost all it could: %s', async (code, mayCost) => {
    const { model, waiting } = held()
    const run = account('the run', { usd: 1 })
    const call = withBudget(model, { budget: budget(), accounts: [run], price }).complete(ask('hello', 100))
    await soon()
    waiting[0]?.reject(new ModelError(code, 'no'))
    await expect(call).rejects.toMatchObject({ code })
    expect(usdOf(run.spent.nano)).toBeCloseTo(mayCost ? mostUsd : 0, 9)
  })

  test('whoever aborts while waiting leaves the queue and pays nothing', async () => {
    const { model, waiting } = held()
    const run = account('the run', { usd: mostUsd * 1.5 })
    const paid = withBudget(model, { budget: budget(), accounts: [run], price })
    const controller = new AbortController()
    const first = paid.complete(ask('hello', 100))
    const gone = paid.complete(ask('hello', 100), { signal: controller.signal })
    const last = paid.complete(ask('hello', 1))
    await soon()
    controller.abort(new Error('enough'))
    await expect(gone).rejects.toThrow('enough')
    expect(waiting).toHaveLength(2)
    for (const { resolve } of waiting) resolve(answer(0, 0))
    await Promise.all([first, last])
    expect(run.spent).toEqual({ nano: 0, tokens: 0 })
  })

  test('tokens are limited like dollars, and stand in for a price that is not known', async () => {
    const { model, waiting } = held()
    const run = account('the run', { tokens: 500, usd: 1 })
    const paid = withBudget(model, { budget: budget(), accounts: [run], price: undefined })
    const call = paid.complete(ask('hello', 100))
    await soon()
    waiting[0]?.resolve(answer(50, 60))
    expect((await call).costUsd).toBeUndefined()
    expect(run.spent.tokens).toBe(110)
    await expect(paid.complete(ask('hello', 100))).rejects.toMatchObject(over('390 of 500 tokens left'))
    const accounts = [account('the run', { usd: 1 })]
    expect(() => withBudget(model, { budget: budget(), accounts, price: undefined })).toThrow('price of m is not known')
  })

  test('an answer without limit is refused unless there is one to fall back on, or it costs nothing', async () => {
    const { model, waiting } = held()
    const purse = { budget: budget(), accounts: [account('the run', { usd: 1 })], price }
    await expect(withBudget(model, purse).complete(ask('hello'))).rejects.toMatchObject(over('--max-tokens'))
    void withBudget(model, { ...purse, maxTokens: 10 }).complete(ask('hello'))
    void withBudget(model, { ...purse, price: { prompt: 0, completion: 0 } }).complete(ask('hello'))
    await soon()
    expect(waiting).toHaveLength(2)
  })

  test('one call may cost no more than its own cap', async () => {
    const { model } = held()
    const paid = withBudget(model, { budget: budget(), accounts: [], perCall: { usd: mostUsd / 2 }, price })
    await expect(paid.complete(ask('hello', 100))).rejects.toMatchObject(over('one call has'))
  })

  test('where the provider counts nothing, the most it can have been is spent', async () => {
    const { model, waiting } = held()
    const run = account('the run', { usd: 1 })
    const call = withBudget(model, { budget: budget(), accounts: [run], price }).complete(ask('hello', 100))
    await soon()
    waiting[0]?.resolve({ message: assistant('a'), finish: 'stop' })
    await call
    expect(usdOf(run.spent.nano)).toBeCloseTo(mostUsd, 9)
  })

  test('a provider that says less than nothing earns nobody anything', async () => {
    const { model, waiting } = held()
    const run = account('the run', { usd: 1 })
    const call = withBudget(model, { budget: budget(), accounts: [run], price }).complete(ask('hello', 100))
    await soon()
    waiting[0]?.resolve(answer(-1e6, -1e6))
    await call
    expect(run.spent).toEqual({ nano: 0, tokens: 0 })
  })

  test('a cap that is none is refused', () => {
    expect(() => account('the run', { usd: 0 })).toThrow('positive number of usd, not 0')
  })
})

describe('an episode over its budget', () => {
  const spec = arithmetic({ digits: 1 }) as EnvSpec
  const [task] = spec.tasks('train') as Iterable<Task>
  const model = scriptedModel(() => answer(1, 1))
  const broke = withBudget(model, { budget: budget(), accounts: [], perCall: { usd: 1e-9 }, price, maxTokens: 9 })
  const play = async (agent: Agent) => {
    for await (const { trajectories } of rollout(spec, agent, [task!], { model: broke })) return trajectories[0]!
    throw new Error('nothing was played')
  }

  test('has no score, and says why', async () => {
    const stingy: Agent = { id: 'a', play: async (episode) => void (await episode.model().complete(ask('hello'))) }
    const { stop, outcome, rewards } = await play(stingy)
    expect([stop, rewards]).toEqual(['budget', {}])
    expect(outcome).toMatchObject({ kind: 'over-budget', why: expect.stringContaining('one call has $0.0000 of') })
  })

  test('has none where its agent looks away and answers all the same', async () => {
    const sly: Agent = {
      id: 'a',
      async play(episode) {
        await episode
          .model()
          .complete(ask('hello'))
          .catch(() => {})
        await episode.step(assistant('42')).catch(() => {})
      },
    }
    expect((await play(sly)).outcome.kind).toBe('over-budget')
    expect(model.requests).toEqual([])
  })
})

describe('the most a call can come to', () => {
  test('counts every byte that a tokenizer may cut into a token, and every picture', () => {
    const tools = [{ name: 'look', description: 'é'.repeat(100), parameters: {} }]
    const picture = { type: 'image' as const, mimeType: 'image/png', data: 'AAAA' }
    const plain = usageAtMost(ask('é'.repeat(100)))
    expect(plain.promptTokens).toBeGreaterThanOrEqual(200)
    expect(plain.completionTokens).toBe(Infinity)
    expect(usageAtMost({ ...ask('é'.repeat(100)), tools }).promptTokens - plain.promptTokens).toBeGreaterThan(200)
    const shown = usageAtMost({ messages: [user([{ type: 'text', text: 'é'.repeat(100) }, picture])] })
    expect(shown.promptTokens - plain.promptTokens).toBeGreaterThan(10_000)
  })
})

describe('a ledger', () => {
  const dollars = (usd: number) => ({ nano: usd * 1e9, tokens: 0 })
  const open = (file: string) => openLedger(join(folder, file))

  test('outlives the process, counts what was in flight as spent, and begins a new page for a new day', () => {
    let day = '2026-01-01'
    {
      using first = open('day.sqlite')
      const today = first.account('the day', { usd: 1 }, () => day)
      const settle = today.hold(dollars(0.4))
      if (typeof settle === 'string') throw new Error(settle)
      settle(dollars(0.1))
      // In flight when the process dies.
      today.hold(dollars(0.4))
    }
    using second = open('day.sqlite')
    const today = second.account('the day', { usd: 1 }, () => day)
    expect(usdOf(today.spent.nano)).toBe(0.5)
    expect(today.hold(dollars(0.6))).toBe('never')
    expect(today.hold(dollars(0.4))).toBeTypeOf('function')
    expect(today.hold(dollars(0.3))).toBe('later')
    day = '2026-01-02'
    expect(today.hold(dollars(1))).toBeTypeOf('function')
  })

  test('limits tokens too, and takes another cap while it is open', () => {
    using ledger = open('tokens.sqlite')
    const run = ledger.account('the run', { tokens: 100 }, () => 'run')
    expect(run.hold({ nano: Infinity, tokens: 101 })).toBe('never')
    const settle = run.hold({ nano: Infinity, tokens: 80 })
    if (typeof settle === 'string') throw new Error(settle)
    expect(run.hold({ nano: 0, tokens: 30 })).toBe('later')
    settle({ nano: 5, tokens: 75 })
    expect(run.spent).toEqual({ nano: 5, tokens: 75 })
    expect(run.hold({ nano: 0, tokens: 30 })).toBe('never')
    run.recap({ tokens: 200 })
    expect(run.hold({ nano: 0, tokens: 30 })).toBeTypeOf('function')
  })

  test('is shared by processes that spend at once, and never passed', async () => {
    const path = join(folder, 'shared.sqlite')
    const program = `
      import { openLedger } from '${join(import.meta.dirname, 'ledger.ts')}'
      using ledger = openLedger('${path}')
      const day = ledger.account('the day', { usd: 1 }, () => '2026-01-01')
      let taken = 0
      for (let i = 0; i < 400; i++) {
        const settle = day.hold({ nano: 1_500_000, tokens: 0 })
        if (typeof settle === 'string') continue
        settle({ nano: 1_000_000, tokens: 0 })
        taken++
      }
      process.stdout.write(String(taken))`
    const spend = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
    const taken = (await Promise.all([spend(), spend(), spend()])).map(({ stdout }) => Number(stdout))
    const total = taken.reduce((sum, count) => sum + count, 0)
    expect(total).toBeLessThanOrEqual(1000)
    expect(total).toBeGreaterThan(990)
    using ledger = openLedger(path)
    expect(ledger.account('the day', {}, () => '2026-01-01').spent.nano).toBe(total * 1_000_000)
  })

  test('says in a sentence where its file cannot be had', () => {
    expect(() => openLedger('/dev/null/day.sqlite')).toThrow("'/dev/null/day.sqlite': ")
  })
})
